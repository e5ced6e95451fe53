"""The probability of improvement: worked by hand, scipy's, and how often its intervals are right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, mannwhitneyu

from rewardlab.errors import BadInput
from rewardlab.lab import probability_of_improvement
from rewardlab.lab.statistics.improvement import share_interval

SCORES = st.lists(st.integers(-5, 5), min_size=1, max_size=12)


def test_by_hand() -> None:
    # Seed by seed: won, tied, won, lost. Each with each, of 16: 3 beats 1 2 2; 5 beats 1 2 2 and ties with 5; 4 beats
    # 1 2 2; 0 beats none.
    ours, theirs = [3, 5, 4, 0], [1, 5, 2, 2]
    assert probability_of_improvement(ours, theirs).value == 2.5 / 4
    assert probability_of_improvement(ours, theirs, paired=False).value == 9.5 / 16


@given(SCORES, SCORES)
@settings(max_examples=40)
def test_unpaired_it_is_the_statistic_of_mann_and_whitney(ours: list[int], theirs: list[int]) -> None:
    found = probability_of_improvement(ours, theirs, paired=False)
    expected = mannwhitneyu(ours, theirs, method="asymptotic").statistic if set(ours) | set(theirs) else 0
    assert found.value == pytest.approx(expected / (len(ours) * len(theirs)))
    assert 0 <= found.low <= found.value <= found.high <= 1
    other = probability_of_improvement(theirs, ours, paired=False)
    assert (other.low, other.value, other.high) == pytest.approx((1 - found.high, 1 - found.value, 1 - found.low))


@pytest.mark.parametrize(("won", "seeds"), [(0, 5), (5, 5), (7, 10), (13, 20)])
def test_a_share_has_the_interval_of_wilson(won: int, seeds: int) -> None:
    theirs = binomtest(won, seeds).proportion_ci(0.95, method="wilson")
    assert share_interval(won / seeds, seeds) == pytest.approx((theirs.low, theirs.high))
    scores = np.arange(seeds) < won
    found = probability_of_improvement(scores, 1 - scores.astype(float), planned=20)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))
    assert (found.count, found.planned) == (seeds, 20)


def test_winning_every_time_is_no_certainty() -> None:
    # Wilson by hand: 5 of 5 has its lower end at 1 / (1 + 1.96² / 5).
    assert probability_of_improvement([2] * 5, [1] * 5).low == pytest.approx(1 / (1 + 1.96**2 / 5), abs=1e-4)
    unpaired = probability_of_improvement([2] * 5, [1] * 5, paired=False)
    assert 0.5 < unpaired.low < 0.9
    assert unpaired.high == 1


@pytest.mark.parametrize("seeds", [5, 10, 20, 50])
def test_exactly_how_often_a_paired_interval_is_right(seeds: int) -> None:
    # Every outcome of a number of seeds with its probability, for chances from 0.05 to 0.95: no simulation.
    chances = np.linspace(0.05, 0.95, 181)
    ends = [share_interval(won / seeds, seeds) for won in range(seeds + 1)]
    covered = sum(
        binom.pmf(won, seeds, chances) * ((low <= chances) & (chances <= high)) for won, (low, high) in enumerate(ends)
    )
    assert 0.95 < covered.mean() < 0.96
    assert covered.min() > 0.89


@pytest.mark.parametrize("seeds", [5, 10, 20])
@pytest.mark.parametrize("shift", [0.0, 1.0, 2.0])
def test_how_often_an_unpaired_interval_is_right(seeds: int, shift: float) -> None:
    # Normal scores, one side higher by a shift: the truth is the normal distribution at shift / sqrt(2).
    truth = {0.0: 0.5, 1.0: 0.7602, 2.0: 0.9214}[shift]
    rng, held = np.random.default_rng(1), 0
    for _ in range(400):
        found = probability_of_improvement(rng.normal(shift, size=seeds), rng.normal(size=seeds), paired=False)
        held += found.low <= truth <= found.high
    assert 0.92 <= held / 400 <= 0.99


def test_ties_make_a_paired_interval_wider_than_it_need_be_and_never_narrower() -> None:
    rng, held = np.random.default_rng(2), 0
    for _ in range(500):
        # Successes of 8 and 5 in 10: better in 0.4, worse in 0.1, tied else; 0.65 with half of the ties.
        ours, theirs = rng.random((2, 20)) < np.array([[0.8], [0.5]])
        found = probability_of_improvement(ours, theirs)
        held += found.low <= 0.65 <= found.high
    assert held / 500 > 0.95


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(
        BadInput, match="scores: got 2 scores and 3 of the baseline, expected one of each for each seed"
    ):
        probability_of_improvement([1, 2], [1, 2, 3])
    assert probability_of_improvement([1, 2], [1, 2, 3], paired=False).count == 2
    with pytest.raises(BadInput, match="baseline: got"):
        probability_of_improvement([1, 2], [1, float("nan")])
