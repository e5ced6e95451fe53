"""Look-ahead advice: a potential of states *and* actions, which only a biased policy may act on.

Wiewiora, Cottrell & Elkan (2003), "Principled methods for advising reinforcement learning agents". With
``F = gamma * advice(s', a') - advice(s, a)``, where a' is the action to be taken in s', a learner comes to rest at
``Q(s, a) - advice(s, a)``. So it must act on its values *plus* the advice. One that acts on its values alone is misled
wherever the advice changes which action looks best.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.audit.identities.fixed_point import fixed_point
from rewardlab.audit.identities.greedy import greedy_actions, misled_states, worst_return
from rewardlab.audit.identities.identity import Identity, checked_arrays, compared
from rewardlab.mdp.discounted import solve
from rewardlab.mdp.finite_model import FiniteModel

__all__ = ["LookAheadAdvice", "look_ahead_advice"]


@final
@dataclass(frozen=True, slots=True)
class LookAheadAdvice:
    """Where an advised learner comes to rest, and what becomes of the ways to act on it.

    Attributes:
        identity: Its action values against ``Q - advice``, over the legal actions of states that are not terminal.
        action_values: ``[S, A]`` its action values; minus infinity for actions that are not legal.
        biased: ``[S, A]`` bool, the best actions by values plus advice.
        unbiased: ``[S, A]`` bool, the best actions by values alone.
        misled: ``[S]`` bool, the states in which an unbiased best action is not optimal.
        loss: The optimal return less that of the worst unbiased greedy policy, from the start.
    """

    identity: Identity
    action_values: NDArray[np.float64]
    biased: NDArray[np.bool_]
    unbiased: NDArray[np.bool_]
    misled: NDArray[np.bool_]
    loss: float

    @property
    def unbiased_is_safe(self) -> bool:
        """Whether the bias may be left out with this advice, in this model."""
        return not self.misled.any()


def look_ahead_advice(
    model: FiniteModel, reward_table: ArrayLike, advice: ArrayLike, gamma: float, *, tolerance: float = 1e-9
) -> LookAheadAdvice:
    """Let a learner come to rest under look-ahead advice, and compare.

    The learner's own update is repeated, with the action that it would take next chosen by values plus advice; the
    right side is the exact solution of the model without advice.

    Args:
        model: The dynamics.
        reward_table: ``[S, A, K]`` what each outcome pays.
        advice: ``[S, A]`` the potential of each action in each state. Terminal states count as 0.
        gamma: The discount, in [0, 1); also 1 where no state can come twice.
        tolerance: What counts as rounding.

    Raises:
        BadInput: An argument has another shape or is not finite, or gamma is out of its range.
        RunFailed: The discount is too near to 1.
    """
    table, potential = checked_arrays(
        {"reward_table": (reward_table, model.successor.shape), "advice": (advice, model.legal.shape)}
    )
    plain = solve(model, table, gamma)
    acting = model.legal & ~model.terminal[:, None]
    potential = np.where(acting, potential, 0.0)

    def update(values: NDArray[np.float64]) -> NDArray[np.float64]:
        best = np.where(acting, values + potential, -np.inf).argmax(axis=1)[:, None]
        ahead = np.take_along_axis(potential, best, axis=1) + np.take_along_axis(values, best, axis=1)
        paid = model.expected(table + gamma * np.where(model.terminal, 0.0, ahead[:, 0])[model.successor])
        return np.where(acting, paid - potential, 0.0)

    learned = fixed_point(update, np.zeros(acting.shape))
    unbiased = greedy_actions(learned, acting)
    return LookAheadAdvice(
        compared(learned[acting], (plain.action_values - potential)[acting], tolerance=tolerance),
        np.where(model.legal, learned, -np.inf),
        greedy_actions(learned + potential, acting),
        unbiased,
        misled_states(unbiased, plain.optimal),
        plain.expected_return - worst_return(model, table, unbiased, gamma),
    )
