"""What becomes of the proxy if its rewards are clipped, as learners for Atari games do (Mnih et al. 2015)?

"Human-level control through deep reinforcement learning" keeps no more of a reward than its sign; others clip to
[-1, 1]. Van Hasselt et al. 2016, "Learning values across many orders of magnitude": a clipped reward "can result in
qualitatively different behavior".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase
from rewardlab.mdp.discounted import solve
from rewardlab.mdp.reachable import reachable_states

__all__ = ["CLIPPINGS", "ClippedReward", "clipped_reward"]

CLIPPINGS: Mapping[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "clip to [-1, 1]": lambda table: np.clip(table, -1.0, 1.0),
    "sign": np.sign,
}
"""By name, what is done to each reward."""


@final
@dataclass(frozen=True, slots=True)
class ClippedReward:
    """What one clipping does.

    Attributes:
        alters: Whether it alters any reward.
        safe: Whether every policy that is optimal for the clipped proxy is optimal for the proxy.
        worst: What the proxy itself pays the worst of them.
        optimum: The most that the proxy pays.
    """

    alters: bool
    safe: bool
    worst: float
    optimum: float


def clipped_reward(case: AuditCase, clip: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> ClippedReward:
    """Solve for the clipped proxy, and ask the question of optimal_set with the proxy as the objective.

    Args:
        case: The model and the proxy.
        clip: From rewards to rewards, such as those of `CLIPPINGS`.
    """
    offset = float(case.model.start @ case.space.values(case.proxy_rows))
    perfect = np.eye(case.model.n_actions)[case.proxy_optimal.argmax(axis=1)]
    optimum = offset + float(case.space.visits(perfect) @ case.proxy_advantages)
    clipped = clip(case.proxy)
    if np.array_equal(clipped, case.proxy):
        return ClippedReward(False, True, optimum, optimum)
    rows = case.space.rows(clipped)
    tolerance = case.tolerance(rows)
    advantages = case.space.advantages(rows)
    if np.abs(advantages).max(initial=0.0) <= 10 * tolerance:
        advantages = np.zeros_like(advantages)
    optimal = case.optimal_actions(advantages, tolerance)
    visited = reachable_states(case.model, allowed=optimal)
    if not (optimal & ~case.proxy_optimal)[visited].any():
        return ClippedReward(True, True, optimum, optimum)
    paid = np.repeat(case.space.table(case.proxy_advantages)[:, :, None], case.model.n_outcomes, axis=2)
    worst = offset - solve(case.model, -paid, case.gamma, allowed=optimal).expected_return
    return ClippedReward(True, False, worst, optimum)
