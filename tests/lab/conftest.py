"""What the tests of the lab share: the lab itself, the binary, and the matrix of what was true against what was told."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "support")]

from deployment import Lab  # noqa: E402
from matrix import Matrix  # noqa: E402
from rows_base import Row  # noqa: E402
from wsprobe import Wsprobe, binary  # noqa: E402

MATRIX = Matrix()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--whole", action="store_true", help="every deployment, not only the representative ones")


def case_of(item: pytest.Item) -> Row | None:
    case = item.callspec.params.get("case") if isinstance(item, pytest.Function) and hasattr(item, "callspec") else None
    return case if isinstance(case, Row) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A deployment that is not representative is asked for by --whole, or by its name (-k)."""
    if config.getoption("--whole") or config.getoption("-k"):
        return
    left_out = [item for item in items if (case := case_of(item)) is not None and not case.representative]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="module")
def rows_asked_for(request: pytest.FixtureRequest) -> list[Row]:
    """The rows that the tests of this file, as they were chosen, will deploy."""
    here = [item for item in request.session.items if item.path == request.path]
    return list(dict.fromkeys(case for item in here if (case := case_of(item)) is not None))


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    # Not below pytest's own directory: where the lab is root's, the proxies' workers are not, and have to read their files.
    with tempfile.TemporaryDirectory(prefix="wsprobe-lab-") as directory, Lab(Path(directory)) as running:
        Path(directory).chmod(0o755)
        yield running


@pytest.fixture
def wsprobe(tmp_path: Path) -> Wsprobe:
    return Wsprobe(binary(), tmp_path)


@pytest.fixture
def matrix() -> Matrix:
    return MATRIX


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in MATRIX.lines():
        terminalreporter.write_line(line)
