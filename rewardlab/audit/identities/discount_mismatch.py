"""Shaping with another discount than the learner's: right shaping, plus a reward for being somewhere.

``other * potential(s') - potential(s)`` is ``gamma * potential(s') - potential(s)`` plus ``(other - gamma) *
potential(s')``, so all that goes wrong is the second part. It moves no action value by more than ``abs(other - gamma) *
max abs(potential) / (1 - gamma)``. If every action that is not optimal falls short by more than twice that, the
mismatch is harmless. (Own derivation; the safe case is Ng, Harada & Russell 1999, "Policy invariance under reward
transformations".)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.audit.identities.greedy import misled_states
from rewardlab.audit.identities.identity import Identity, checked_arrays, compared
from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.discounted import solve
from rewardlab.mdp.finite_model import FiniteModel
from rewardlab.rewards.returns import check_gamma

__all__ = ["DiscountMismatch", "discount_mismatch"]


@final
@dataclass(frozen=True, slots=True)
class DiscountMismatch:
    """What the wrong discount does.

    Attributes:
        identity: The shaping by the other discount, against right shaping plus the reward for being somewhere, over
            what can happen.
        error: How far the action values are moved from those of right shaping, at most.
        bound: What that cannot exceed.
        smallest_gap: The least by which an action that is not optimal falls short; infinite where there is none.
        misled: ``[S]`` bool, the states in which an action that now looks best is not optimal.
    """

    identity: Identity
    error: float
    bound: float
    smallest_gap: float
    misled: NDArray[np.bool_]

    @property
    def proven_safe(self) -> bool:
        """Whether the bound alone shows that nothing optimal is lost to something else."""
        return self.smallest_gap > 2.0 * self.bound


def discount_mismatch(
    model: FiniteModel,
    reward_table: ArrayLike,
    potential: ArrayLike,
    gamma: float,
    shaping_gamma: float,
    *,
    tolerance: float = 1e-9,
) -> DiscountMismatch:
    """Shape with another discount, solve, and compare with the bound.

    Args:
        model: The dynamics.
        reward_table: ``[S, A, K]`` what each outcome pays.
        potential: ``[S]`` the potential. It counts as 0 in terminal states.
        gamma: The learner's discount, in [0, 1).
        shaping_gamma: That of the shaping, in [0, 1].
        tolerance: What counts as rounding.

    Raises:
        BadInput: An argument has another shape, is not finite or is out of its range.
    """
    table, phi = checked_arrays(
        {"reward_table": (reward_table, model.successor.shape), "potential": (potential, (model.n_states,))}
    )
    phi = np.where(model.terminal, 0.0, phi)
    other = check_gamma(shaping_gamma, "shaping_gamma")
    if check_gamma(gamma) == 1.0:
        raise BadInput(Problem("gamma", "1", "a number in [0, 1)", "the bound is infinite at 1"))
    used, right = model.shaping_table(phi, other), model.shaping_table(phi, gamma)
    somewhere = (other - gamma) * phi[model.successor] * model.feasible
    plain, moved = solve(model, table, gamma), solve(model, table + used, gamma)
    acting = model.legal & ~model.terminal[:, None]
    shaped = plain.action_values - phi[:, None]
    gaps = (plain.values[:, None] - plain.action_values)[acting & ~plain.optimal]
    return DiscountMismatch(
        compared(used[model.feasible], (right + somewhere)[model.feasible], tolerance=tolerance),
        float(np.abs(moved.action_values[acting] - shaped[acting]).max(initial=0.0)),
        float(abs(other - gamma) * np.abs(phi).max(initial=0.0) / (1.0 - gamma)),
        float(gaps.min(initial=np.inf)),
        misled_states(moved.optimal, plain.optimal),
    )
