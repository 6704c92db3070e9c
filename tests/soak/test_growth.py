"""What the soak takes for growth, on series whose truth is known."""

import random

import pytest

from growth import growth

SECONDS = 1200


def series(leak_a_second: float, *, noise: float = 3.0, peak: float = 40.0) -> list[tuple[float, float]]:
    """A process of 80 that now and then needs more for a moment."""
    chance = random.Random(7)
    return [(at, 80 + leak_a_second * at + abs(chance.gauss(0, noise)) + (peak if chance.random() < 0.1 else 0)) for at in range(0, SECONDS, 5)]


def test_what_goes_up_and_down_does_not_grow():
    assert abs(growth(series(0), 60).over_all) < 1


@pytest.mark.parametrize("leaked", [3, 10, 100])
def test_a_leak_is_seen_at_its_size(leaked):
    assert growth(series(leaked / SECONDS), 60).over_all == pytest.approx(leaked, rel=0.15, abs=1)


def test_what_grows_only_at_the_beginning_is_no_leak_of_the_whole():
    warming = [(at, min(80.0, 40 + at)) for at in range(0, SECONDS, 5)]
    assert growth(warming, 60).over_all == 0


def test_a_step_in_the_middle_is_growth():
    stepped = [(at, 80.0 if at < SECONDS / 2 else 100.0) for at in range(0, SECONDS, 5)]
    assert growth(stepped, 60).over_all > 5


def test_too_few_periods_tell_nothing():
    with pytest.raises(AssertionError, match="too few"):
        growth(series(0)[:20], 60)
