"""Any reward as advice: a learned potential that pays it in expectation, and why that is not safe.

Harutyunyan, Devlin, Vrancx & Nowe (2015), "Expressing arbitrary reward functions as potential-based advice": learn a
potential of states and actions on-policy, with the *negated* advice as its reward, and shape by
``gamma * potential(s', a') - potential(s, a)``. At rest the shaping is the advice in expectation. That very success is
its flaw (Behboudian, Satsangi, Taylor, Harutyunyan & Bowling 2020, "Useful policy invariant shaping from arbitrary
advice"): a learner that acts on its values alone then solves the task *plus the advice*. Values plus potential are
right, in which the advice has no effect at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.audit.identities.greedy import misled_states, worst_return
from rewardlab.audit.identities.identity import Identity, checked_arrays, compared
from rewardlab.mdp.discounted import policy_values, solve
from rewardlab.mdp.finite_model import FiniteModel

__all__ = ["ArbitraryAdvice", "arbitrary_advice"]


@final
@dataclass(frozen=True, slots=True)
class ArbitraryAdvice:
    """The learned potential at rest under one policy, and what a learner makes of it.

    Attributes:
        potential: ``[S, A]`` the learned potential; 0 where nothing can be done.
        shaping: ``[S, A]`` the expected shaping of each action, with a' drawn from the policy.
        identity: The shaping against the advice, in expectation, over what can be done.
        action_values: ``[S, A]`` the shaped learner's values of the policy.
        corrected: Values plus potential, against the values of the policy without advice.
        misled: ``[S]`` bool, the states in which what is optimal for reward plus advice is not optimal for the reward.
        loss: The optimal return less that of the worst policy that is optimal for reward plus advice, from the start.
    """

    potential: NDArray[np.float64]
    shaping: NDArray[np.float64]
    identity: Identity
    action_values: NDArray[np.float64]
    corrected: Identity
    misled: NDArray[np.bool_]
    loss: float

    @property
    def safe(self) -> bool:
        """Whether this advice happens to keep all that is optimal in this model."""
        return not self.misled.any()


def arbitrary_advice(
    model: FiniteModel,
    reward_table: ArrayLike,
    advice_table: ArrayLike,
    policy: ArrayLike,
    gamma: float,
    *,
    tolerance: float = 1e-9,
) -> ArbitraryAdvice:
    """Turn a reward into advice under a policy, and look at where the learner comes to rest.

    Args:
        model: The dynamics.
        reward_table: ``[S, A, K]`` what each outcome pays.
        advice_table: ``[S, A, K]`` the reward that is given as advice.
        policy: ``[S, A]`` the policy under which the potential is learned. Rows of terminal states are ignored.
        gamma: The discount, in [0, 1); also 1 where no state can come twice.
        tolerance: What counts as rounding.

    Raises:
        BadInput: An argument has another shape or is not finite, the policy is none, or gamma is out of its range.
    """
    shape = model.successor.shape
    table, advice, chances = checked_arrays(
        {
            "reward_table": (reward_table, shape),
            "advice_table": (advice_table, shape),
            "policy": (policy, model.legal.shape),
        }
    )
    acting = model.legal & ~model.terminal[:, None]
    potential = _action_values(model, -advice, chances, gamma)
    ahead = (np.where(acting, chances, 0.0) * potential).sum(axis=1)
    shaping = np.where(acting, model.expected(gamma * ahead[model.successor]) - potential, 0.0)
    # What the learner is paid depends on the action before and the one after, so its values are built from the
    # expected shaping, which stands for each action whatever the outcome.
    shaped = _action_values(model, table + shaping[:, :, None], chances, gamma)
    plain = solve(model, table, gamma)
    chosen = solve(model, table + shaping[:, :, None], gamma).optimal
    return ArbitraryAdvice(
        potential,
        shaping,
        compared(shaping[acting], model.expected(advice)[acting], tolerance=tolerance),
        shaped,
        compared(
            (shaped + potential)[acting], _action_values(model, table, chances, gamma)[acting], tolerance=tolerance
        ),
        misled_states(chosen, plain.optimal),
        plain.expected_return - worst_return(model, table, chosen, gamma),
    )


def _action_values(
    model: FiniteModel, table: NDArray[np.float64], policy: NDArray[np.float64], gamma: float
) -> NDArray[np.float64]:
    values = policy_values(model, table, policy, gamma)
    acting = model.legal & ~model.terminal[:, None]
    return np.where(acting, model.expected(table + gamma * values[model.successor]), 0.0)
