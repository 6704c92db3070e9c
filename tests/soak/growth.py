"""Does a series of measurements grow? By the slope between its floors, which neither a peak nor a late start moves.

What a daemon holds goes up and down with what is under way. A leak raises the lowest value of each period: the floor. The
slope is the median of the slopes between all pairs of floors (Theil, Sen), which a third of wild values does not turn.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

Sample = tuple[float, float]  # seconds, value


@dataclass(frozen=True)
class Growth:
    floor: float  # the median of all floors
    over_all: float  # from the first floor to the last, by the slope


def floors(samples: Sequence[Sample], period: float) -> list[Sample]:
    lowest: dict[int, float] = {}
    for at, value in samples:
        place = int(at // period)
        lowest[place] = min(value, lowest.get(place, value))
    return [(place * period, value) for place, value in sorted(lowest.items())]


def growth(samples: Sequence[Sample], period: float) -> Growth:
    points = floors(samples, period)
    assert len(points) >= 6, f"{len(points)} periods are too few to tell"
    slopes = [(late - early) / (end - begin) for n, (begin, early) in enumerate(points) for end, late in points[n + 1:]]
    return Growth(statistics.median(value for _, value in points), statistics.median(slopes) * (points[-1][0] - points[0][0]))
