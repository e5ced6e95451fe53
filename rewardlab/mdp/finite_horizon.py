"""Exact scores over a fixed number of steps: the criterion of an evaluation episode with a time limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.best_value import best_value
from rewardlab.mdp.discounted import TIE_TOLERANCE
from rewardlab.mdp.finite_model import FiniteModel
from rewardlab.rewards.returns import check_gamma

__all__ = ["HorizonSolution", "policy_score", "solve_finite_horizon"]


@final
@dataclass(frozen=True, slots=True)
class HorizonSolution:
    """The exact solution over a horizon of H steps. Time is part of the state: the best action may change with it.

    Attributes:
        values: ``[H + 1, S]`` the best total still to come before step t; zeros after the last step.
        optimal: ``[H, S, A]`` bool, the set of optimal actions at each step; empty in terminal states.
        expected_score: The best total over the start distribution.
    """

    values: NDArray[np.float64]
    optimal: NDArray[np.bool_]
    expected_score: float


def solve_finite_horizon(
    model: FiniteModel,
    reward_table: NDArray[np.float64],
    horizon: int,
    *,
    gamma: float = 1.0,
    allowed: NDArray[np.bool_] | None = None,
) -> HorizonSolution:
    """Find the best totals over ``horizon`` steps by backward induction.

    Args:
        model: The dynamics.
        reward_table: ``[S, A, K]`` what each outcome pays. Negate it to find the worst instead of the best.
        horizon: H, the number of steps; at least 1.
        gamma: The discount, in [0, 1]. At 1, the default, totals are undiscounted scores.
        allowed: ``[H, S, A]`` or ``[S, A]`` bool, the actions to choose from; the legal ones by default.

    Raises:
        BadInput: ``horizon`` or ``gamma`` is out of its range, or the table or the actions do not fit the model.
    """
    horizon, gamma = _checked(horizon, gamma)
    choices, shape = model.choices(allowed), (horizon, *model.legal.shape)
    if choices.shape not in (shape, shape[1:]):
        raise BadInput(Problem("allowed", f"shape {choices.shape}", f"{shape[1:]} or {shape}"))
    choices = np.broadcast_to(choices, shape)
    paid = model.expected(reward_table)
    unit = float(np.abs(paid[model.legal]).max(initial=0.0))
    values = np.zeros((horizon + 1, model.n_states))
    optimal = np.zeros(choices.shape, dtype=np.bool_)
    for step in range(horizon - 1, -1, -1):
        ahead = np.einsum("sak,sak->sa", model.probability, values[step + 1][model.successor])
        action_values = np.where(choices[step], paid + gamma * ahead, -np.inf)
        best = np.where(model.terminal, 0.0, best_value(action_values))
        tie = TIE_TOLERANCE * max(unit, float(np.abs(best).max()))
        values[step] = best
        optimal[step] = (action_values >= best[:, None] - tie) & ~model.terminal[:, None]
    return HorizonSolution(values, optimal, float(model.start @ values[0]))


def policy_score(
    model: FiniteModel,
    reward_table: NDArray[np.float64],
    policy: NDArray[np.float64],
    horizon: int,
    *,
    gamma: float = 1.0,
) -> float:
    """The exact expected total of a policy over ``horizon`` steps from the start distribution.

    Args:
        model: The dynamics.
        reward_table: ``[S, A, K]`` what each outcome pays.
        policy: ``[S, A]`` or ``[H, S, A]`` probabilities of the actions. Rows of terminal states are ignored.
        horizon: H, the number of steps; at least 1.
        gamma: The discount, in [0, 1].

    Raises:
        BadInput: ``horizon`` or ``gamma`` is out of its range, or the table or the policy does not fit the model.
    """
    horizon, gamma = _checked(horizon, gamma)
    shape = (horizon, *model.legal.shape)
    if policy.shape not in (shape, shape[1:]):
        raise BadInput(Problem("policy", f"shape {policy.shape}", f"{shape[1:]} or {shape}"))
    model.check_policy(policy)
    by_step = np.broadcast_to(policy, shape)
    paid = model.expected(reward_table)
    values = np.zeros(model.n_states)
    for step in range(horizon - 1, -1, -1):
        ahead = np.einsum("sak,sak->sa", model.probability, values[model.successor])
        values = np.where(model.terminal, 0.0, (by_step[step] * (paid + gamma * ahead)).sum(axis=1))
    return float(model.start @ values)


def _checked(horizon: int, gamma: float) -> tuple[int, float]:
    if isinstance(horizon, bool) or not isinstance(horizon, int | np.integer) or horizon < 1:
        raise BadInput(Problem("horizon", repr(horizon), "a whole number of steps, at least 1"))
    return int(horizon), check_gamma(gamma)
