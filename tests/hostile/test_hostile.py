"""Every behaviour of the corpus against the whole binary: what is told of it, in what time, and at what cost."""

from __future__ import annotations

import concurrent.futures
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import measured
from behaviour_table import Row
from bounds import CPU_LIMIT, MARGIN, MEMORY_LIMIT
from corpus import ROWS, STEP, TOKEN_VARIABLE, Behaviour, Corpus, chosen, running_corpus
from measured import Measured
from verdict_checks import check_report, told_of
from wsprobe import slowness_of, start_up_seconds_of

BINARY = os.environ["WSPROBE_BINARY"]
SLOWNESS = slowness_of(Path(BINARY))
AT_ONCE = 16  # of those that are quiet
DIAGNOSES_AT_ONCE = 6  # each is a dozen exchanges


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    with running_corpus(tmp_path_factory.mktemp("corpus"), chosen()) as running:
        yield running


def told(report: dict) -> str:
    """In the words of a row. Where the upgrade was asked over HTTP/2 too, that is what the row is about."""
    step = next(step for step in report["steps"] if step["name"] == STEP)
    step = next((made for made in report["experiments"] if made["experiment"] == "http2_websocket"), step)
    return told_of(step)


def run_all(corpus: Corpus, at_once: int, command: Callable[[Behaviour], list[str]]) -> dict[int, Measured]:
    """The quiet ones together, then the noisy ones, and those that the others may have held up, each alone."""
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **corpus.environment}

    def one(behaviour: Behaviour) -> tuple[int, Measured]:
        status = behaviour.scenario.with_suffix(".status")
        return behaviour.number, measured.run([BINARY, *command(behaviour), *corpus.options], environment, status)

    quiet = [behaviour for behaviour in corpus.behaviours if not behaviour.row.noisy]
    noisy = [behaviour for behaviour in corpus.behaviours if behaviour.row.noisy]
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        results = dict(pool.map(one, quiet))
    noisy += [behaviour for behaviour in quiet if overstays(behaviour, results[behaviour.number])]
    return results | dict(map(one, noisy))


def overstays(behaviour: Behaviour, result: Measured) -> bool:
    return bool(result.out) and json.loads(result.out)["duration_seconds"] > behaviour.row.timeout + MARGIN * SLOWNESS


def costs_of(behaviour: Behaviour, result: Measured, report: dict) -> Iterator[str]:
    if report["duration_seconds"] > behaviour.row.timeout + MARGIN * SLOWNESS:
        yield f"it took {report['duration_seconds']:.3f} s"
    if result.cpu_seconds > CPU_LIMIT * SLOWNESS:
        yield f"it took {result.cpu_seconds:.3f} s of processor time"
    if not 0 < result.peak_kib <= MEMORY_LIMIT * SLOWNESS:
        yield f"it took {result.peak_kib} KiB"


def problems_of(behaviour: Behaviour, result: Measured) -> Iterator[str]:
    row = behaviour.row
    wanted = 0 if row.healthy_too else 1
    if result.exit_code != wanted:
        yield f"exit {result.exit_code}, not {wanted}: {result.err[:300]}"
    if not result.out:
        yield "no report"
        return
    report = json.loads(result.out)
    check_report(report)
    if told(report) not in row.outcomes:
        yield f"it is told as {told(report)}, not as {row.outcome}"
    if (report["verdict"]["cause"] == "healthy") != row.healthy_too:
        yield f"the verdict is {report['verdict']['cause']}"
    yield from costs_of(behaviour, result, report)


def test_the_corpus_is_large_enough() -> None:
    assert len([row for row in ROWS if not row.healthy_too]) >= 150
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_every_behaviour_is_told_by_its_name_in_time_and_at_little_cost(corpus: Corpus) -> None:
    results = run_all(corpus, AT_ONCE, lambda behaviour: ["run", str(behaviour.scenario), "--format", "json"])
    print(f"{len(results)} behaviours; {measured.most_of(list(results.values()))}")
    wrong = [f"{behaviour}: {problem}" for behaviour in corpus.behaviours
             for problem in problems_of(behaviour, results[behaviour.number])]
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong)


def test_no_behaviour_holds_up_a_diagnosis(corpus: Corpus) -> None:
    """Health, both upgrades and the experiments together still end in time; nothing there is healthy."""
    results = run_all(corpus, DIAGNOSES_AT_ONCE, lambda behaviour: [
        "diagnose", f"{behaviour.edge}/api/ws", "--health-path", "/health", "--token-env", TOKEN_VARIABLE,
        "--timeout", f"{int(behaviour.row.timeout * 1000)}ms", "--format", "json"])
    print(f"{len(results)} behaviours; {measured.most_of(list(results.values()))}")
    wrong = []
    for behaviour in corpus.behaviours:
        result = results[behaviour.number]
        assert result.exit_code == 1 and result.out, f"{behaviour}: exit {result.exit_code}: {result.err}"
        report = json.loads(result.out)
        check_report(report)
        assert report["verdict"]["fault"] != "none", behaviour
        wrong += [f"{behaviour}: {cost}" for cost in costs_of(behaviour, result, report)]
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong)


def test_one_alone_is_back_in_time(corpus: Corpus) -> None:
    """From the call to the end of the process, which the others beside it would blur."""
    silent: list[Row] = [row for row in ROWS if row.name in ("silent", "DNS: silent", "TLS: silence", "no pong")]
    assert len(silent) == 4
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **corpus.environment}
    for behaviour in corpus.behaviours:
        if behaviour.row in silent:
            command = [BINARY, "run", str(behaviour.scenario), *corpus.options]
            result = measured.run(command, environment, behaviour.scenario.with_suffix(".status"))
            assert result.seconds <= behaviour.row.timeout + MARGIN * SLOWNESS + start_up_seconds_of(Path(BINARY)), behaviour


def test_no_core_is_dumped_that_would_hold_a_token(corpus: Corpus) -> None:
    behaviour = corpus.behaviours[0]
    status = behaviour.scenario.with_suffix(".status")
    environment = {"PATH": "/usr/bin:/bin", **corpus.environment}
    assert measured.run([BINARY, "run", str(behaviour.scenario)], environment, status).exit_code == 1
    assert "Dumpable:\t0\n" in status.read_text()
    subprocess.run(["true"], env={**environment, "TEST_STATUS": str(status)}, check=True)
    assert "Dumpable:\t1\n" in status.read_text(), "the test would not see it"


def test_a_connect_timeout_is_shorter_than_the_whole(corpus: Corpus) -> None:
    silent = next(behaviour for behaviour in corpus.behaviours if behaviour.row.name == "TLS: silence")
    command = [BINARY, "diagnose", f"{silent.edge}/api/ws", "--connect-timeout", "200ms", "--no-experiments", "--format", "json"]
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **corpus.environment}
    report = json.loads(measured.run([*command, *corpus.options], environment, silent.scenario.with_suffix(".status")).out)
    assert {step["failure"]["reason"] for step in report["steps"]} == {"timeout_tls"}
    assert report["duration_seconds"] < 3 * SLOWNESS
