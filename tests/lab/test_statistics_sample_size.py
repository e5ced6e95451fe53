"""The number of seeds for a difference: what theory gives for many normal differences, and how it scales."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.lab import seeds_needed
from rewardlab.lab.statistics.sample_size import power_of

RNG = np.random.default_rng
NORMAL = RNG(0).normal(size=2_000)


def test_what_theory_gives() -> None:
    # (1.96 + 0.84)² times 1.1952, the variance of a trimmed mean of one normal score, over the squared difference: 15.
    # A spread that is estimated from so few costs about two seeds more.
    found = seeds_needed(NORMAL, 0.8, RNG(1), experiments=400)
    assert found is not None
    assert 14 <= found <= 20


def test_it_depends_on_the_difference_over_the_spread_alone() -> None:
    skewed = RNG(3).lognormal(size=50)
    first = seeds_needed(skewed, 1.5, RNG(1), experiments=200)
    assert first == seeds_needed(10 * skewed + 7, 15.0, RNG(1), experiments=200)
    assert first == seeds_needed(-skewed, -1.5, RNG(1), experiments=200)
    assert first != seeds_needed(skewed, -1.5, RNG(1), experiments=200)


def test_few_differences_are_taken_to_spread_by_as_much_more_as_they_understate_it() -> None:
    few = [-1.0, 0.0, 1.0]
    found = seeds_needed(few, 1.0, RNG(0), experiments=400)
    assert found is not None
    # Of a spread with 3 in the denominator the one with 2 is the root of 1.5 times as much.
    assert power_of(np.sqrt(1.5) * np.array(few), 1.0, found, RNG(1), 1_000) > 0.75
    many = seeds_needed(100 * few, 1.0, RNG(0), experiments=400)
    assert many is not None
    assert many < found


def test_a_smaller_difference_takes_more_and_may_take_too_many() -> None:
    found = [seeds_needed(NORMAL, wanted, RNG(1), experiments=200, most=60) for wanted in (2.0, 0.7, 0.05)]
    assert found[0] is not None
    assert found[1] is not None
    assert found[0] < found[1] <= 60
    assert found[2] is None


def test_without_a_difference_it_is_seen_by_mistake_alone() -> None:
    # A 95 % interval leaves 0 out on one side in 2.5 % of experiments; 1,000 of them: three standard errors are 0.015.
    assert power_of(NORMAL, 0.0, 20, RNG(2), 1_000) < 0.04


def test_what_says_nothing_of_the_spread_is_refused() -> None:
    with pytest.raises(BadInput) as refused:
        seeds_needed([1.0, 1.0, 1.0], 0.0, RNG(0), power=80, most=1, experiments=0)
    wrong = ["differences", "wanted", "power", "most", "experiments"]
    assert [problem.where for problem in refused.value.problems] == wrong
