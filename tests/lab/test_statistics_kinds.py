"""Each kind of interval: scipy's where it has one, worked by hand where it has not, and what it does at its limits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rewardlab.lab.statistics.interval_kinds import expanded_tail, interval_ends, resampled
from tests.lab.measure_coverage import KINDS

RNG = np.random.default_rng


@pytest.mark.parametrize("seeds", [5, 12, 30])
@pytest.mark.parametrize("kind", ["percentile", "BCa"])
def test_it_is_the_bootstrap_of_scipy(kind: str, seeds: int) -> None:
    scores = RNG(0).lognormal(size=seeds)
    sample = resampled(scores[None], RNG(1), 20_000)
    low, high = interval_ends(kind, sample, 0.95)  # type: ignore[arg-type]
    theirs = stats.bootstrap(
        (scores,), lambda x, axis: stats.trim_mean(x, 0.25, axis=axis), method=kind, n_resamples=20_000, rng=RNG(2)
    ).confidence_interval
    width = theirs.high - theirs.low
    assert (low[0], high[0]) == pytest.approx((theirs.low, theirs.high), abs=0.03 * width)


def test_of_three_scores_trimmed_t_is_students() -> None:
    scores = np.array([1.0, 2.0, 4.0])
    low, high = interval_ends("trimmed t", resampled(scores[None], RNG(0), 1), 0.9)
    assert (low[0], high[0]) == pytest.approx(stats.t.interval(0.9, 2, scores.mean(), stats.sem(scores)))


@pytest.mark.parametrize("seeds", [8, 20])
def test_where_a_quarter_is_whole_scores_trimmed_t_is_scipys(seeds: int) -> None:
    scores = RNG(seeds).lognormal(size=seeds)
    low, high = interval_ends("trimmed t", resampled(scores[None], RNG(0), 1), 0.95)
    assert (low[0], high[0]) == pytest.approx(stats.mstats.trimmed_mean_ci(scores, limits=(0.25, 0.25)))


def test_a_studentised_interval_made_draw_by_draw() -> None:
    scores = RNG(1).lognormal(size=16)
    sample = resampled(scores[None], RNG(2), 999)

    def mean_and_error(values: np.ndarray) -> tuple[float, float]:
        return float(stats.trim_mean(values, 0.25)), float(stats.mstats.trimmed_stde(values, limits=(0.25, 0.25)))

    mean, error = mean_and_error(scores)
    ratios = sorted((draw[0] - mean) / draw[1] for draw in map(mean_and_error, sample.drawn[0]))
    low, high = interval_ends("studentised", sample, 0.9)
    # The 5 % and 95 % quantiles of 999: the 50th from either end.
    assert (low[0], high[0]) == pytest.approx((mean - ratios[-50] * error, mean - ratios[49] * error))


def test_trimmed_t_by_hand() -> None:
    # Of 0 1 2 3 10 the ends move to 1 1 2 3 3: mean 2, squares 4, variance 1. The error is sqrt(5) / 3 = 0.7454, and
    # Student's quantile at 2 degrees of freedom is 4.3027.
    low, high = interval_ends("trimmed t", resampled(np.array([[10.0, 0.0, 3.0, 1.0, 2.0]]), RNG(0), 1), 0.95)
    assert (low[0], high[0]) == pytest.approx((2 - 4.3027 * 0.7454, 2 + 4.3027 * 0.7454), abs=1e-3)


def test_the_tail_of_expanded_percentiles_by_hand() -> None:
    # Student's quantile at 9 degrees of freedom is 2.2622; times sqrt(10 / 9) it is 2.3845; the normal tail is 0.00855.
    assert expanded_tail(0.025, 10, 9) == pytest.approx(stats.norm.cdf(-2.2622 * np.sqrt(10 / 9)), abs=1e-5)
    assert expanded_tail(0.025, 10, 9) == pytest.approx(0.00855, abs=1e-5)
    assert expanded_tail(0.025, 100_000, 99_999) == pytest.approx(0.025, abs=1e-5)


def test_an_expanded_percentile_interval_is_a_wider_percentile_interval() -> None:
    sample = resampled(RNG(0).normal(size=(20, 8)), RNG(1), 2_000)
    (inner_low, inner_high), (low, high) = (interval_ends(kind, sample, 0.95) for kind in KINDS[:2])
    assert (low <= inner_low).all()
    assert (inner_high <= high).all()
    wider = interval_ends("percentile", sample, 1 - 2 * expanded_tail(0.025, 8, 7))
    assert np.allclose([low, high], wider, rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_with_many_scores_all_kinds_agree(kind: str) -> None:
    sample = resampled(RNG(3).normal(size=(1, 400)), RNG(4), 4_000)
    low, high = interval_ends(kind, sample, 0.95)  # type: ignore[arg-type]
    # The influence function: the variance of the trimmed mean of a normal sample is 1.1952 / n at a trim of a quarter.
    assert high[0] - low[0] == pytest.approx(2 * 1.96 * np.sqrt(1.1952 / 400), rel=0.12)


@pytest.mark.parametrize("kind", KINDS)
def test_scores_that_are_all_alike_make_a_point(kind: str) -> None:
    low, high = interval_ends(kind, resampled(np.full((2, 6), 0.1), RNG(0), 200), 0.95)  # type: ignore[arg-type]
    assert low == pytest.approx(np.full(2, 0.1))
    assert high == pytest.approx(np.full(2, 0.1))


def test_a_studentised_interval_is_infinite_where_draws_have_no_spread() -> None:
    low, high = interval_ends("studentised", resampled(np.array([[0.0, 0.0, 1.0, 1.0, 1.0]]), RNG(0), 1_000), 0.95)
    assert low[0] == -np.inf
    assert high[0] >= 2 / 3


def test_experiments_do_not_see_each_other() -> None:
    scores = RNG(0).normal(size=(4, 9))
    for kind in KINDS:
        many = interval_ends(kind, resampled(scores, RNG(1), 300), 0.95)
        # The draws of the first experiment come first.
        one = interval_ends(kind, resampled(scores[:1], RNG(1), 300), 0.95)
        assert (many[0][0], many[1][0]) == (one[0][0], one[1][0])
