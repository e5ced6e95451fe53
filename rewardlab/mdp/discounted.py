"""Exact values, action values and optimal action sets under a discount, without end.

This is the criterion of a learner that bootstraps where a time limit cuts an episode off, as stable-baselines3 does.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.best_value import best_value
from rewardlab.mdp.factorised import factorised
from rewardlab.mdp.finite_model import FiniteModel
from rewardlab.rewards.returns import check_gamma

__all__ = ["TIE_TOLERANCE", "Solution", "checked_discount", "expected_return", "policy_values", "solve"]

TIE_TOLERANCE = 1e-9
"""Actions whose values differ by less, relative to the largest value or reward, count as equally good."""


@final
@dataclass(frozen=True, slots=True)
class Solution:
    """The exact solution of a finite model under one reward.

    Attributes:
        values: ``[S]`` optimal values; 0 in terminal states.
        action_values: ``[S, A]`` optimal action values; minus infinity for actions that are not allowed.
        optimal: ``[S, A]`` bool, the *set* of optimal actions in each state; empty in terminal states.
        expected_return: The optimal return over the start distribution.
    """

    values: NDArray[np.float64]
    action_values: NDArray[np.float64]
    optimal: NDArray[np.bool_]
    expected_return: float


def solve(
    model: FiniteModel,
    reward_table: NDArray[np.float64],
    gamma: float,
    *,
    allowed: NDArray[np.bool_] | None = None,
) -> Solution:
    """Find the optimal values and the sets of optimal actions.

    Value iteration comes near; policy iteration with a sparse direct solution of the linear equations then makes the
    values exact to rounding (Puterman 1994, "Markov Decision Processes", sections 6.3 and 6.4).

    Args:
        model: The dynamics.
        reward_table: ``[S, A, K]`` what each outcome pays. Negate it to find the worst policy instead of the best.
        gamma: The discount, in [0, 1); also 1 where no state can come twice (`FiniteModel.ends_surely`), as in a
            `rewardlab.mdp.timed_model`.
        allowed: ``[S, A]`` bool, the actions to choose from; the legal ones by default.

    Raises:
        BadInput: ``gamma`` is out of its range, the table is not ``[S, A, K]`` finite numbers, or ``allowed`` is not
            ``[S, A]`` or leaves a state without an action.
    """
    gamma = checked_discount(model, gamma)
    choices = model.choices(allowed)
    if choices.ndim != 2:
        raise BadInput(Problem("allowed", f"shape {choices.shape}", f"{model.legal.shape}"))
    paid = np.where(choices, model.expected(reward_table), -np.inf)
    paid[model.terminal] = 0.0
    # Rewards in another unit have the same optimal actions, however small or large they are.
    unit = float(np.abs(paid[np.isfinite(paid)]).max(initial=0.0))
    near = _value_iteration(model, paid, gamma, unit)
    actions = _action_values(model, paid, near, gamma).argmax(axis=1)
    # Each round is one exact evaluation and one improvement; a handful suffice from a near solution. An action stays
    # unless another is better by more than rounding, for else ties would be swapped for ever.
    before = np.full(model.n_states, -np.inf)
    for rounds in count():
        values = _evaluate(model, paid, actions, gamma)
        action_values = _action_values(model, paid, values, gamma)
        tie = TIE_TOLERANCE * max(unit, float(np.abs(values).max()))
        improved = best_value(action_values) > values + tie / 100
        if not improved.any() or not (values > before + tie / 100).any():
            break
        before = values
        actions = np.where(improved, action_values.argmax(axis=1), actions)
        if rounds > 1:
            actions = _sweeps_ahead(model, paid, values, actions, gamma, rounds)
    action_values[~choices] = -np.inf
    optimal = choices & ~model.terminal[:, None] & (action_values >= values[:, None] - tie)
    return Solution(values, action_values, optimal, float(model.start @ values))


def policy_values(
    model: FiniteModel, reward_table: NDArray[np.float64], policy: NDArray[np.float64], gamma: float
) -> NDArray[np.float64]:
    """Exact values of a stationary policy, ``[S]``.

    Args:
        model: The dynamics.
        reward_table: ``[S, A, K]`` what each outcome pays.
        policy: ``[S, A]`` probabilities of the actions in each state. Rows of terminal states are ignored.
        gamma: The discount, in [0, 1); also 1 where no state can come twice.

    Raises:
        BadInput: ``gamma`` is out of its range, or the table or the policy does not fit the model.
    """
    gamma = checked_discount(model, gamma)
    if policy.shape != model.legal.shape:
        raise BadInput(Problem("policy", f"shape {policy.shape}", f"{model.legal.shape}"))
    model.check_policy(policy)
    weights = (policy * ~model.terminal[:, None])[:, :, None] * model.probability
    paid = np.where(model.terminal, 0.0, (policy * model.expected(reward_table)).sum(axis=1))
    state = np.broadcast_to(np.arange(model.n_states)[:, None, None], weights.shape)
    return _solve_linear(model, state.ravel(), model.successor.ravel(), weights.ravel(), paid, gamma)


def expected_return(
    model: FiniteModel, reward_table: NDArray[np.float64], policy: NDArray[np.float64], gamma: float
) -> float:
    """The exact return of a stationary policy over the start distribution. Arguments as for `policy_values`."""
    return float(model.start @ policy_values(model, reward_table, policy, gamma))


def checked_discount(model: FiniteModel, gamma: float) -> float:
    """The discount as a float, if returns of the model are sure to be finite under it.

    Raises:
        BadInput: It is none in [0, 1), and not 1 in a model in which no state can come twice.
    """
    discount = check_gamma(gamma)
    if discount == 1.0 and not model.ends_surely:
        fix = "for gamma 1 give a horizon; without an audit use solve_finite_horizon"
        raise BadInput(Problem("gamma", "1", "a number in [0, 1)", fix))
    return discount


def _action_values(
    model: FiniteModel, paid: NDArray[np.float64], values: NDArray[np.float64], gamma: float
) -> NDArray[np.float64]:
    if model.n_outcomes == 1:
        ahead = values[model.successor[:, :, 0]]
    else:
        ahead = np.einsum("sak,sak->sa", model.probability, values[model.successor])
    result: NDArray[np.float64] = paid + gamma * ahead
    result[model.terminal] = 0.0
    return result


def _value_iteration(model: FiniteModel, paid: NDArray[np.float64], gamma: float, unit: float) -> NDArray[np.float64]:
    values = np.zeros(model.n_states)
    # Near is enough: exact evaluations take over, and each of those is worth hundreds of rounds of this.
    for _ in range(100):
        updated = best_value(_action_values(model, paid, values, gamma))
        change = float(np.abs(updated - values).max())
        values = updated
        if change <= 1e-4 * max(unit, float(np.abs(values).max())):
            break
    return values


def _sweeps_ahead(
    model: FiniteModel,
    paid: NDArray[np.float64],
    values: NDArray[np.float64],
    actions: NDArray[np.int64],
    gamma: float,
    sweeps: int,
) -> NDArray[np.int64]:
    """The greedy actions after that many sweeps of value iteration from the exact values of a policy.

    What lies far ahead becomes known one step earlier with each improvement, in a long corridor after as many rounds as
    it has cells; sweeps are cheaper rounds. From the values of a policy they only rise, and so does the next policy.
    """
    for _ in range(sweeps):
        swept = best_value(_action_values(model, paid, values, gamma))
        if (swept <= values).all():
            break
        values = np.maximum(values, swept)
    action_values = _action_values(model, paid, values, gamma)
    stays = np.take_along_axis(action_values, actions[:, None], axis=1)[:, 0] >= values
    return np.where(stays, actions, action_values.argmax(axis=1))


def _evaluate(
    model: FiniteModel, paid: NDArray[np.float64], actions: NDArray[np.int64], gamma: float
) -> NDArray[np.float64]:
    states = np.arange(model.n_states)
    weights = model.probability[states, actions] * ~model.terminal[:, None]
    rows = np.repeat(states, model.n_outcomes)
    columns = model.successor[states, actions].ravel()
    return _solve_linear(model, rows, columns, weights.ravel(), paid[states, actions], gamma)


def _solve_linear(
    model: FiniteModel,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    weights: NDArray[np.float64],
    paid: NDArray[np.float64],
    gamma: float,
) -> NDArray[np.float64]:
    # Imported here, because scipy takes longer to import than all else and playing an environment does without it.
    from scipy import sparse

    shape = (model.n_states, model.n_states)
    chain = sparse.csc_array((weights, (rows, columns)), shape=shape)
    system = (sparse.eye_array(model.n_states, format="csc") - gamma * chain).tocsc()
    values: NDArray[np.float64] = factorised(system).solve(paid)
    return values
