"""Shaping by the learner's own value estimate: where it comes to rest, and whether it does.

Adamczyk, Makarenko, Tiomkin & Kulkarni (2025), "Bootstrapped reward shaping". With the potential ``eta * V``, where V
is the estimate of the moment, the estimate feeds on itself. At rest it is ``V* / (1 + eta)`` and the action values are
``Q* - eta / (1 + eta) * V*``, so that the best actions are the right ones. It is sure to come to rest if
``gamma * (1 + eta) + abs(eta) < 1``, that is for ``-1 < eta < (1 - gamma) / (1 + gamma)``. The bound is sharp
for whole sweeps: two states that lead to each other diverge beyond it. Other models may bear more, and so do learners
of a small rate a: an update is that of value iteration on ``reward / (1 + eta)`` with the rate ``a * (1 + eta)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.audit.identities.fixed_point import FixedPoint, iterated
from rewardlab.audit.identities.greedy import greedy_actions
from rewardlab.audit.identities.identity import Identity, checked_arrays, compared
from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.discounted import Solution, solve
from rewardlab.mdp.finite_model import FiniteModel
from rewardlab.rewards.learned_potential import largest_eta

__all__ = ["BootstrappedShaping", "bootstrapped_shaping"]


@final
@dataclass(frozen=True, slots=True)
class BootstrappedShaping:
    """How value iteration ended on rewards that are shaped by its own estimate.

    Attributes:
        bound: What ``eta`` must stay below to be sure to come to rest.
        within_bound: Whether ``eta`` lies between -1 and the bound.
        iteration: How the iteration ended; ``settled`` and ``diverged`` say it.
        values: The estimate against ``V* / (1 + eta)``; None unless it settled.
        action_values: The action values against ``Q* - eta / (1 + eta) * V*``, over what can be done; None likewise.
        same_optimal_set: Whether the best actions are the optimal ones, state by state; None likewise.
    """

    bound: float
    within_bound: bool
    iteration: FixedPoint
    values: Identity | None
    action_values: Identity | None
    same_optimal_set: bool | None


def bootstrapped_shaping(
    model: FiniteModel,
    reward_table: ArrayLike,
    gamma: float,
    eta: float,
    *,
    start: ArrayLike | None = None,
    sweeps: int = 20_000,
    tolerance: float = 1e-9,
) -> BootstrappedShaping:
    """Iterate, and compare where it came to rest with where it should.

    Args:
        model: The dynamics.
        reward_table: ``[S, A, K]`` what each outcome pays.
        gamma: The discount, in [0, 1); also 1 where no state can come twice.
        eta: The factor of the potential; any number but -1. Outside the bound it is tried all the same.
        start: ``[S]`` the first estimate; 0 by default. It counts as 0 in terminal states.
        sweeps: The most sweeps to make.
        tolerance: What counts as rounding.

    Raises:
        BadInput: An argument has another shape or is not finite, ``eta`` is -1, or gamma is out of its range.
    """
    table, factor, first = checked_arrays(
        {
            "reward_table": (reward_table, model.successor.shape),
            "eta": (eta, ()),
            "start": (np.zeros(model.n_states) if start is None else start, (model.n_states,)),
        }
    )
    if factor == -1.0:
        raise BadInput(Problem("eta", "-1", "any other number", "with -1 there is nothing to come to rest at"))
    plain = solve(model, table, gamma)
    acting = model.legal & ~model.terminal[:, None]

    def action_values(values: NDArray[np.float64]) -> NDArray[np.float64]:
        ahead = gamma * (1.0 + factor) * values[model.successor]
        return np.where(acting, model.expected(table + ahead) - factor * values[:, None], -np.inf)

    def update(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(model.terminal, 0.0, action_values(values).max(axis=1))

    iteration = iterated(update, np.where(model.terminal, 0.0, first), sweeps=sweeps)
    bound = largest_eta(gamma)
    within = bool(-1.0 < factor < bound)
    if not iteration.settled:
        return BootstrappedShaping(bound, within, iteration, None, None, None)
    learned = action_values(iteration.values)
    return BootstrappedShaping(
        bound, within, iteration, *_at_rest(plain, iteration, learned, acting, factor, tolerance)
    )


def _at_rest(
    plain: Solution,
    iteration: FixedPoint,
    learned: NDArray[np.float64],
    acting: NDArray[np.bool_],
    eta: NDArray[np.float64],
    tolerance: float,
) -> tuple[Identity, Identity, bool]:
    values = compared(iteration.values, plain.values / (1.0 + eta), tolerance=tolerance)
    expected = plain.action_values - eta / (1.0 + eta) * plain.values[:, None]
    action_values = compared(learned[acting], expected[acting], tolerance=tolerance)
    return values, action_values, bool((greedy_actions(learned, acting) == plain.optimal).all())
