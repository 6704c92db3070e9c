"""What was true against what was told, over a whole test run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from rows import UNDETERMINED, Right

RIGHT = "right"
WRONG = "WRONG"


@dataclass(frozen=True)
class Entry:
    deployment: str
    command: str
    about: str  # the deployment, or one step of it
    grade: str
    truth: str
    told: str
    confidence: float


def words(verdict: dict[str, Any]) -> str:
    return f"{verdict['emitter']}/{verdict['fault']}/{verdict['cause']}"


def grade(verdict: dict[str, Any], right: Right) -> str:
    """`undetermined` in one word excuses that word only: the others still have to be right."""
    told = [(verdict["emitter"], right.emitters), (verdict["fault"], right.faults), (verdict["cause"], right.causes)]
    if any(word not in known and word != UNDETERMINED for word, known in told):
        return WRONG
    return UNDETERMINED if any(word not in known for word, known in told) else RIGHT


@dataclass
class Matrix:
    entries: list[Entry] = field(default_factory=list)

    def add(self, deployment: str, command: str, about: str, verdict: dict[str, Any], right: Right) -> str:
        truth = "/".join("|".join(sorted(part)) for part in (right.emitters, right.faults, right.causes))
        result = grade(verdict, right)
        self.entries.append(Entry(deployment, command, about, result, truth, words(verdict), verdict["confidence"]))
        return result

    def lines(self) -> list[str]:
        if not self.entries:
            return []
        return ["", "Deployments: true against told", *self.table(), "", *self.each_that_is_not_right()]

    def table(self) -> list[str]:
        """Causes that were true, against the grades of what was told."""
        counts: dict[str, Counter[str]] = {}
        for entry in self.entries:
            cause = entry.truth.rsplit("/", 1)[1]
            counts.setdefault(f"{entry.about}: {cause}", Counter())[entry.grade] += 1
        grades = (RIGHT, UNDETERMINED, WRONG)
        out = [f"{'true':<64}" + "".join(f"{name:>14}" for name in grades)]
        for cause in sorted(counts):
            out.append(f"{cause:<64}" + "".join(f"{counts[cause][name] or '.':>14}" for name in grades))
        total = Counter(entry.grade for entry in self.entries)
        return [*out, f"{'all':<64}" + "".join(f"{total[name]:>14}" for name in grades)]

    def each_that_is_not_right(self) -> list[str]:
        return [f"{entry.grade:<13} {entry.deployment} ({entry.command}, {entry.about}): true {entry.truth}, "
                f"told {entry.told} at {entry.confidence:.2f}"
                for entry in self.entries if entry.grade != RIGHT]
