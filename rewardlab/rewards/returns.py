"""Returns: what a stream of rewards is worth from each step on."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem

__all__ = ["check_gamma", "discounted_returns"]


def check_gamma(gamma: object, where: str = "gamma") -> float:
    """Return the discount as a float, or refuse it.

    Args:
        gamma: What the user gave.
        where: The place to name in the error.

    Raises:
        BadInput: Not a finite number in [0, 1]. A boolean is not a number here.
    """
    if isinstance(gamma, bool | np.bool_) or not isinstance(gamma, int | float | np.integer | np.floating):
        raise BadInput(Problem(where, repr(gamma), "a number in [0, 1]"))
    value = float(gamma)
    if not 0.0 <= value <= 1.0:  # also catches NaN
        percent = 1.0 < value <= 100.0
        raise BadInput(Problem(where, repr(gamma), "a number in [0, 1]", f"did you mean {value / 100:g}?" * percent))
    return value


def discounted_returns(rewards: ArrayLike, gamma: float = 0.99, *, bootstrap_value: float = 0.0) -> NDArray[np.float64]:
    """Discounted returns of one episode: ``G[t] = rewards[t] + gamma * G[t + 1]``.

    Computed backwards in float64 whatever the input type, so that integer rewards are not truncated. With ``gamma=1``
    every step is credited with all that follows it; with ``gamma=0`` with its own reward alone.

    Args:
        rewards: ``[T]`` numbers of a single episode, in time order; T may be 0.
        gamma: The discount per step, in [0, 1].
        bootstrap_value: The value of the state after the last step: 0 where the episode terminated, an estimate where a
            time limit cut it off.

    Returns:
        ``[T]`` float64.

    Raises:
        BadInput: ``rewards`` is not one-dimensional, or ``gamma`` lies outside [0, 1].

    Example:
        >>> discounted_returns([0, 0, 1], gamma=0.5)
        array([0.25, 0.5 , 1.  ])
    """
    gamma = check_gamma(gamma)
    stream = np.asarray(rewards, dtype=np.float64)
    if stream.ndim != 1:
        raise BadInput(Problem("rewards", f"shape {stream.shape}", "[T], the rewards of one episode"))
    returns = np.empty_like(stream)
    running = float(bootstrap_value)
    for step in range(len(stream) - 1, -1, -1):
        running = stream[step] + gamma * running
        returns[step] = running
    return returns
