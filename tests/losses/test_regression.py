"""Squared, absolute and Huber's error: numbers worked out by hand, and laws."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rewardlab.errors import BadInput
from rewardlab.losses import (
    absolute_error,
    absolute_error_gradient,
    huber,
    huber_gradient,
    squared_error,
    squared_error_gradient,
)
from rewardlab.losses.modules import HuberLoss

NUMBERS = st.floats(-1e6, 1e6)
FIVE_DELIVERIES = np.array([20.0, 21.0, 22.0, 23.0, 100.0])
ERRORS = np.array([2.0, 8.0, 15.0, 20.0, 50.0, 100.0])


def test_six_deliveries_of_which_one_is_corrupt() -> None:
    predicted, target = [21, 22, 21, 24, 23, 30], [20, 21, 22, 23, 24, 900]
    assert squared_error(predicted, target).mean() == pytest.approx((5 * 1 + 870**2) / 6)
    assert absolute_error(predicted, target).mean() == pytest.approx((5 * 1 + 870) / 6)
    # Five halves, and one line: 15 (870 - 7.5).
    assert huber(predicted, target, 15.0).mean() == pytest.approx((5 * 0.5 + 12937.5) / 6)
    # What is bounded is the pull of the corrupt record, not its share of the cost.
    assert squared_error_gradient(predicted, target)[-1] / 6 == -290
    assert huber_gradient(predicted, target, 15.0)[-1] / 6 == -2.5


def test_huber_changes_at_delta_without_a_step_in_value_or_slope() -> None:
    np.testing.assert_array_equal(huber(ERRORS, 0 * ERRORS, 15.0), [2, 32, 112.5, 187.5, 637.5, 1387.5])
    np.testing.assert_array_equal(huber_gradient(ERRORS, 0 * ERRORS, 15.0), [2, 8, 15, 15, 15, 15])
    # Reference values: errors .5, 1, 2, 3 at delta 1 and 2.
    np.testing.assert_array_equal(huber([0.5, 1, 2, 3], [0, 0, 0, 0], 1.0), [0.125, 0.5, 1.5, 2.5])
    np.testing.assert_array_equal(huber([0.5, 1, 2, 3], [0, 0, 0, 0], 2.0), [0.125, 0.5, 2.0, 4.0])


def test_the_slope_at_no_error_is_none() -> None:
    for gradient in (squared_error_gradient, absolute_error_gradient):
        assert gradient([3.0], [3.0]) == 0
    np.testing.assert_array_equal(absolute_error_gradient([1.0, -2.0], [0.0, 0.0]), [1, -1])


def test_huge_errors_overflow_only_where_the_value_is_too_large() -> None:
    with np.errstate(all="raise"):
        assert huber([1e200], [0.0], 15.0) == pytest.approx(1.5e201)
        assert np.isposinf(squared_error([1e200], [0.0]))
        assert np.isposinf(squared_error(np.float32([1e30]), np.float32([0.0])))
    # In half precision the square of 300 would be infinite.
    assert squared_error(np.float16([300.0]), np.float16([0.0])) == 90000
    loss = HuberLoss(15.0)(torch.tensor([1e200], dtype=torch.float64), torch.zeros(1, dtype=torch.float64))
    assert loss.item() == pytest.approx(1.5e201)


@given(st.lists(NUMBERS, min_size=1, max_size=9), NUMBERS)
@settings(max_examples=50, deadline=None)
def test_the_mean_costs_least_squares_and_a_median_least_size(targets: list[float], other: float) -> None:
    target = np.array(targets)
    for loss, best in ((squared_error, target.mean()), (absolute_error, np.median(target))):
        least, most = (loss(np.full(target.shape, at), target).mean() for at in (best, other))
        assert least <= most * (1 + 1e-12) + 1e-9


def test_the_best_constants_of_five_deliveries() -> None:
    # Huber at 15: the four small ones pull with c - t, the outlier with 15: 4 c - 86 = 15.
    constants = np.linspace(20.0, 40.0, 2001)
    costs = [
        [loss(np.full(5, at), FIVE_DELIVERIES).mean() for at in constants]
        for loss in (squared_error, absolute_error, lambda p, t: huber(p, t, 15.0))
    ]
    np.testing.assert_allclose(constants[np.argmin(costs, axis=1)], [37.2, 22.0, 25.25])


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=9), st.floats(0, 1), st.floats(0.01, 1e3))
@settings(max_examples=50, deadline=None)
def test_all_three_are_convex_in_the_prediction(
    rows: list[tuple[float, float, float]], share: float, delta: float
) -> None:
    first, second, target = np.array(rows).T
    between = share * first + (1 - share) * second
    for loss in (squared_error, absolute_error, lambda p, t: huber(p, t, delta)):
        chord = share * loss(first, target) + (1 - share) * loss(second, target)
        assert (loss(between, target) <= chord * (1 + 1e-9) + 1e-6).all()


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=9))
@example([(0.0, 1.0727775062651157e-160)])  # its square is so small that it has three digits left
@settings(max_examples=50, deadline=None)
def test_huber_is_half_the_square_for_large_delta_and_delta_times_the_size_for_small(
    rows: list[tuple[float, float]],
) -> None:
    predicted, target = np.array(rows).T
    np.testing.assert_allclose(huber(predicted, target, 1e7), squared_error(predicted, target) / 2, atol=1e-300)
    np.testing.assert_allclose(huber(predicted, target, 1e-9) / 1e-9, absolute_error(predicted, target), atol=1e-9)


@pytest.mark.parametrize("delta", [0.0, -1.0, float("nan"), float("inf"), "1", None, True])
def test_a_delta_that_is_no_number_above_zero_is_refused(delta: float) -> None:
    for refused in (
        lambda: huber([1.0], [0.0], delta),
        lambda: huber_gradient([1.0], [0.0], delta),
        lambda: HuberLoss(delta),
    ):
        with pytest.raises(BadInput, match=r"delta: got .*, expected a finite number above 0"):
            refused()


@pytest.mark.parametrize("spoilt", [np.inf, -np.inf])
def test_an_infinite_number_is_refused(spoilt: float) -> None:
    for loss in (squared_error, absolute_error, lambda p, t: huber(p, t, 1.0), lambda p, t: huber_gradient(p, t, 1.0)):
        with pytest.raises(
            BadInput, match=r"predicted: got 1 of 2 elements, the first -?inf at \[1\], expected finite"
        ):
            loss([1.0, spoilt], [0.0, 0.0])
    with pytest.raises(BadInput, match="target: got 1 of 1 elements"):
        HuberLoss(1.0)(torch.zeros(1), torch.tensor([spoilt]))
