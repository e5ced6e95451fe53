"""How far a reconstruction is from its original, number by number: the loss of autoencoders.

It always has a slope to follow. But where several originals fit what is known, the reconstruction that costs least is
their mean, and the mean of sharp pictures is a blurred one. For text the loss by token is `token_cross_entropy`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from rewardlab.errors import BadInput, Problem
from rewardlab.losses.borders import Floats, floats, require_within
from rewardlab.losses.difference import difference

__all__ = ["RANGE_FIX", "checked_range", "reconstruction_error", "reconstruction_error_gradient"]

RANGE_FIX = "scale both alike, as in pixels / 255; or give no range if the model is free to leave it"


def reconstruction_error(
    predicted: ArrayLike, target: ArrayLike, value_range: tuple[float, float] | None = None
) -> Floats:
    """The squared error of each number, such as a pixel.

    Args:
        predicted: Finite numbers, any shape.
        target: The same shape.
        value_range: The least and the greatest value that there can be, such as (0.0, 1.0) for pixels; what lies
            outside is refused, so that pixels up to 255 are not compared with pixels up to 1. None: not looked at.

    Returns:
        The same shape; ``inf`` where a square is larger than the dtype can hold.

    Raises:
        BadInput: Shapes differ, something is empty, not finite, no number or out of its range, or the range is none.

    Example:
        >>> float(reconstruction_error([0.5, 0.5], [1.0, 0.0], value_range=(0.0, 1.0)).mean())
        0.25
    """
    error = _error("reconstruction_error", predicted, target, value_range)
    with np.errstate(all="ignore"):
        return np.multiply(error, error, out=error)


def reconstruction_error_gradient(
    predicted: ArrayLike, target: ArrayLike, value_range: tuple[float, float] | None = None
) -> Floats:
    """Derivative of `reconstruction_error` by each prediction: twice the error.

    Arguments and errors are those of the loss.
    """
    error = _error("reconstruction_error_gradient", predicted, target, value_range)
    with np.errstate(all="ignore"):
        return np.multiply(error, 2, out=error)


def checked_range(where: str, value_range: tuple[float, float]) -> tuple[float, float]:
    """The two ends of a range of values.

    Raises:
        BadInput: They are not two finite numbers, the lower one first.
    """
    try:
        low, high = (float(end) for end in value_range)
    except (TypeError, ValueError):
        low = high = math.nan
    if not (low < high and math.isfinite(low) and math.isfinite(high)):
        expected = "two finite numbers, the lower one first, such as (0.0, 1.0)"
        raise BadInput(Problem(f"{where}.value_range", repr(value_range), expected))
    return low, high


def _error(where: str, predicted: ArrayLike, target: ArrayLike, value_range: tuple[float, float] | None) -> Floats:
    error = difference(where, predicted, target)
    if value_range is not None:
        first, second = floats(where, predicted=predicted, target=target)
        low, high = checked_range(where, value_range)
        require_within(where, low, high, RANGE_FIX, predicted=first, target=second)
    return error
