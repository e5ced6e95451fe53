"""Settings that are too large or too small for the dtype beside them, and numbers of NumPy's own types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from rewardlab import losses
from rewardlab.errors import BadInput
from rewardlab.losses.modules import WeightedBinaryCrossEntropyLoss

SINGLE = np.array([1.0, -2.0], np.float32)
LABELS = np.array([0.0, 1.0], np.float32)


@pytest.mark.parametrize(
    ("compute", "expected"),
    [
        # No error reaches such a delta: half the square, and the error itself. Below the least number it is all line.
        (lambda: losses.huber(SINGLE, LABELS, 1e39), [0.5, 4.5]),
        (lambda: losses.huber_gradient(SINGLE, LABELS, 1e39), [1.0, -3.0]),
        (lambda: losses.huber_gradient(SINGLE, LABELS, 1e-50), [0.0, 0.0]),
        # Nothing but noise is left.
        (lambda: losses.noised(SINGLE, LABELS, 1e-100), [0.0, 1.0]),
        (lambda: losses.threshold_sweep([0.5, 0.25], [1, 0], [1e39, 1e-50]).recall, [0.0, 1.0]),
        (lambda: losses.threshold_sweep(SINGLE * 0 + 0.5, LABELS, [1e39, 1e-50]).recall, [0.0, 1.0]),
        (lambda: losses.focal_factor(np.array([0.0, 0.5], np.float32), 1e39), [1.0, 0.0]),
    ],
)
def test_nothing_warns_where_a_setting_leaves_the_range_of_the_dtype(compute: Callable[[], Any], expected: Any) -> None:
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(compute(), np.array(expected, np.float32))


@pytest.mark.parametrize(
    "compute",
    [
        lambda number: losses.huber(SINGLE, LABELS, number),
        lambda number: losses.huber_gradient(SINGLE, LABELS, number),
        lambda number: losses.weighted_binary_cross_entropy(SINGLE, LABELS, number, number),
        lambda number: losses.weighted_binary_cross_entropy(np.array([np.inf], np.float32), LABELS[1:], number),
        lambda number: losses.weighted_binary_cross_entropy_gradient(SINGLE, LABELS, number, number),
        lambda number: losses.focal_loss(SINGLE, LABELS, number, number),
        lambda number: losses.focal_loss_gradient(SINGLE, LABELS, number, number),
        lambda number: losses.focal_factor(LABELS, number),
        lambda number: losses.l1_proximal(SINGLE, number, number),
        lambda number: losses.elastic_net_penalty_gradient(SINGLE, number, number),
        lambda number: losses.gaussian_nll(SINGLE, LABELS, number),
        lambda number: losses.noised(SINGLE, LABELS, number),
    ],
)
def test_a_setting_in_a_type_of_numpy_leaves_the_dtype_as_it_is(compute: Callable[[Any], Any]) -> None:
    usual, other = compute(0.25), compute(np.float64(0.25))
    assert usual.dtype == other.dtype == np.float32
    np.testing.assert_allclose(other, usual, rtol=1e-6)


@pytest.mark.parametrize("weights", [(1e39, 1.0), (1.0, 1e39), (1e-50, 1.0), (1.0, 1e-50)])
def test_a_weight_that_the_dtype_does_not_hold_is_refused_and_not_rounded_to_zero_or_infinity(
    weights: tuple[float, float],
) -> None:
    for function in (losses.weighted_binary_cross_entropy, losses.weighted_binary_cross_entropy_gradient):
        with pytest.raises(BadInput, match=r"_weight: got .* in float32, expected a number that the dtype"):
            function(SINGLE, LABELS, *weights)
        assert np.isfinite(function(SINGLE.astype(float), LABELS.astype(float), *weights)).all()
    module = WeightedBinaryCrossEntropyLoss(*weights)
    with pytest.raises(BadInput, match=r"numbers that torch.float32 holds"):
        module(torch.from_numpy(SINGLE), torch.from_numpy(LABELS))
    found = module(torch.from_numpy(SINGLE).double(), torch.from_numpy(LABELS).double()).item()
    assert found == pytest.approx(
        losses.weighted_binary_cross_entropy(SINGLE.astype(float), LABELS.astype(float), *weights).mean(), rel=1e-12
    )


def test_a_ratio_of_weights_that_the_dtype_does_not_hold_is_refused() -> None:
    # Each of the two is a number in single precision, their ratio of 1e60 is none.
    with pytest.raises(BadInput, match=r"got 1e\+30 and 1e-30"):
        WeightedBinaryCrossEntropyLoss(1e30, 1e-30)(torch.from_numpy(SINGLE), torch.from_numpy(LABELS))


def test_a_whole_number_that_no_float_can_hold_is_refused() -> None:
    with pytest.raises(BadInput, match="a finite number above 0"):
        losses.huber(SINGLE, LABELS, 10**400)


def test_a_threshold_that_is_no_number_is_told_by_its_name() -> None:
    for threshold in (np.nan, None, [0.5], "0.5"):
        with pytest.raises(BadInput, match=r"recall.threshold: got .*, expected a number"):
            losses.recall([0.5], [1], threshold)  # type: ignore[arg-type]


def test_numbers_make_arrays_everywhere() -> None:
    for made in (losses.weighted_optimum(0.5, 2.0), losses.unweighted_probability(0.5, 2.0)):
        assert isinstance(made, np.ndarray)
        assert made.dtype == np.float64
        assert made.shape == ()


@pytest.mark.parametrize("lead", [1e-15, -1.7e-8, 1.234e-6, -3.21e-5, 1e-3, -0.2])
def test_the_logit_of_nearly_a_half_keeps_its_digits(lead: float) -> None:
    # log((1/2 + d) / (1/2 - d)) = 4 d + 16 d**3 / 3 + 64 d**5 / 5 + ...
    exact = (0.5 + lead) - 0.5
    series = sum(2 * (2 * exact) ** power / power for power in range(1, 60, 2))
    assert float(losses.logit(0.5 + lead)) == pytest.approx(series, rel=1e-14, abs=0.0)


def test_what_generative_losses_are_combined_of_are_numbers() -> None:
    for value in (np.array(1j), "1", np.array([1.0])):
        with pytest.raises(BadInput, match="reduced to a number"):
            losses.combined_generative_loss(value, 1.0, 0.1)  # type: ignore[arg-type]
