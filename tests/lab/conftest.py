"""What the tests of the lab share: the lab itself, the binary, and the matrix of what was true against what was told."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from deployment import Lab  # noqa: E402
from matrix import Matrix  # noqa: E402
from wsprobe import Wsprobe  # noqa: E402

MATRIX = Matrix()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def wsprobe(tmp_path: Path) -> Wsprobe:
    default = Path(__file__).resolve().parents[2] / "build" / "wsprobe"
    binary = Path(os.environ.get("WSPROBE_BINARY") or default)
    assert binary.is_file(), f"{binary} is not there: build wsprobe first, or set WSPROBE_BINARY"
    return Wsprobe(binary, tmp_path)


@pytest.fixture
def matrix() -> Matrix:
    return MATRIX


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in MATRIX.lines():
        terminalreporter.write_line(line)
