"""What was true against what was told, over a whole test run, or over the reports that one has left behind.

Two questions are counted apart: who wrote the answer (emitter), and why (cause). A word is *determined* where the verdict
commits itself. Precision is the part of the determined words that are right; coverage is the part of the words that can be
determined from outside at all (a row says where they cannot) that are.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from rows_base import UNDETERMINED, Right

RIGHT = "right"
HELD_BACK = "held back"  # undetermined, where the row says that the bytes do not settle it
MISSED = "missed"  # undetermined, where they do
WRONG = "WRONG"
GRADES = (RIGHT, HELD_BACK, MISSED, WRONG)
WORDS = ("emitter", "fault", "cause")


def known_words(right: Right) -> dict[str, frozenset[str]]:
    return {"emitter": right.emitters, "fault": right.faults, "cause": right.causes}


def grade_word(word: str, told: str, right: Right) -> str:
    known = known_words(right)[word]
    if told != UNDETERMINED:
        return RIGHT if told in known else WRONG
    return HELD_BACK if word in right.doubt or UNDETERMINED in known else MISSED


def grade(verdict: dict[str, Any], right: Right) -> str:
    """The worst of the three words: `undetermined` in one excuses that one only."""
    return max((grade_word(word, verdict[word], right) for word in WORDS), key=GRADES.index)


@dataclass(frozen=True)
class Entry:
    deployment: str
    command: str
    about: str  # the deployment, or one step of it
    right: Right
    told: dict[str, str]
    confidence: float

    @property
    def grade(self) -> str:
        return grade(self.told, self.right)

    def grade_of(self, word: str) -> str:
        return grade_word(word, self.told[word], self.right)

    def truth(self, word: str) -> str:
        return "|".join(sorted(known_words(self.right)[word] - {UNDETERMINED}))

    def line(self) -> str:
        truth = "/".join(self.truth(word) for word in WORDS)
        told = "/".join(self.told[word] for word in WORDS)
        return f"{self.grade:<10} {self.deployment} ({self.command}, {self.about}): true {truth}, told {told} at {self.confidence:.2f}"


@dataclass(frozen=True)
class Figures:
    """Of one word, over some entries."""

    grades: Counter[str]

    @property
    def determined(self) -> int:
        return self.grades[RIGHT] + self.grades[WRONG]

    @property
    def precision(self) -> float:
        return self.grades[RIGHT] / self.determined if self.determined else 1.0

    @property
    def coverage(self) -> float:
        decidable = self.determined + self.grades[MISSED]
        return self.determined / decidable if decidable else 1.0

    def line(self, name: str) -> str:
        grades = ", ".join(f"{self.grades[grade]} {grade}" for grade in GRADES)
        return f"{name:<8} precision {self.precision:7.2%}, coverage {self.coverage:7.2%}   ({grades})"


@dataclass
class Matrix:
    title: str = "Deployments: true against told"
    entries: list[Entry] = field(default_factory=list)

    def add(self, deployment: str, command: str, about: str, verdict: dict[str, Any], right: Right) -> str:
        told = {word: verdict[word] for word in WORDS}
        self.entries.append(Entry(deployment, command, about, right, told, verdict["confidence"]))
        return self.entries[-1].grade

    def figures(self, word: str) -> Figures:
        return Figures(Counter(entry.grade_of(word) for entry in self.entries))

    def lines(self) -> list[str]:
        if not self.entries:
            return []
        deployments = len({entry.deployment for entry in self.entries})
        return ["", f"{self.title} ({deployments} deployments, {len(self.entries)} verdicts)", *self.confusion("emitter"),
                *self.confusion("cause"), "", *(self.figures(word).line(word) for word in WORDS), "",
                *self.each_that_is_not_right()]

    def confusion(self, word: str) -> list[str]:
        """A line for every truth, with the words that were told and how often."""
        told: dict[str, Counter[str]] = {}
        for entry in self.entries:
            told.setdefault(entry.truth(word), Counter())[entry.told[word]] += 1
        width = max(len(truth) for truth in told)
        return ["", f"{'true ' + word:<{width}}  told",
                *(f"{truth:<{width}}  " + ", ".join(f"{name} {count}" for name, count in told[truth].most_common())
                  for truth in sorted(told))]

    def each_that_is_not_right(self) -> list[str]:
        """First what is wrong, then what could have been told; what nobody can tell is only counted."""
        return [entry.line() for kind in (WRONG, MISSED) for entry in self.entries if entry.grade == kind]


def truth_as_json(right: Right) -> dict[str, list[str]]:
    return {name: sorted(words) for name, words in asdict(right).items()}


def truth_from_json(truth: dict[str, list[str]]) -> Right:
    return Right(**{name: frozenset(words) for name, words in truth.items()})
