"""A heuristic in exchange for a shorter horizon: the gap that it leaves, and why it is shaping with another discount.

Cheng, Kolobov & Swaminathan (2021), "Heuristic-guided reinforcement learning" (HuRL): pay
``reward + (1 - mixing) * gamma * heuristic(s')`` and learn with the smaller discount ``mixing * gamma``. Their Theorem
4.1 splits what a policy falls short of in the true task into four terms. And it is the same as to shape by the
heuristic with the *full* gamma and to solve with the smaller one: values differ by the heuristic, best actions are the
same. So for a mixing below 1 it is a gamma mismatch made on purpose, and may change what is optimal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.audit.identities.greedy import misled_states, worst_return
from rewardlab.audit.identities.identity import Identity, checked_arrays, compared
from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.discounted import policy_values, solve
from rewardlab.mdp.finite_model import FiniteModel
from rewardlab.mdp.occupancy import discounted_occupancy

__all__ = ["HeuristicGap", "HeuristicGuided", "heuristic_gap", "heuristic_guided"]


@final
@dataclass(frozen=True, slots=True)
class HeuristicGap:
    """The four terms of Theorem 4.1 for one policy.

    Attributes:
        start_regret: ``mixing * (guided optimum - guided value of the policy)``, from the start.
        visited_regret: ``(1 - mixing) / (1 - gamma)`` times the same regret, over the policy's visits.
        bias_of_optimum: The true optimum less the guided one, from the start; negative where the heuristic flatters.
        bias_of_heuristic: ``gamma * (1 - mixing) / (1 - gamma)`` times the heuristic less the guided optimum, over the
            states to which the policy's steps lead.
        identity: The true optimum less the true value of the policy, against the sum of the four.
    """

    start_regret: float
    visited_regret: float
    bias_of_optimum: float
    bias_of_heuristic: float
    identity: Identity


@final
@dataclass(frozen=True, slots=True)
class HeuristicGuided:
    """What a heuristic and a smaller discount do to a task.

    Attributes:
        identity: ``[S]`` the guided optimum less the heuristic, against the optimum of the task that is shaped by it
            with the full gamma and solved with the smaller one.
        same_choice: Whether both have the same best actions, state by state.
        misled: ``[S]`` bool, the states in which a guided best action is not optimal in the true task.
        loss: The true optimal return less that of the worst guided optimal policy, from the start.
    """

    identity: Identity
    same_choice: bool
    misled: NDArray[np.bool_]
    loss: float

    @property
    def safe(self) -> bool:
        """Whether all that is optimal for the guided task is optimal for the true one."""
        return not self.misled.any()


def heuristic_gap(
    model: FiniteModel,
    reward_table: ArrayLike,
    heuristic: ArrayLike,
    policy: ArrayLike,
    gamma: float,
    mixing: float,
    *,
    tolerance: float = 1e-9,
) -> HeuristicGap:
    """Split what a policy falls short of into the four terms.

    Args:
        model: The dynamics.
        reward_table: ``[S, A, K]`` what each outcome pays.
        heuristic: ``[S]`` a guess of the optimal values. It counts as 0 in terminal states.
        policy: ``[S, A]`` any policy. Rows of terminal states are ignored.
        gamma: The discount, in [0, 1).
        mixing: The paper's lambda, in [0, 1]; with 1 the heuristic has no effect.
        tolerance: What counts as rounding.

    Raises:
        BadInput: An argument has another shape, is not finite or is out of its range, or the policy is none.
    """
    table, guess = _checked(model, reward_table, heuristic, mixing)
    (chances,) = checked_arrays({"policy": (policy, model.legal.shape)})
    visits = discounted_occupancy(model, chances, gamma)  # refuses gamma = 1
    guided = table + (1.0 - mixing) * gamma * guess[model.successor]
    optimum = solve(model, guided, mixing * gamma).values
    regret = optimum - policy_values(model, guided, chances, mixing * gamma)
    plain = solve(model, table, gamma)
    ahead = model.expected((guess - optimum)[model.successor])
    terms = (
        mixing * float(model.start @ regret),
        (1.0 - mixing) / (1.0 - gamma) * float(visits.share @ regret),
        float(model.start @ (plain.values - optimum)),
        gamma * (1.0 - mixing) * float((visits.state_action * ahead).sum()),
    )
    gap = plain.expected_return - float(model.start @ policy_values(model, table, chances, gamma))
    return HeuristicGap(*terms, compared(gap, sum(terms), tolerance=tolerance))


def heuristic_guided(
    model: FiniteModel,
    reward_table: ArrayLike,
    heuristic: ArrayLike,
    gamma: float,
    mixing: float,
    *,
    tolerance: float = 1e-9,
) -> HeuristicGuided:
    """Solve the guided task, and that which is shaped with the full gamma and solved with the smaller one.

    Args:
        model: The dynamics.
        reward_table: ``[S, A, K]`` what each outcome pays.
        heuristic: ``[S]`` a guess of the optimal values. It counts as 0 in terminal states.
        gamma: The discount, in [0, 1); also 1 where no state can come twice.
        mixing: The paper's lambda, in [0, 1].
        tolerance: What counts as rounding.

    Raises:
        BadInput: An argument has another shape, is not finite or is out of its range.
    """
    table, guess = _checked(model, reward_table, heuristic, mixing)
    plain = solve(model, table, gamma)
    guided = solve(model, table + (1.0 - mixing) * gamma * guess[model.successor], mixing * gamma)
    shaped = solve(model, table + model.shaping_table(guess, gamma), mixing * gamma)
    return HeuristicGuided(
        compared(guided.values - guess, shaped.values, tolerance=tolerance),
        bool((guided.optimal == shaped.optimal).all()),
        misled_states(guided.optimal, plain.optimal),
        plain.expected_return - worst_return(model, table, guided.optimal, gamma),
    )


def _checked(
    model: FiniteModel, reward_table: ArrayLike, heuristic: ArrayLike, mixing: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    table, guess, share = checked_arrays(
        {
            "reward_table": (reward_table, model.successor.shape),
            "heuristic": (heuristic, (model.n_states,)),
            "mixing": (mixing, ()),
        }
    )
    if not 0.0 <= share <= 1.0:
        raise BadInput(Problem("mixing", repr(mixing), "a number in [0, 1]"))
    return table, np.where(model.terminal, 0.0, guess)
