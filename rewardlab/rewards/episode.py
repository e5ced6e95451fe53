"""Normalisation of one episode's rewards by their own mean and deviation, and what it destroys.

It is often advised against rewards of very different sizes. It does bound them, and costs this:

- every episode sums to 0, whether it was won or lost, so episodes can no longer be compared;
- an episode in which all rewards are alike, or that has one step, becomes all 0;
- one large reward among n - 1 equal ones always becomes ``sqrt(n - 1)``, whether it was 1 or 1000: what is left of it
  is how long the episode was;
- the subtracted mean stands in every step, so that a penalty of -0.001 becomes one of -0.16 where a win follows.

`rewardlab.wrappers.ReturnScaling` divides by one scale for all episodes and subtracts nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem

__all__ = ["normalized_episode"]


def normalized_episode(rewards: ArrayLike, *, epsilon: float = 1e-8) -> NDArray[np.float64]:
    """Rewards of one episode, less their mean, divided by their population standard deviation.

    Args:
        rewards: ``[T]`` finite numbers; T may be 0.
        epsilon: Added to the deviation.

    Returns:
        ``[T]`` float64 that sum to 0. Rewards that are all alike, one alone included, become exactly 0.

    Raises:
        BadInput: The rewards are not one-dimensional and finite, or epsilon is not positive.

    Example:
        >>> normalized_episode([-0.001] * 39 + [1000.0])[[0, -1]].round(6)
        array([-0.160128,  6.244998])
    """
    stream = np.asarray(rewards, dtype=np.float64)
    problems = []
    if stream.ndim != 1:
        problems.append(Problem("rewards", f"shape {stream.shape}", "[T], the rewards of one episode"))
    elif not np.isfinite(stream).all():
        problems.append(Problem("rewards", "NaN or an infinity", "finite numbers"))
    if not epsilon > 0.0:
        problems.append(Problem("epsilon", repr(epsilon), "a positive number"))
    if problems:
        raise BadInput(*problems)
    if len(stream) == 0 or stream.min() == stream.max():
        # Rounding in the mean would be blown up by the division, instead of the 0 that it is.
        return np.zeros_like(stream)
    normalized: NDArray[np.float64] = (stream - stream.mean()) / (stream.std() + epsilon)
    return normalized
