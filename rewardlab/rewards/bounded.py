"""Whether a batch of numbers is in order, quickly: for checks that stand in every step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["all_within"]


def all_within(values: NDArray[np.float64], bound: float) -> bool:
    """Whether all numbers of a batch are finite and none is beyond a bound.

    Counting is several times quicker than ``all()``.

    Args:
        values: ``[B]`` float64.
        bound: A positive number.
    """
    return int(np.count_nonzero(np.abs(values) <= bound)) == len(values)
