"""Potentials made of a value estimate: a guess of how good a state is, which may change while an agent learns.

Ng, Harada & Russell (1999) already note that the optimal value itself is a perfect potential. Two ways to come by one:

- `value_potential` takes an estimate of the task *as it is*: a heuristic, an older agent, a simpler model. It may be
  any size.
- `bootstrapped_potential` takes the learner's own estimate of the task *as it is shaped* (Adamczyk et al. 2025,
  "Bootstrapped reward shaping"). The estimate then feeds on itself: at rest it is ``V / (1 + eta)``, and it is sure to
  get there if ``gamma * (1 + eta) + abs(eta) < 1``. With a larger ``eta`` whole sweeps diverge in the worst model. A
  learner of rate a moves as one without shaping moves at rate ``a * (1 + eta)``, so that a small rate bears more on a
  table; beyond tables nothing is known, and what is not sure is refused.

What holds for both: the wrapper takes each potential when its state is visited, so that along one episode the shaping
telescopes, however the estimate moves (Devlin & Kudenko 2012). What does not hold: it is no longer the same as other
first values of a Q-table; and a replay buffer keeps shaping by estimates of long ago, next to that of today, whose sum
along a path telescopes only roughly. The estimate is called on batches, returns plain numbers and must not be trained
through; what it says of a terminal state is never used.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.rewards.potential import Potential
from rewardlab.rewards.returns import check_gamma

__all__ = ["bootstrapped_potential", "largest_eta", "value_potential"]

ValueEstimate = Callable[[NDArray[Any]], ArrayLike]


def value_potential(
    value: ValueEstimate, *, reads: Literal["state", "observation"], scale: float = 1.0, name: str = "value"
) -> Potential:
    """A potential that is a value estimate of the unshaped task, times a factor.

    Args:
        value: ``[B, ...]`` in, ``[B]`` numbers out. It is asked anew at every visit, so it may be learning meanwhile;
            but not from the shaped rewards, for which `bootstrapped_potential` is there.
        reads: What the estimate is given.
        scale: The factor.
        name: The name of the potential.

    Raises:
        BadInput: The factor is no finite number.
    """
    if not _is_number(scale):
        raise BadInput(Problem("scale", repr(scale), "a finite number"))
    summary = f"{scale:g} times an estimate of what can still be earned"
    return Potential(name, lambda batch: scale * np.asarray(value(batch), dtype=np.float64), reads, summary)


def bootstrapped_potential(
    value: ValueEstimate, *, eta: float, gamma: float, reads: Literal["state", "observation"], name: str = "own value"
) -> Potential:
    """A potential that is the learner's own value estimate times ``eta`` (Adamczyk et al. 2025).

    Args:
        value: ``[B, ...]`` in, ``[B]`` numbers out: the estimate that learns from the very rewards that are shaped.
        eta: The factor, above -1 and below ``(1 - gamma) / (1 + gamma)``: 0.005 for a gamma of 0.99.
        gamma: The learner's discount.
        reads: What the estimate is given.
        name: The name of the potential.

    Raises:
        BadInput: ``eta`` lies where the estimate may diverge, or gamma is none.
    """
    bound = largest_eta(gamma)
    if not _is_number(eta) or not -1.0 < eta < bound:
        expected = f"a number above -1 and below (1 - gamma) / (1 + gamma) = {bound:.6g}"
        raise BadInput(Problem("eta", repr(eta), expected, "beyond it the estimate feeds on itself and may diverge"))
    return value_potential(value, reads=reads, scale=float(eta), name=name)


def largest_eta(gamma: float) -> float:
    """The bound that ``eta`` must stay below: ``(1 - gamma) / (1 + gamma)``.

    Example:
        >>> round(largest_eta(0.99), 6)
        0.005025
    """
    gamma = check_gamma(gamma)
    return (1.0 - gamma) / (1.0 + gamma)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
