"""The Gaussian likelihood: numbers worked out by hand, its density, its minimum, and tiny and huge numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from rewardlab.errors import BadInput
from rewardlab.losses import gaussian_log_density, gaussian_nll, gaussian_nll_gradient
from rewardlab.losses.modules import GaussianNLLLoss

NUMBERS = st.floats(-1e3, 1e3)
SPREADS = st.floats(1e-3, 1e3)
HALF_LOG_TWO_PI = math.log(2 * math.pi) / 2


def test_known_values() -> None:
    # At the mean only the spread counts: -log 2 - log(2 pi) / 2.
    assert gaussian_log_density(10.0, 10.0, 2.0) == pytest.approx(-math.log(2) - HALF_LOG_TWO_PI)
    assert gaussian_log_density(10.0, 10.0, 2.0) == pytest.approx(-1.61209, abs=5e-6)
    # The best single Gaussian for -10 or +10: mean 0, spread 10, one spread off.
    assert gaussian_nll(0.0, 10.0, 10.0) == pytest.approx(math.log(10) + HALF_LOG_TWO_PI + 0.5)
    assert gaussian_nll(0.0, 10.0, 10.0) == pytest.approx(3.72152, abs=5e-6)
    # Published reference: error 1, variance 0.25.
    assert gaussian_nll(1.0, 2.0, 0.5) == pytest.approx(2.225791352645, abs=1e-12)


def test_a_density_may_exceed_one_so_the_loss_has_no_zero() -> None:
    assert gaussian_nll(0.0, 0.0, 0.1) == pytest.approx(-1.383646559789, abs=1e-12)
    losses = gaussian_nll(np.zeros(300), np.zeros(300), 10.0 ** -np.arange(300.0))
    np.testing.assert_allclose(np.diff(losses), -math.log(10))


@pytest.mark.parametrize("sigma", [0.01, 1.0, 30.0])
def test_the_density_integrates_to_one(sigma: float) -> None:
    total, _ = quad(lambda y: math.exp(gaussian_log_density(3.0, y, sigma)), 3 - 12 * sigma, 3 + 12 * sigma)
    assert total == pytest.approx(1.0, abs=1e-9)


@given(NUMBERS, NUMBERS, SPREADS, SPREADS)
@settings(max_examples=50, deadline=None)
def test_the_target_is_the_best_mean_and_the_size_of_the_error_the_best_spread(
    target: float, other: float, sigma: float, other_sigma: float
) -> None:
    assert gaussian_nll(target, target, sigma) <= gaussian_nll(other, target, sigma)
    assert gaussian_nll_gradient(target, target, sigma).mean == 0
    mean, size = target + sigma, abs((target + sigma) - target)
    if size > 0:
        least = gaussian_nll(mean, target, size)
        assert least <= gaussian_nll(mean, target, other_sigma) + 1e-12 * abs(least)
        assert gaussian_nll_gradient(mean, target, size).sigma == 0


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=9))
@settings(max_examples=50, deadline=None)
def test_with_spread_one_it_is_half_the_squared_error_and_a_constant(rows: list[tuple[float, float]]) -> None:
    mean, target = np.array(rows).T
    np.testing.assert_allclose(gaussian_nll(mean, target, 1.0), (mean - target) ** 2 / 2 + HALF_LOG_TWO_PI)
    np.testing.assert_array_equal(gaussian_nll_gradient(mean, target, 1).mean, mean - target)


def test_one_spread_for_all_is_the_same_as_that_spread_for_each() -> None:
    mean, target = np.random.default_rng(0).normal(size=(2, 4, 3))
    each = gaussian_nll(mean, target, np.full((4, 3), 0.3))
    for one in (0.3, np.float64(0.3), np.array(0.3)):
        np.testing.assert_array_equal(gaussian_nll(mean, target, one), each)
    tensors = torch.from_numpy(mean), torch.from_numpy(target)
    for sigma in (0.3, torch.tensor(0.3, dtype=torch.float64), torch.full((4, 3), 0.3, dtype=torch.float64)):
        np.testing.assert_allclose(GaussianNLLLoss(reduction="none")(*tensors, sigma).numpy(), each, rtol=1e-14)


def test_a_number_as_spread_takes_the_precision_that_stands_beside_it() -> None:
    assert gaussian_nll(np.zeros(2, np.float32), np.zeros(2, np.float32), 0.3).dtype == np.float32
    single, double = np.float32([1.0]), np.array([0.25])
    assert gaussian_nll(single, double, 0.3)[0] == pytest.approx(float(gaussian_nll(1.0, 0.25, 0.3)), rel=1e-14)
    loss = GaussianNLLLoss()
    assert loss(torch.zeros(2), torch.zeros(2), 0.3).dtype == torch.float32
    assert loss(torch.zeros(2, dtype=torch.float64), torch.zeros(2), torch.tensor(0.3)).dtype == torch.float64


def test_the_spread_can_be_one_parameter_that_is_learned() -> None:
    # Its best value is the root of the mean squared error: sqrt((1 + 9) / 2).
    spread = torch.tensor(math.sqrt(5.0), requires_grad=True)
    GaussianNLLLoss()(torch.zeros(2), torch.tensor([1.0, 3.0]), spread).backward()
    assert spread.grad is not None
    assert spread.grad.item() == pytest.approx(0.0, abs=1e-7)
    assert gaussian_nll_gradient([0.0, 0.0], [1.0, 3.0], math.sqrt(5)).sigma.sum() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("mean", "target", "sigma", "value"),
    [
        (1e200, 0.0, 1e100, 0.5e200),
        (1.7e308, -1.7e308, 1e308, 3.4**2 / 2 + math.log(1e308) + HALF_LOG_TWO_PI),
        (1.6e154, 0.0, 1.0, 1.28e308),
        (1e-300, 0.0, 1e-300, 0.5 + math.log(1e-300) + HALF_LOG_TWO_PI),
        (5e-324, 5e-324, 5e-324, math.log(5e-324) + HALF_LOG_TWO_PI),
        (1e200, 0.0, 2.0, math.inf),
        (1.0, 0.0, 1e-300, math.inf),
    ],
)
def test_it_is_finite_wherever_the_number_can_be_written(
    mean: float, target: float, sigma: float, value: float
) -> None:
    with np.errstate(all="raise"):
        assert gaussian_nll(mean, target, sigma) == pytest.approx(value, rel=1e-12)
        assert gaussian_log_density(mean, target, sigma) == pytest.approx(-value, rel=1e-12)
        assert not np.isnan(gaussian_nll_gradient(mean, target, sigma)).any()
    tensors = (torch.tensor([number], dtype=torch.float64) for number in (mean, target, sigma))
    assert GaussianNLLLoss()(*tensors).item() == pytest.approx(value, rel=1e-12)


def test_a_tiny_spread_in_single_precision_is_not_lifted() -> None:
    # functional.gaussian_nll_loss takes a variance, at least 1e-6 of it: log(0.001) where log(1e-23) is meant.
    for sigma in (1e-4, 1e-23):
        mean, target = np.float32([sigma]), np.float32([0.0])
        expected = 0.5 + math.log(sigma) + HALF_LOG_TWO_PI
        assert gaussian_nll(mean, target, sigma)[0] == pytest.approx(expected, rel=1e-6)
        loss = GaussianNLLLoss()(torch.from_numpy(mean), torch.from_numpy(target), sigma)
        assert loss.item() == pytest.approx(expected, rel=1e-6)


def test_slopes_do_not_overflow_before_the_result_does() -> None:
    with np.errstate(all="raise"):
        # z = 1e155, whose square is no number: z / sigma and -z**2 / sigma are.
        by_mean, by_sigma = gaussian_nll_gradient(1e255, 0.0, 1e100)
        assert by_mean == pytest.approx(1e55)
        assert by_sigma == pytest.approx(-1e210)
        # One spread off, the spread is right, however tiny.
        assert gaussian_nll_gradient(5e-324, 0.0, 5e-324).sigma == 0


@pytest.mark.parametrize(
    "sigma", [0.0, -1.0, [1.0, 0.0], [-2.0, 1.0], math.nan, math.inf, None, "1", [1.0], [[1.0, 1.0]]]
)
def test_a_spread_that_is_none_is_refused(sigma: Any) -> None:
    for function in (gaussian_nll, gaussian_log_density, gaussian_nll_gradient):
        with pytest.raises(BadInput, match="sigma"):
            function([1.0, 2.0], [0.0, 0.0], sigma)
    if sigma is not None and sigma != "1":
        for check in (False, True):
            given = torch.tensor(sigma) if isinstance(sigma, list) else sigma
            with pytest.raises(BadInput, match="sigma"):
                GaussianNLLLoss(check=check)(torch.ones(2), torch.zeros(2), given)


def test_the_message_names_the_place_and_the_remedy() -> None:
    with pytest.raises(
        BadInput, match=r"sigma: got 1 of 2 elements, the first 0.0 at \[1\], expected numbers above 0; "
    ):
        gaussian_nll([1.0, 2.0], [0.0, 0.0], [1.0, 0.0])
    # Too small for the dtype that has to hold it: said, not computed with 0.
    for tiny in (gaussian_nll, gaussian_nll_gradient):
        with pytest.raises(BadInput, match=r"sigma: got 0.0, expected numbers above 0"):
            tiny(np.ones(1, np.float32), np.ones(1, np.float32), 1e-60)
    with pytest.raises(BadInput, match=r"sigma: got 1 of 1 elements, the first 0.0"):
        GaussianNLLLoss()(torch.ones(1), torch.zeros(1), 1e-60)
