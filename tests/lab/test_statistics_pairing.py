"""Differences seed by seed: what is paired with what, and what that is good for."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.lab import estimate, paired_difference, probability_of_improvement

RNG = np.random.default_rng


def test_by_hand() -> None:
    # Differences 1, 2, 3, 0, 104 of the seeds that both have: the middle three are 1, 2, 3.
    scores = {1: 11.0, 2: 22.0, 3: 33.0, 4: 40.0, 5: 154.0, 8: 0.0}
    baseline = {5: 50.0, 4: 40.0, 3: 30.0, 2: 20.0, 1: 10.0, 9: 7.0}
    found = paired_difference(scores, baseline, RNG(0), planned=7)
    assert found.seeds == (1, 2, 3, 4, 5)
    assert found.difference.value == 2
    assert found.improvement.value == 4.5 / 5
    assert (found.difference.count, found.difference.planned) == (5, 7)
    assert (found.improvement.count, found.improvement.planned) == (5, 7)


def test_it_is_made_of_what_estimates_are_made_of() -> None:
    first, second = RNG(0).normal(size=(2, 12))
    found = paired_difference(dict(enumerate(first)), dict(enumerate(second)), RNG(1))
    assert found.difference == estimate(first - second, RNG(1))
    assert found.improvement == probability_of_improvement(first, second)


def test_the_same_runs_differ_by_nothing() -> None:
    scores = dict(enumerate(RNG(0).normal(size=6)))
    found = paired_difference(scores, scores, RNG(1))
    assert (found.difference.low, found.difference.value, found.difference.high) == (0, 0, 0)
    assert found.improvement.value == 0.5
    assert found.improvement.low < 0.5 < found.improvement.high


def test_what_seeds_share_cancels_out() -> None:
    # Seeds differ by 10 and variants by 1: the interval of a variant is wide, that of the difference is not.
    rng = RNG(0)
    luck = 10 * rng.normal(size=20)
    base, better = luck + 0.1 * rng.normal(size=20), luck + 1 + 0.1 * rng.normal(size=20)
    found = paired_difference(dict(enumerate(better)), dict(enumerate(base)), RNG(1)).difference
    alone = estimate(better, RNG(1))
    assert 0.8 < found.low < 1 < found.high < 1.2
    assert alone.high - alone.low > 20 * (found.high - found.low)


def test_without_a_seed_in_common_there_is_no_difference() -> None:
    with pytest.raises(BadInput, match=r"scores: got seeds \[0\] and \[1\], expected at least one seed in both"):
        paired_difference({0: 1.0}, {1: 1.0}, RNG(0))
