"""Policy iteration: evaluate a policy exactly, be greedy about it, and go on until nothing improves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem, RunFailed
from rewardlab.mdp.best_value import best_value
from rewardlab.mdp.discounted import TIE_TOLERANCE, Solution, policy_values
from rewardlab.mdp.finite_model import FiniteModel

__all__ = ["PolicyIteration", "policy_iteration"]

_MOST_ROUNDS = 10_000


@final
@dataclass(frozen=True, slots=True)
class PolicyIteration:
    """How a model was solved by policy iteration.

    Attributes:
        solution: The values, action values and optimal action sets, as `rewardlab.mdp.solve` gives them.
        policies: ``[rounds, S]`` the action of each state, policy by policy; the last one is optimal.
        returns: ``[rounds]`` the exact return of each policy from the start distribution. It never falls.
    """

    solution: Solution
    policies: NDArray[np.int64]
    returns: NDArray[np.float64]


def policy_iteration(
    model: FiniteModel,
    reward_table: NDArray[np.float64],
    gamma: float,
    *,
    first: NDArray[np.int64] | None = None,
    allowed: NDArray[np.bool_] | None = None,
) -> PolicyIteration:
    """Solve a model by policy iteration (Howard 1960, "Dynamic Programming and Markov Processes").

    Every state changes to its greedy action at once. Unlike `rewardlab.mdp.solve`, which comes near by value iteration
    first, this keeps every policy on the way, to look at.

    Args:
        model: The dynamics.
        reward_table: ``[S, A, K]`` what each outcome pays.
        gamma: The discount, in [0, 1); also 1 where no state can come twice.
        first: ``[S]`` the actions to begin with; the first one that is allowed by default.
        allowed: ``[S, A]`` bool, the actions to choose from; the legal ones by default.

    Raises:
        BadInput: ``gamma`` is out of its range, or the table, the actions or ``first`` do not fit the model.
    """
    choices = model.choices(allowed)
    actions = choices.argmax(axis=1) if first is None else _checked_first(model, first)
    paid = model.expected(reward_table)
    unit = float(np.abs(paid[choices]).max(initial=0.0))
    policies, returns = [], []
    for _ in range(_MOST_ROUNDS):
        policy = np.eye(model.n_actions)[actions]
        values = policy_values(model, reward_table, policy, gamma)
        policies.append(actions)
        returns.append(float(model.start @ values))
        ahead = np.einsum("sak,sak->sa", model.probability, values[model.successor])
        action_values = np.where(choices, paid + gamma * ahead, -np.inf)
        action_values[model.terminal] = np.where(choices[model.terminal], 0.0, -np.inf)
        tie = TIE_TOLERANCE * max(unit, float(np.abs(values).max()))
        # An action stays unless another is better by more than rounding, for else ties would be swapped for ever.
        improved = best_value(action_values) > values + tie / 100
        if not improved.any():
            optimal = choices & ~model.terminal[:, None] & (action_values >= values[:, None] - tie)
            solution = Solution(values, action_values, optimal, returns[-1])
            return PolicyIteration(solution, np.array(policies), np.array(returns))
        actions = np.where(improved, action_values.argmax(axis=1), actions)
    raise RunFailed(f"policy iteration: got no fixed point in {_MOST_ROUNDS} rounds, expected a handful")


def _checked_first(model: FiniteModel, first: NDArray[np.int64]) -> NDArray[np.int64]:
    actions = np.asarray(first)
    if actions.shape != (model.n_states,) or actions.dtype.kind not in "iu":
        got = f"{actions.dtype} of shape {actions.shape}"
        raise BadInput(Problem("first", got, f"({model.n_states},) whole numbers, an action for each state"))
    if ((actions < 0) | (actions >= model.n_actions)).any():
        got = f"actions from {actions.min()} to {actions.max()}"
        raise BadInput(Problem("first", got, f"in [0, {model.n_actions})"))
    return actions.astype(np.int64)
