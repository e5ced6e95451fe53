"""Reconstruction: four pixels worked out by hand, why the blurred one wins, and values out of range."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from rewardlab.errors import BadInput
from rewardlab.losses import reconstruction_error, reconstruction_error_gradient
from rewardlab.losses.modules import ReconstructionLoss

ORIGINAL = np.array([1.0, 0.0, 0.5, 0.5])
BLURRED = np.array([0.5, 0.5, 0.5, 0.5])
SHARP = np.array([0.95, 0.05, 0.45, 0.55])


def test_four_pixels() -> None:
    # Blurred: two errors of 0.5. Sharp: four of 0.05.
    assert reconstruction_error(BLURRED, ORIGINAL, (0.0, 1.0)).mean() == 0.125
    assert reconstruction_error(SHARP, ORIGINAL, (0.0, 1.0)).mean() == pytest.approx(0.0025)
    assert ReconstructionLoss((0, 1))(torch.from_numpy(BLURRED), torch.from_numpy(ORIGINAL)).item() == 0.125
    np.testing.assert_array_equal(reconstruction_error_gradient(BLURRED, ORIGINAL) / 4, [-0.25, 0.25, 0, 0])


def test_where_two_originals_are_possible_the_blurred_one_costs_least() -> None:
    # The second is the first with its first two pixels exchanged. Either sharp guess is right half of the time.
    other = ORIGINAL[[1, 0, 2, 3]]
    blurred = (reconstruction_error(BLURRED, ORIGINAL) + reconstruction_error(BLURRED, other)).mean() / 2
    sharp = (reconstruction_error(ORIGINAL, ORIGINAL) + reconstruction_error(ORIGINAL, other)).mean() / 2
    assert blurred == 0.125
    assert sharp == 0.25


@pytest.mark.parametrize("side", ["predicted", "target"])
def test_pixels_of_another_scale_are_refused(side: str) -> None:
    arrays = {"predicted": np.array([0.2, 0.4]), "target": np.array([0.0, 1.0])}
    arrays[side] = arrays[side] * 255
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    for refused in (
        lambda: reconstruction_error(**arrays, value_range=(0.0, 1.0)),
        lambda: reconstruction_error_gradient(**arrays, value_range=(0.0, 1.0)),
        lambda: ReconstructionLoss((0.0, 1.0))(**tensors),
        lambda: ReconstructionLoss((0.0, 1.0), check=True, reduction="none")(**tensors),
    ):
        with pytest.raises(BadInput, match=rf"{side}: got values from .* to (102|255), expected values from 0 to 1"):
            refused()
    assert np.isfinite(reconstruction_error(**arrays)).all()
    assert ReconstructionLoss()(**tensors).isfinite()


@pytest.mark.parametrize("value_range", [(1.0, 0.0), (0.0, 0.0), (0.0,), (0.0, np.inf), (np.nan, 1.0), 1.0, ("a", "b")])
def test_a_range_that_is_none_is_refused(value_range: Any) -> None:
    for refused in (
        lambda: reconstruction_error([0.5], [0.5], value_range),
        lambda: reconstruction_error_gradient([0.5], [0.5], value_range),
        lambda: ReconstructionLoss(value_range),
    ):
        with pytest.raises(BadInput, match=r"value_range: got .*, expected two finite numbers, the lower one first"):
            refused()


def test_the_function_that_was_called_is_named() -> None:
    with pytest.raises(BadInput, match=r"^reconstruction_error.target: got 1 of 1 elements, the first inf"):
        reconstruction_error([0.5], [np.inf])
    with pytest.raises(BadInput, match=r"^ReconstructionLoss.target: "):
        ReconstructionLoss()(torch.ones(1), torch.full((1,), torch.inf))
