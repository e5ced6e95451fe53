"""Noise prediction: mixing and unmixing, and why it is a reconstruction error in disguise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardlab.errors import BadInput
from rewardlab.losses import (
    clean_estimate,
    noise_prediction_error,
    noise_prediction_error_gradient,
    noised,
    signal_to_noise_ratio,
    squared_error,
)

SHARES = st.floats(0.001, 0.999)
SEEDS = st.integers(0, 2**32 - 1)


def test_known_values() -> None:
    # Shares whose roots are 0.6 and 0.8.
    np.testing.assert_allclose(noised([1.0, 0.0, 2.0], [0.0, 1.0, -1.0], 0.36), [0.6, 0.8, 0.4])
    np.testing.assert_allclose(clean_estimate([0.6, 0.8, 0.4], [0.0, 1.0, -1.0], 0.36), [1.0, 0.0, 2.0], atol=1e-15)
    assert signal_to_noise_ratio(0.36) == pytest.approx(0.5625)
    np.testing.assert_array_equal(noise_prediction_error([1.0, 3.0], [0.0, 1.0]), [1, 4])
    np.testing.assert_array_equal(noise_prediction_error_gradient([1.0, 3.0], [0.0, 1.0]), [2, 4])


@given(SEEDS, SHARES)
@settings(max_examples=50, deadline=None)
def test_an_error_of_the_noise_is_an_error_of_the_clean_sample_times_the_ratio(seed: int, share: float) -> None:
    clean, noise, predicted = np.random.default_rng(seed).normal(size=(3, 8))
    recovered = clean_estimate(noised(clean, noise, share), predicted, share)
    reconstruction = signal_to_noise_ratio(share) * squared_error(recovered, clean).sum()
    assert noise_prediction_error(predicted, noise).sum() == pytest.approx(reconstruction, rel=1e-6)


@given(SEEDS, SHARES)
@settings(max_examples=50, deadline=None)
def test_whoever_knows_the_noise_has_the_clean_sample(seed: int, share: float) -> None:
    clean, noise = np.random.default_rng(seed).normal(size=(2, 4, 3))
    np.testing.assert_allclose(clean_estimate(noised(clean, noise, share), noise, share), clean, atol=1e-10)


def test_a_mixture_of_two_of_variance_one_has_variance_one() -> None:
    # Orthogonal signals of mean square 1: the mean square of the mixture is a + (1 - a).
    clean, noise = np.array([1.0, 1.0, -1.0, -1.0]), np.array([1.0, -1.0, 1.0, -1.0])
    for share in (0.01, 0.5, 0.99):
        assert np.mean(noised(clean, noise, share) ** 2) == pytest.approx(1)


def test_each_example_may_have_a_share_of_its_own() -> None:
    clean, noise = np.random.default_rng(1).normal(size=(2, 3, 5))
    shares = np.array([0.1, 0.5, 0.9])
    together = noised(clean, noise, np.broadcast_to(shares[:, None], clean.shape))
    for row, share in enumerate(shares):
        np.testing.assert_array_equal(together[row], noised(clean[row], noise[row], share))
    with pytest.raises(BadInput, match="nothing is broadcast"):
        noised(clean, noise, shares[:, None])


def test_a_number_keeps_its_digits_beside_single_precision() -> None:
    # 1 - a has to be taken before a becomes 1.
    share = 1 - 1e-9
    mixed = noised(np.zeros(1, np.float32), np.ones(1, np.float32), share)
    assert mixed.dtype == np.float32
    assert mixed[0] == pytest.approx(np.sqrt(1e-9), rel=1e-6)
    assert noised(np.zeros(1, np.float16), np.ones(1, np.float16), 0.5).dtype == np.float32
    assert noised([1], [0], 0.25) == 0.5


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 1.5, np.nan, np.inf, None, "0.5", [0.5, 1.0]])
def test_a_share_that_is_none_is_refused(share: Any) -> None:
    for refused in (
        lambda: noised([1.0, 2.0], [0.0, 0.0], share),
        lambda: clean_estimate([1.0, 2.0], [0.0, 0.0], share),
        lambda: signal_to_noise_ratio(share),
    ):
        with pytest.raises(BadInput, match="signal_share"):
            refused()


@pytest.mark.parametrize("spoilt", [np.nan, np.inf])
def test_what_is_not_finite_is_refused_by_name(spoilt: float) -> None:
    with pytest.raises(BadInput, match=r"noised.noise: got 1 of 2 elements, the first .* at \[1\]"):
        noised([1.0, 2.0], [0.0, spoilt], 0.5)
    with pytest.raises(BadInput, match=r"clean_estimate.noised: "):
        clean_estimate([spoilt, 2.0], [0.0, 0.0], 0.5)
    with pytest.raises(BadInput, match=r"noise_prediction_error.predicted: "):
        noise_prediction_error([spoilt], [0.0])
