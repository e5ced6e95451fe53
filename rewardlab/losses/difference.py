"""The error, predicted - target, of losses that are functions of it alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rewardlab.losses.borders import Floats, matched, refuse_not_finite

__all__ = ["difference"]


def difference(where: str, predicted: ArrayLike, target: ArrayLike) -> Floats:
    """The error of each element, as a new array in which the loss may go on computing.

    Args:
        where: The function that asks.
        predicted: Finite numbers, any shape.
        target: The same shape.

    Returns:
        The same shape; infinite where two finite numbers are too far apart for the dtype.

    Raises:
        BadInput: Shapes differ, or something is empty, not finite or no number.
    """
    first, second = matched(where, predicted, target)
    error = np.empty_like(first)
    with np.errstate(all="ignore"):
        np.subtract(first, second, out=error)
    if not np.isfinite(error).all():
        refuse_not_finite(where, predicted=first, target=second)
    return error
