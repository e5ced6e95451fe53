"""Steps to a threshold: the first point of a row that holds it, and what is known where some seeds never get there."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.lab import steps_to_threshold, time_to_threshold


def curve(*evaluated: float) -> list[dict[str, float]]:
    return [{"steps": 10 * (number + 1), "evaluated": value} for number, value in enumerate(evaluated)]


@pytest.mark.parametrize(
    ("evaluated", "expected"),
    [
        ((0, 0, 1, 1, 1, 0), 30),
        ((1, 1, 1), 10),
        ((0, 1, 0, 1, 1, 0, 1), None),  # never three in a row
        ((0, 0, 0, 1, 1), None),  # the training ends too soon to know
        ((0, 0.8, 0.8, 0.9), 20),  # the threshold itself counts
        ((), None),
    ],
)
def test_the_first_of_three_points_in_a_row(evaluated: tuple[float, ...], expected: int | None) -> None:
    assert steps_to_threshold(curve(*evaluated), 0.8) == expected


def test_hold_says_how_many_in_a_row() -> None:
    assert steps_to_threshold(curve(0, 1, 0, 1, 1), 0.8, hold=1) == 20
    assert steps_to_threshold(curve(0, 1, 0, 1, 1), 0.8, hold=2) == 40
    # No point at all would have to be there, so that each training would have learned before it began.
    with pytest.raises(BadInput, match="hold: got 0, expected at least 1 point in a row"):
        steps_to_threshold(curve(0, 0), 0.8, hold=0)


def test_survival_by_hand() -> None:
    # Of five one leaves at 10, one is lost from sight at 15, two leave at 20 and 30, one is watched until 50. Left are
    # 4/5, then of three at risk 2/3 of that, 8/15, then half of that, 4/15: areas 10, 10 * 4/5, 10 * 8/15, 20 * 4/15.
    found = time_to_threshold([10, None, 20, 30, None], [50, 15, 50, 50, 50])
    assert found.median == 30
    assert found.restricted_mean == pytest.approx(10 + 8 + 16 / 3 + 16 / 3)
    assert (found.reached, found.count, found.budget) == (3, 5, 50)


def test_with_one_budget_the_restricted_mean_is_the_mean_where_the_budget_counts() -> None:
    rng = np.random.default_rng(0)
    times = rng.integers(1, 100, size=23).astype(float)
    steps = [time if time <= 60 else None for time in times]
    found = time_to_threshold(steps, [60.0] * 23, planned=25)
    assert found.restricted_mean == pytest.approx(np.minimum(times, 60).mean())
    ordered = np.sort(times)
    assert found.median == (ordered[11] if ordered[11] <= 60 else math.inf)
    assert found.planned == 25


@pytest.mark.parametrize(
    ("steps", "median", "low", "high"),
    [
        ([None] * 4, math.inf, math.inf, math.inf),
        ([10.0, None, None], math.inf, 10.0, math.inf),
        ([10.0, 20.0, None, None], 20.0, 10.0, math.inf),
        # That all six are on one side of the median happens in 1 of 32, all five in 1 of 16: more than 5 %.
        ([10.0] * 6, 10.0, 10.0, 10.0),
        ([10.0] * 5, 10.0, 10.0, math.inf),
    ],
)
def test_what_the_budget_does_not_show_is_infinite(
    steps: list[float | None], median: float, low: float, high: float
) -> None:
    found = time_to_threshold(steps, [50.0] * len(steps))
    assert (found.median, found.low, found.high) == (median, low, high)


@pytest.mark.parametrize(("seeds", "budget"), [(5, 9.0), (10, 0.8), (20, 9.0), (20, 0.6), (50, 0.8)])
def test_how_often_the_interval_of_a_median_is_right(seeds: int, budget: float) -> None:
    # Times uniform in [0, 1], the median 0.5. 500 experiments: three standard errors are 0.029.
    rng, held = np.random.default_rng(seeds), 0
    for _ in range(500):
        times = rng.random(seeds)
        found = time_to_threshold([time if time <= budget else None for time in times], [budget] * seeds)
        held += found.low <= 0.5 <= found.high
    assert 0.92 <= held / 500 <= 0.995


def test_times_that_are_none_are_refused_together() -> None:
    with pytest.raises(BadInput) as refused:
        time_to_threshold([10, -1, 60], [50, 50], level=2)
    assert [problem.where for problem in refused.value.problems] == ["level", "steps", "steps"]
    with pytest.raises(BadInput, match=r"steps\[1\]: got 60, expected at most its budget, 50"):
        time_to_threshold([10, 60], [50, 50])
