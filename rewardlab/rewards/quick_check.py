"""A quick look at whether a batch of numbers is in order, for checks that stand in every step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["surely_within"]


def surely_within(values: NDArray[np.float64], bound: float) -> bool:
    """Whether no number of a batch can be beyond a bound, by one product instead of a comparison for each.

    Args:
        values: ``[B]`` float64.
        bound: A positive number, at most 1e150.

    Returns:
        True only if all are finite and within the bound. False says nothing yet: look at each.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(values.dot(values) <= bound * bound)
