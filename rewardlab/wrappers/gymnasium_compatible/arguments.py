"""The checks of Gymnasium's arguments, with the error that its documentation names."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from gymnasium.error import InvalidBound
from numpy.typing import ArrayLike, NDArray

__all__ = ["Bound", "check_bounds", "check_normalization", "clipping"]

Bound = float | NDArray[np.float64] | None


def check_bounds(min_reward: Bound, max_reward: Bound) -> None:
    """Refuse bounds that are both missing or the wrong way round; equal ones are allowed here.

    Raises:
        InvalidBound: As in Gymnasium.
    """
    if min_reward is None and max_reward is None:
        raise InvalidBound("min_reward, max_reward: got None and None, expected at least one bound")
    if min_reward is not None and max_reward is not None and np.any(np.asarray(max_reward) < min_reward):
        raise InvalidBound(f"min_reward: got {min_reward}, expected a bound not above max_reward, {max_reward}")


def check_normalization(gamma: float, epsilon: float) -> None:
    """Refuse a discount outside [0, 1] and an epsilon that is not positive.

    Raises:
        InvalidBound: As in Gymnasium.
    """
    if not 0.0 <= gamma <= 1.0:
        raise InvalidBound(f"gamma: got {gamma}, expected a number in [0, 1]")
    if not epsilon > 0.0:
        raise InvalidBound(f"epsilon: got {epsilon}, expected a positive number")


def clipping(min_reward: Bound, max_reward: Bound) -> Callable[[ArrayLike], NDArray[np.float64]]:
    """The function that clips to the bounds."""
    return lambda rewards: np.clip(rewards, min_reward, max_reward)
