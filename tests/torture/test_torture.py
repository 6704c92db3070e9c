"""One call of the C library fails: the end is a named error or a defined exit code, and never better than the truth.

WSPROBE_TORTURE=all fails every call of the plain scenarios in every way, and 2,000 of those over TLS; otherwise a sample.
"""

from __future__ import annotations

import collections
import concurrent.futures
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import torture
from scenarios import CASES, TOKEN, Case, World, scenario, world
from torture import MEMORY, SYSTEM_CALLS, Ended, Fault, State
from verdict_checks import check_report

BINARY = os.environ["WSPROBE_BINARY"]
INJECTOR = Path(os.environ["WSPROBE_FAULT_INJECTOR"])
EVERYTHING = os.environ.get("WSPROBE_TORTURE") == "all"
AT_ONCE = 2
SAMPLE = 32  # faults of a scenario and class
TLS_SAMPLE = 2000
EXIT_CODES = {0, 1, 2, 3}
LOCAL_ERRORS = {"out_of_memory", "out_of_descriptors", "local_error", "tcp_not_permitted"}
METRIC = re.compile(r'probe_success\{scenario="[a-z-]+"\} ([01])')


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("world")) as running:
        yield running


@pytest.fixture
def states(tmp_path: Path) -> Iterator[list[State]]:
    made = [State(tmp_path / f"state-{number}") for number in range(AT_ONCE)]
    yield made
    for state in made:
        state.close()


def environment(token: str) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TORTURE_TOKEN": token}


def chosen(faults: list[Fault], *, tls: bool = False) -> list[Fault]:
    if not EVERYTHING:
        return torture.spread(faults, SAMPLE)
    return torture.spread(faults, TLS_SAMPLE) if tls else faults


def counted(state: State, classes: int) -> list[Fault]:
    faults = state.faults(classes)
    assert len(faults) > 100, "the injector is not in the way of the program's calls"
    return faults


def facts_of(report: dict) -> tuple:
    """What a run that survives its fault has to say as if there had been none."""
    return (report["outcome"], report["verdict"]["cause"], report["verdict"]["fault"],
            [(step["name"], step["outcome"], (step["failure"] or {}).get("reason")) for step in report["steps"]])


def check_report_of_a_fault(ended: Ended, truth: dict, classes: int) -> None:
    report = json.loads(ended.out)
    check_report(report)
    assert (ended.code == 0) == (report["outcome"] == "pass")
    if facts_of(report) == facts_of(truth):
        return
    assert report["outcome"] == "fail", "a pass that was not earned"
    failures = [step["failure"] for step in report["steps"] if step["failure"]]
    assert failures, "something is wrong, and nothing says what"
    blamed = report["verdict"]["fault"]
    is_local = classes == MEMORY or any(failure["reason"] in LOCAL_ERRORS for failure in failures)
    if is_local and blamed != truth["verdict"]["fault"]:
        assert blamed in ("client", "undetermined"), "what failed here is laid on somebody else"


def check_end(ended: Ended, truth: dict, classes: int) -> None:
    assert ended.code != -999, "it hangs"
    assert ended.code in EXIT_CODES, f"ended by signal {-ended.code}"
    if ended.out:
        check_report_of_a_fault(ended, truth, classes)
    else:
        assert ended.code in (2, 3), "an exit code that speaks of a report, and no report"
        assert ended.err.strip(), "no word about why"


def problem_of(ended: Ended, check) -> str:
    try:
        check(ended)
    except (AssertionError, ValueError, KeyError) as wrong:
        return f"{type(wrong).__name__}: {wrong}"
    return ""


def all_problems(command: list[str], directory: Path, base: dict[str, str], states: list[State], faults: list[Fault], check):
    """Fails the calls one after the other, two at a time; what came of each kind of call, and what is wrong."""

    def work(which: int) -> list[tuple[Fault, Ended, str]]:
        done = []
        for fault in faults[which::AT_ONCE]:
            ended = torture.run(command, INJECTOR, states[which], directory, base, classes=fault.classes,
                                number=fault.number, choice=fault.choice)
            done.append((fault, ended, problem_of(ended, check)))
        return done

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        results = sum(pool.map(work, range(AT_ONCE)), [])
    codes = collections.Counter(ended.code for _, ended, _ in results)
    print(f"{len(results)} faults, {sum(1 for _, ended, _ in results if ended.fired)} met; exit codes {dict(codes)}")
    return [f"{fault}: {os.strerror(abs(ended.fired))}: {wrong}\n{ended.out[:300]}{ended.err[:500]}"
            for fault, ended, wrong in results if wrong]


def check_none(problems: list[str]) -> None:
    assert not problems, f"{len(problems)} of them:\n" + "\n".join(problems[:12])


@pytest.mark.parametrize("classes", [SYSTEM_CALLS, MEMORY], ids=["calls", "memory"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_run(everything: World, states: list[State], case: Case, classes: int) -> None:
    command = [BINARY, *case.arguments(everything), "--format", "json"]
    base = environment(case.token) | case.environment(everything)
    whole = torture.run(command, INJECTOR, states[0], everything.directory, base, classes=classes, number=0, choice=0)
    assert whole.code == case.code, whole.err
    truth = json.loads(whole.out)
    assert truth["verdict"]["cause"] == case.cause
    faults = chosen(counted(states[0], classes), tls=case.name.startswith("wss"))
    check_none(all_problems(command, everything.directory, base, states, faults, lambda ended: check_end(ended, truth, classes)))


@pytest.mark.parametrize("classes", [SYSTEM_CALLS, MEMORY], ids=["calls", "memory"])
@pytest.mark.parametrize("token, truth", [(TOKEN, "1"), ("bad", "0")], ids=["ok", "forbidden"])
def test_a_file_is_written_whole_or_not_at_all(everything: World, states: list[State], tmp_path: Path, classes: int, token: str,
                                               truth: str) -> None:
    """The textfile of node_exporter, and the report."""
    file = scenario(everything, "written", everything.plain.edge)
    places = {state.path: tmp_path / f"written-{number}" for number, state in enumerate(states)}

    def command(place: Path) -> list[str]:
        return [BINARY, "run", file, "--format", "json", "--output", str(place / "report.json"), "--textfile", str(place / "x.prom")]

    def check(place: Path, ended: Ended) -> None:
        assert ended.code in EXIT_CODES, ended.code
        left = {entry.name for entry in place.iterdir()}
        report, metrics = place / "report.json", place / "x.prom"
        told = json.loads(report.read_text()) if report.exists() else None
        success = METRIC.search(metrics.read_text()) if metrics.exists() else None
        for entry in place.iterdir():
            entry.unlink()
        assert left <= {"report.json", "x.prom"}, f"left behind: {left}"
        if told:
            check_report(told)
        assert (success is not None) == ("x.prom" in left), "a file without its metric"
        if success:
            assert success[1] <= truth, "a pass that was not earned"
        if ended.code == 0:
            assert truth == "1" and told and told["outcome"] == "pass" and success and success[1] == "1"
        if not told:
            assert ended.code in (2, 3) and ended.err.strip()

    base = environment(token)
    for place in places.values():
        place.mkdir()
    first = places[states[0].path]
    whole = torture.run(command(first), INJECTOR, states[0], tmp_path, base, classes=classes, number=0, choice=0)
    check(first, whole)
    assert whole.code == (0 if truth == "1" else 1)
    faults = chosen(counted(states[0], classes))

    def work(which: int) -> list[str]:
        state, wrong = states[which], []
        place = places[state.path]
        for fault in faults[which::AT_ONCE]:
            ended = torture.run(command(place), INJECTOR, state, tmp_path, base, classes=classes, number=fault.number,
                                choice=fault.choice)
            if problem := problem_of(ended, lambda one: check(place, one)):
                wrong.append(f"{fault}: {os.strerror(ended.fired)}: exit {ended.code}: {problem}\n{ended.err[:500]}")
        return wrong

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        check_none(sum(pool.map(work, range(AT_ONCE)), []))
