"""Every behaviour of the corpus against the exchange library alone: its outcome, its phase, its time and its cost.

What an exchange brings well is judged above it, so a row of a bad document is "completed" here.
"""

from __future__ import annotations

import concurrent.futures
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import measured
from behaviour_table import words_of
from bounds import CPU_LIMIT, MARGIN, MEMORY_LIMIT, WAITING_LIMIT
from corpus import Behaviour, Corpus, chosen, running_corpus
from measured import Measured
from wsprobe import slowness_of

CLIENT = os.environ["WSPROBE_EXCHANGE_CLIENT"]
SLOWNESS = slowness_of(Path(CLIENT))
AT_ONCE = 16  # of those that are quiet
KINDS = {"health": ("get", "/health"), "frontend": ("get", "/"), "upgrade": ("upgrade", "/api/ws"),
         "compressed": ("compressed", "/api/ws"), "http2": ("http2", "/api/ws")}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    with running_corpus(tmp_path_factory.mktemp("corpus"), chosen()) as running:
        yield running


def ask(corpus: Corpus, behaviour: Behaviour) -> Measured:
    row = behaviour.row
    kind, path = KINDS[row.step]
    command = [CLIENT, kind, behaviour.edge + (row.alone[0] or path), "--timeout", str(row.timeout)]
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **corpus.environment}
    return measured.run([*command, "--ca", str(corpus.authority)], environment, behaviour.scenario.with_suffix(".status"))


def problems_of(behaviour: Behaviour, result: Measured) -> Iterator[str]:
    if result.exit_code != 0:
        yield f"exit {result.exit_code}: {result.err[:300]}"
        return
    told, seconds = result.out.split()
    wanted = behaviour.row.alone[1] or behaviour.row.outcome
    if told not in words_of(wanted):
        yield f"it is told as {told}, not as {wanted}"
    if float(seconds) > behaviour.row.timeout + MARGIN * SLOWNESS:
        yield f"it took {seconds} s"
    if result.cpu_seconds > CPU_LIMIT * SLOWNESS:
        yield f"it took {result.cpu_seconds:.3f} s of processor time"
    if not 0 < result.peak_kib <= MEMORY_LIMIT * SLOWNESS:
        yield f"it took {result.peak_kib} KiB"


def test_every_behaviour_has_its_outcome_in_time_and_at_little_cost(corpus: Corpus) -> None:
    quiet = [behaviour for behaviour in corpus.behaviours if not behaviour.row.noisy]
    noisy = [behaviour for behaviour in corpus.behaviours if behaviour.row.noisy]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(zip(quiet, pool.map(lambda behaviour: ask(corpus, behaviour), quiet)))
    # What the others may have held up is asked again, alone.
    results = [(one, ask(corpus, one) if list(problems_of(one, result)) else result) for one, result in results]
    results += [(behaviour, ask(corpus, behaviour)) for behaviour in noisy]
    print(f"{len(results)} behaviours; {measured.most_of([result for _, result in results])}")
    wrong = [f"{behaviour}: {problem}" for behaviour, result in results for problem in problems_of(behaviour, result)]
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong)


def test_waiting_costs_nothing(corpus: Corpus) -> None:
    """Each alone on its processor: among many, one that spins gets too little of it to be seen."""
    waiting = [behaviour for behaviour in corpus.behaviours if "timeout" in behaviour.row.outcome and not behaviour.row.noisy]
    assert len(waiting) >= 40
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        spent = list(pool.map(lambda behaviour: ask(corpus, behaviour).cpu_seconds, waiting))
    print(f"{len(waiting)} that wait; at most {max(spent):.3f} s of processor time")
    wrong = [f"{behaviour}: {seconds:.3f} s" for behaviour, seconds in zip(waiting, spent) if seconds > WAITING_LIMIT * SLOWNESS]
    assert not wrong, "\n".join(wrong)
