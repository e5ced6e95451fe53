"""What weights and focal factors do to the minimum, and that it is undone exactly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rewardlab.errors import BadInput
from rewardlab.losses.class_weights import (
    focal_optimum,
    positive_weight_from_counts,
    prior_logit,
    unfocused_probability,
    unweighted_probability,
    weighted_optimum,
)
from rewardlab.losses.thresholds import threshold_from_costs

RATES = st.floats(1e-6, 1 - 1e-6)
WEIGHTS = st.floats(1e-3, 1e3)
GAMMAS = st.floats(0, 10)


def weighted_cost(output: float, rate: float, weight: float) -> float:
    return -weight * rate * math.log(output) - (1 - rate) * math.log1p(-output)


def focal_cost(output: np.ndarray, rate: float, gamma: float) -> np.ndarray:
    return -rate * (1 - output) ** gamma * np.log(output) - (1 - rate) * output**gamma * np.log1p(-output)


def test_the_weight_from_counts() -> None:
    assert positive_weight_from_counts(99, 1) == 99
    assert positive_weight_from_counts(np.int64(95), np.int64(5)) == 19
    # It moves the minimum at the base rate to one half.
    assert weighted_optimum(0.01, 99.0) == pytest.approx(0.5, abs=1e-15)


def test_where_the_weighted_loss_is_least() -> None:
    # 19 * 0.05 = 0.95 against 0.95; 10 * 0.05 = 0.5 against 0.95.
    assert weighted_optimum(0.05, 19.0) == pytest.approx(0.5, abs=1e-15)
    assert weighted_optimum(0.05, 10.0) == pytest.approx(0.5 / 1.45, abs=1e-15)
    np.testing.assert_array_equal(weighted_optimum([0, 1], 7.0), [0, 1])
    # Without a weight the rare rate itself is learned: plain cross-entropy does not ignore what is rare.
    assert weighted_optimum(0.01, 1.0) == pytest.approx(0.01, abs=1e-17)
    assert weighted_cost(0.01, 0.01, 1.0) == pytest.approx(0.0560015, abs=5e-8)


@given(st.floats(0.001, 0.999), WEIGHTS, st.floats(0.001, 0.999))
@settings(max_examples=50)
def test_no_other_output_has_a_lower_weighted_loss(rate: float, weight: float, other: float) -> None:
    best = float(weighted_optimum(rate, weight))
    assert weighted_cost(best, rate, weight) <= weighted_cost(other, rate, weight) * (1 + 1e-12)


def test_what_an_output_of_a_fifth_means_under_three_weights() -> None:
    # 0.2 / (0.2 + 0.8 w)
    assert unweighted_probability(0.2, 10) == pytest.approx(0.2 / 8.2, abs=1e-16)
    assert unweighted_probability(0.2, 19) == pytest.approx(0.0129870, abs=5e-8)
    assert unweighted_probability(0.2, 99) == pytest.approx(0.00251889, abs=5e-9)


@given(RATES, WEIGHTS)
@settings(max_examples=50)
def test_undoing_a_weight_gives_the_rate_back(rate: float, weight: float) -> None:
    output = weighted_optimum(rate, weight)
    assert unweighted_probability(output, weight) == pytest.approx(rate, rel=1e-6)
    # The same as ln w less in the logit.
    assert math.log(output / (1 - output)) - math.log(weight) == pytest.approx(math.log(rate / (1 - rate)), abs=1e-6)


@given(st.floats(0.1, 100), st.floats(0.1, 100), RATES)
@settings(max_examples=50)
def test_a_weight_of_the_cost_ratio_puts_the_cheapest_threshold_at_one_half(
    alarm: float, miss: float, rate: float
) -> None:
    threshold = threshold_from_costs(alarm, miss)
    assume(abs(rate - threshold) > 1e-9)
    assert (weighted_optimum(rate, miss / alarm) >= 0.5) == (rate >= threshold)


def test_where_the_focal_loss_is_least() -> None:
    known = {0.1: 0.305787, 0.2: 0.373385, 0.3: 0.421520, 0.8: 0.626615}
    for rate, optimum in known.items():
        assert focal_optimum(rate, 2.0) == pytest.approx(optimum, abs=5e-7)
    assert focal_optimum(0.001, 2.0) == pytest.approx(0.0727465, abs=5e-8)
    np.testing.assert_array_equal(focal_optimum([0, 1], 2.0), [0, 1])
    np.testing.assert_allclose(focal_optimum([0.1, 0.7], 0.0), [0.1, 0.7], rtol=1e-15)


@pytest.mark.parametrize("gamma", [0.0, 0.3, 1.0, 2.0, 5.0])
def test_no_other_output_has_a_lower_focal_loss(gamma: float) -> None:
    outputs = np.linspace(1e-4, 1 - 1e-4, 20_001)
    for rate in (0.001, 0.1, 0.5, 0.9):
        best = focal_cost(focal_optimum(rate, gamma), rate, gamma)
        assert best <= focal_cost(outputs, rate, gamma).min() * (1 + 1e-12)


@given(RATES, GAMMAS)
@settings(max_examples=50)
def test_undoing_a_focal_factor_gives_the_rate_back(rate: float, gamma: float) -> None:
    output = focal_optimum(rate, gamma)
    assert unfocused_probability(output, gamma) == pytest.approx(rate, rel=1e-9)
    # Towards one half, never past it, and alike for both classes.
    assert abs(output - 0.5) <= abs(rate - 0.5) + 1e-15
    assert (output - 0.5) * (rate - 0.5) >= -1e-15
    assert focal_optimum(1 - rate, gamma) == pytest.approx(1 - output, rel=1e-9)


def test_alpha_is_a_weight_that_is_undone_after_the_focal_factor() -> None:
    rate, alpha, gamma = 0.1, 0.25, 2.0
    outputs = np.linspace(1e-4, 1 - 1e-4, 200_001)
    by_class = -alpha * rate * (1 - outputs) ** gamma * np.log(outputs)
    by_class -= (1 - alpha) * (1 - rate) * outputs**gamma * np.log1p(-outputs)
    learned = float(outputs[by_class.argmin()])
    undone = unweighted_probability(unfocused_probability(learned, gamma), alpha / (1 - alpha))
    assert undone == pytest.approx(rate, abs=1e-4)


def test_extreme_rates_raise_no_warning() -> None:
    rates = np.array([0.0, 5e-324, 1e-300, 0.5, 1 - 2**-53, 1.0])
    with np.errstate(all="raise"):
        for undo in (weighted_optimum, unweighted_probability):
            assert np.isfinite([undo(rates, weight) for weight in (1e-300, 1.0, 1e300)]).all()
        for focus in (focal_optimum, unfocused_probability):
            found = np.array([focus(rates, gamma) for gamma in (0.0, 0.5, 2.0, 1e6)])
            assert ((found >= 0) & (found <= 1)).all()
            assert (np.diff(found) >= 0).all()


def test_the_bias_that_begins_at_the_base_rate() -> None:
    assert prior_logit(0.01) == pytest.approx(-4.59511985013459, abs=1e-14)
    assert prior_logit(0.5) == 0


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (lambda: positive_weight_from_counts(99, 0), "positives: got 0.*nothing to weigh"),
        (lambda: positive_weight_from_counts(-1, 2.5), "negatives: got -1.*\n.*positives: got 2.5"),
        (lambda: positive_weight_from_counts(True, 1), "negatives: got True"),
        (lambda: weighted_optimum(1.2, 2.0), "rate: got values from 1.2"),
        (lambda: weighted_optimum(0.2, 0.0), "positive_weight: got 0"),
        (lambda: unweighted_probability(-3.0, 2.0), "probability: got values from -3.*sigmoid"),
        (lambda: unweighted_probability(0.2, math.nan), "positive_weight: got nan"),
        (lambda: focal_optimum(0.2, -1.0), "gamma: got -1"),
        (lambda: focal_optimum(math.nan, 1.0), "rate: got values from nan"),
        (lambda: unfocused_probability(0.2, math.inf), "gamma: got inf"),
        (lambda: prior_logit(0.0), "rate: got 0"),
        (lambda: prior_logit(1.0), "below 1"),
    ],
)
def test_what_makes_no_sense_is_refused(refused: object, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        refused()  # type: ignore[operator]
