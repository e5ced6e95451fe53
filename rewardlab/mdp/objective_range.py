"""The best and the worst that an optimal policy of one reward can do under another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab.mdp.discounted import solve
from rewardlab.mdp.finite_horizon import solve_finite_horizon
from rewardlab.mdp.finite_model import FiniteModel

__all__ = ["ObjectiveRange", "objective_range"]


@final
@dataclass(frozen=True, slots=True)
class ObjectiveRange:
    """What the objective comes to when an agent is perfect at the proxy.

    Ties matter: many policies can be optimal for a proxy, and a learner may end in any of them.

    Attributes:
        worst: The lowest objective among proxy-optimal policies.
        best: The highest objective among proxy-optimal policies.
        optimum: The highest objective of all policies.
    """

    worst: float
    best: float
    optimum: float


def objective_range(
    model: FiniteModel,
    proxy_table: NDArray[np.float64],
    objective_table: NDArray[np.float64],
    *,
    gamma: float,
    horizon: int | None = None,
) -> ObjectiveRange:
    """Compare a proxy with the objective, exactly and with all ties.

    Args:
        model: The dynamics.
        proxy_table: ``[S, A, K]`` what the agent is paid.
        objective_table: ``[S, A, K]`` what the designer means.
        gamma: The discount; below 1 where there is no horizon.
        horizon: The number of steps; without end by default.

    Raises:
        BadInput: ``gamma`` or ``horizon`` is out of its range, or a table does not fit the model.
    """
    # Under a discount below 1, or over a finite horizon, a policy is optimal exactly if it only takes optimal actions,
    # so the proxy-optimal policies are all the policies of a smaller model.
    if horizon is None:
        choices = solve(model, proxy_table, gamma).optimal
        best = solve(model, objective_table, gamma, allowed=choices).expected_return
        worst = -solve(model, -objective_table, gamma, allowed=choices).expected_return
        return ObjectiveRange(worst, best, solve(model, objective_table, gamma).expected_return)
    steps = solve_finite_horizon(model, proxy_table, horizon, gamma=gamma).optimal
    top = solve_finite_horizon(model, objective_table, horizon, gamma=gamma, allowed=steps)
    bottom = solve_finite_horizon(model, -objective_table, horizon, gamma=gamma, allowed=steps)
    optimum = solve_finite_horizon(model, objective_table, horizon, gamma=gamma)
    return ObjectiveRange(-bottom.expected_score, top.expected_score, optimum.expected_score)
