"""How far a proxy can be optimised before some true reward, as near to it as stated, might begin to fall.

Karwowski et al. 2024, "Goodhart's law in reinforcement learning": only the component of a reward along differences of
visits orders policies. If the true reward is within an angle of the proxy there, a step from one policy to the next
whose own angle to the proxy is ``a`` gains at least ``length * cos(a + angle)`` of it. While ``a + angle <= pi / 2``,
no such true reward falls; after that some reward in the cone does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem

__all__ = ["angle_between", "early_stopping_index"]

_NO_STEP = 1e-12
"""A step shorter than this, relative to the visits, is rounding."""


def angle_between(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """The angle of two vectors in [0, pi]; NaN if one of them is 0.

    By the formula of Kahan 2006, "How futile are mindless assessments of roundoff", which is exact also for small
    angles, where the arc cosine has lost half of its digits.
    """
    lengths = float(np.linalg.norm(first)), float(np.linalg.norm(second))
    if min(lengths) == 0.0:
        return float("nan")
    one, two = first / lengths[0], second / lengths[1]
    return float(2 * np.arctan2(np.linalg.norm(one - two), np.linalg.norm(one + two)))


def early_stopping_index(visits: NDArray[np.float64], projected_proxy: NDArray[np.float64], angle: float) -> int:
    """The last of a sequence of policies up to which no true reward in the cone falls.

    Args:
        visits: ``[T, n]`` the visits of each policy, `PolicySpace.visits`, in the order of training.
        projected_proxy: ``[n]`` the proxy as `PolicySpace.projected` gives it.
        angle: How far the true reward, projected, may lie from the proxy, in [0, pi].

    Returns:
        An index into the policies; 0 if not even the first step is safe. Where the proxy is 0 there is no step to
        judge by, and it is 0 unless no policy moves.

    Raises:
        BadInput: The shapes do not fit, or the angle is out of its range.
    """
    problems = []
    if visits.ndim != 2 or not len(visits) or projected_proxy.shape != visits.shape[1:]:
        got = f"visits {visits.shape} and a proxy {projected_proxy.shape}"
        problems.append(Problem("early_stopping_index", got, "[T, n] and [n], T at least 1"))
    if not 0.0 <= angle <= np.pi:
        problems.append(Problem("angle", f"{angle}", "radians in [0, pi]"))
    if problems:
        raise BadInput(*problems)
    for index in range(len(visits) - 1):
        step = visits[index + 1] - visits[index]
        if np.linalg.norm(step) <= _NO_STEP * np.linalg.norm(visits[index]):
            continue
        # NaN, an angle to a proxy of 0, must not pass.
        if not angle_between(step, projected_proxy) + angle <= np.pi / 2:
            return index
    return len(visits) - 1
