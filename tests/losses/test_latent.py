"""The divergence of a Gaussian code: against integration, never below 0, and at the ends of what can be written."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from rewardlab.losses import gaussian_kl, gaussian_kl_gradient, gaussian_log_density
from rewardlab.losses.modules import GaussianKLLoss


def test_known_values() -> None:
    assert gaussian_kl(0.0, 0.0) == 0
    assert gaussian_kl(2.0, 0.0) == 2
    # Variance 4: (4 - 1 - log 4) / 2.
    assert gaussian_kl(0.0, math.log(4)) == pytest.approx(1.5 - math.log(2))
    assert gaussian_kl_gradient(3.0, math.log(4)) == pytest.approx((3.0, 1.5))
    # Of a code of three numbers it is the sum.
    assert gaussian_kl([1.0, -1.0, 0.0], [0.0, 0.0, 0.0]).sum() == 1


@pytest.mark.parametrize(("mean", "log_variance"), [(0.7, -1.0), (-2.0, 0.5), (0.0, 2.0)])
def test_it_is_the_integral_of_the_log_ratio(mean: float, log_variance: float) -> None:
    sigma = math.exp(log_variance / 2)

    def weighted_log_ratio(y: float) -> float:
        log_density = float(gaussian_log_density(mean, y, sigma))
        return math.exp(log_density) * (log_density - float(gaussian_log_density(0.0, y, 1.0)))

    integral, _ = quad(weighted_log_ratio, mean - 15 * sigma, mean + 15 * sigma)
    assert gaussian_kl(mean, log_variance) == pytest.approx(integral, abs=1e-8)


@given(st.lists(st.tuples(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300)), min_size=1, max_size=9))
@settings(max_examples=50, deadline=None)
def test_it_is_never_below_zero_and_never_warns(rows: list[tuple[float, float]]) -> None:
    mean, log_variance = np.array(rows).T
    with np.errstate(all="raise"):
        assert (gaussian_kl(mean, log_variance) >= 0).all()
        assert not np.isnan(gaussian_kl_gradient(mean, log_variance)).any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_near_the_standard_gaussian_it_keeps_its_digits(dtype: type) -> None:
    # exp(v) - 1 - v is v**2 / 2 there; computed from exp(v) nothing of that would be left.
    for size in (1e-3, 1e-5, 1e-12, 1e-17):
        log_variance = np.array([size, -size], dtype)
        values = gaussian_kl(np.zeros(2, dtype), log_variance)
        assert (values >= 0).all()
        np.testing.assert_allclose(values, size**2 / 4, rtol=1e-3, atol=float(np.finfo(dtype).eps) * size)
    grid = np.concatenate([10.0 ** np.linspace(-35, 2, 20001), -(10.0 ** np.linspace(-35, 2, 20001))]).astype(dtype)
    assert gaussian_kl(np.zeros_like(grid), grid).min() >= 0
    assert GaussianKLLoss(reduction="none")(torch.zeros(grid.shape), torch.from_numpy(grid)).min() >= 0


def test_a_variance_too_large_for_the_dtype_is_infinite_and_a_tiny_one_is_not() -> None:
    with np.errstate(all="raise"):
        assert np.isposinf(gaussian_kl(0.0, 1e4))
        assert gaussian_kl(0.0, -1e4) == (1e4 - 1) / 2
        np.testing.assert_array_equal(gaussian_kl_gradient([0.0, 0.0], [1e4, -1e4]).log_variance, [np.inf, -0.5])
        assert gaussian_kl(1e160, 0.0) == np.inf
        assert gaussian_kl(1.6e154, 0.0) == pytest.approx(1.28e308)
    loss = GaussianKLLoss()(torch.zeros(2), torch.tensor([-1e4, 1e4]))
    assert loss.item() == math.inf
    far = torch.tensor([1.6e154], dtype=torch.float64)
    assert GaussianKLLoss()(far, torch.zeros(1)).item() == pytest.approx(1.28e308)
