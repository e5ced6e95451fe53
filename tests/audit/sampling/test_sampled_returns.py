"""Intervals and tests on returns: numbers by hand, and how often they are wrong where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rewardlab.audit.sampling.paired_returns import (
    Interval,
    SampledPair,
    SampledReturns,
    holm,
    mean_interval,
    sampled_pair,
    surprise,
)
from rewardlab.audit.sampling.sampled_hackability import sampled_hackability, sampled_hackability_finding


def test_an_interval_by_hand() -> None:
    # Mean 3, deviation sqrt(2.5), and Student's 97.5 % quantile at 4 degrees is 2.776: 2.776 * sqrt(2.5 / 5) = 1.963.
    interval = mean_interval([1, 2, 3, 4, 5])
    assert (interval.value, interval.low, interval.high) == pytest.approx((3, 3 - 1.9633, 3 + 1.9633), abs=1e-4)
    single = mean_interval([2.0])
    assert (single.low, single.high) == (-np.inf, np.inf), "one episode says nothing of others"
    assert single.as_list() == [2.0, None, None]


def test_the_p_value_is_that_of_a_one_sided_t_test_and_never_below_that_of_coins() -> None:
    rng = np.random.default_rng(0)
    sample = rng.normal(0.3, 1.0, size=40)
    assert surprise(sample) == pytest.approx(stats.ttest_1samp(sample, 0.0, alternative="greater").pvalue)
    assert surprise(-sample) == 1.0, "a mean below 0 is no sign of one above"
    # Five times 1 without any spread: five coins that all fall alike, 1 / 32.
    assert surprise([1.0] * 5) == 1 / 32
    assert surprise([1.0]) == 1.0
    assert surprise([1e-14] * 50, scale=1.0) == 1.0, "rounding is no difference"


def test_holm_by_hand() -> None:
    # Of four at 0.05: 0.01 <= 0.05/4 stands, 0.015 <= 0.05/3 stands, 0.03 > 0.05/2 does not, and so 0.04 does not.
    assert holm([0.03, 0.01, 0.04, 0.015], 0.05).tolist() == [False, True, False, True]
    assert holm([], 0.05).tolist() == []


@pytest.mark.parametrize("draw", ["normal", "exponential", "bernoulli"])
def test_two_policies_that_are_alike_are_told_apart_no_more_often_than_stated(draw: str) -> None:
    rng = np.random.default_rng(1)
    draws = {
        "normal": lambda size: rng.normal(size=size),
        "exponential": lambda size: rng.exponential(size=size),
        "bernoulli": lambda size: 1.0 * (rng.random(size) < 0.2),
    }
    false = 0
    for _ in range(400):
        # Alike in what they are paid, while the objective surely differs: only the proxy's test can err.
        first, second = (
            SampledReturns(name, draws[draw](50), np.full(50, worth)) for name, worth in (("a", 0), ("b", 1))
        )
        false += sampled_pair(first, second).p_value <= 0.05
    # 20 are expected, with a deviation of 4.4.
    assert false <= 34


def test_a_planted_violation_is_found_and_a_clean_family_is_not() -> None:
    rng = np.random.default_rng(2)
    noise = rng.normal(size=(3, 2, 60))
    honest = [
        SampledReturns(name, level + row[0], level + row[1])
        for name, level, row in zip("abc", (0, 1, 2), noise, strict=True)
    ]
    assert sampled_hackability(honest).violations == ()
    assert sampled_hackability_finding(honest).level == "fine"
    gamed = SampledReturns("gamed", 5 + rng.normal(size=60), -1 + rng.normal(size=60))
    answer = sampled_hackability([*honest, gamed])
    assert answer.asked == 12
    assert {(pair.first, pair.second) for pair in answer.violations} == {("gamed", name) for name in "abc"}
    finding = sampled_hackability_finding([*honest, gamed])
    assert (finding.level, finding.basis) == ("caution", "sampled")
    assert len(finding.data["violations"]) == 3


def test_one_lucky_episode_is_no_violation() -> None:
    # The proxy is a lottery of mean 0 for both; one of them won it once, and is a little worse at the objective.
    lucky = SampledReturns("lucky", np.array([1000.0] + [-1.0] * 99), np.full(100, 0.0))
    other = SampledReturns("other", np.full(100, -1.0), np.full(100, 0.1))
    assert sampled_hackability([lucky, other]).violations == ()


def test_families_are_false_no_more_often_than_stated() -> None:
    rng = np.random.default_rng(3)
    false = 0
    for _ in range(200):
        # Five policies that the proxy pays alike, while the objective surely tells all of them apart.
        family = [SampledReturns(str(worth), rng.normal(size=30), np.full(30, worth)) for worth in range(5)]
        false += bool(sampled_hackability(family).violations)
    # 10 are expected at most, with a deviation of 3.1.
    assert false <= 20


def test_one_policy_alone_is_not_asked_about() -> None:
    alone = sampled_hackability_finding([SampledReturns("random", np.zeros(10), np.zeros(10))])
    assert (alone.level, alone.basis) == ("note", "not asked")


def test_a_pair_in_words_has_the_signs_of_its_differences() -> None:
    pair = SampledPair("a", "b", Interval(-2.0, -3.0, -1.0), Interval(-0.5, -1.0, 0.0), 0.25)
    said = "a minus b: paid -2 (-3 to -1), achieved -0.5 (-1 to 0); paid more and achieving less with p = 0.25"
    assert pair.line() == said
