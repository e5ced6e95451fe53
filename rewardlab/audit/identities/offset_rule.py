"""The constant that gives shaping the right sign: progress is paid, staying and going back are charged.

Mueller & Kudenko (2025), "Improving the effectiveness of potential-based reward shaping in reinforcement learning". A
constant ``offset`` on the potential of every state that is not terminal keeps what is optimal, but adds ``(gamma - 1) *
offset`` to each step, and a learner that begins at 0 goes by the sign. A step is paid if ``offset < (gamma *
potential(s') - potential(s)) / (1 - gamma)``, and charged if it lies above; for a stay that means ``potential(s) +
offset > 0``.

The step *into* a terminal state is another matter: its potential stays 0, so ``offset`` is subtracted there in full.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.audit.identities.identity import checked_arrays
from rewardlab.errors import BadInput, Problem
from rewardlab.rewards.potential import shaping
from rewardlab.rewards.returns import check_gamma

__all__ = ["OffsetRule", "offset_rule"]


@final
@dataclass(frozen=True, slots=True)
class OffsetRule:
    """Which constants give every step the right sign, and what steps are paid with one of them.

    Attributes:
        above: The constant must lie above this, so that no stay or step back is paid; minus infinity if there is none.
        below: And below this, so that every step forward is paid; infinity if there is none.
        amounts: ``[B]`` what each step is paid with the constant that was given.
        wrong: ``[B]`` bool, the steps that have the wrong sign with it. Steps into terminal states are not judged.
    """

    above: float
    below: float
    amounts: NDArray[np.float64]
    wrong: NDArray[np.bool_]

    @property
    def possible(self) -> bool:
        """Whether some constant suits all steps."""
        return self.above < self.below


def offset_rule(
    potential_now: ArrayLike,
    potential_next: ArrayLike,
    gamma: float,
    *,
    offset: float = 0.0,
    terminated: ArrayLike = False,
) -> OffsetRule:
    """Find the constants that suit, and judge one.

    Args:
        potential_now: ``[B]`` the potentials where steps begin, without the constant.
        potential_next: ``[B]`` the potentials where they lead, likewise. A step forward is one that raises it.
        gamma: The discount, in [0, 1).
        offset: The constant to judge.
        terminated: ``[B]`` bool, whether the step ended the task; or one for all.

    Raises:
        BadInput: The lengths differ, a number is not finite, or gamma is out of its range.
    """
    now, constant = checked_arrays({"potential_now": (potential_now, (-1,)), "offset": (offset, ())})
    (after,) = checked_arrays({"potential_next": (potential_next, (len(now),))})
    if check_gamma(gamma) == 1.0:
        raise BadInput(Problem("gamma", "1", "a number in [0, 1)", "without a discount a constant changes nothing"))
    ended = np.asarray(terminated, dtype=np.bool_)
    if ended.shape not in ((), now.shape):
        raise BadInput(Problem("terminated", f"shape {ended.shape}", f"one bool, or {now.shape}"))
    ended = np.broadcast_to(ended, now.shape)
    turn = (gamma * after - now) / (1.0 - gamma)
    forward = after > now
    amounts = shaping(now + constant, after + constant, ended, gamma)
    wrong = ~ended & np.where(forward, amounts <= 0.0, amounts >= 0.0)
    above = turn[~ended & ~forward].max(initial=-np.inf)
    below = turn[~ended & forward].min(initial=np.inf)
    return OffsetRule(float(above), float(below), amounts, wrong)
