"""What training on a proxy costs: of its exactly optimal policies, and of a learner's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.agents.curve_recorder import CurveRecorder
from rewardlab.agents.q_learning import QLearner
from rewardlab.mdp import FiniteTask, FiniteVectorEnv, expected_return, objective_range, solve
from rewardlab.rewards import Reward
from rewardlab.transitions import Transitions
from rewardlab.wrappers.ledger import VectorLedger

__all__ = ["ProxyLoss", "proxy_loss"]

_WALKERS = 16
_LEARNING_RATE = 1 / _WALKERS
"""Updates of one step add up: where all walkers meet the rate is 1. From 2 on values may grow for ever."""


@final
@dataclass(frozen=True, slots=True)
class ProxyLoss:
    """Normalised regret: 0 for what can be achieved at best, 1 for the worst that a policy can do.

    Attributes:
        exact: Of the worst proxy-optimal policy.
        exact_best: Of the best proxy-optimal policy.
        trained: Of the policies of a tabular learner, one for each seed.
    """

    exact: float
    exact_best: float
    trained: tuple[float, ...]


def proxy_loss(
    task: FiniteTask, proxy: NDArray[np.float64], gamma: float, *, budget_steps: int, seeds: tuple[int, ...]
) -> ProxyLoss:
    """Solve for the proxy, learn from it, and evaluate both exactly under the objective.

    Args:
        task: The environment.
        proxy: ``[S, A, K]`` what is paid. Learners get it divided by its root mean square: a scale is no part of what
            is compared.
        gamma: The discount.
        budget_steps: The environment steps of each learner.
        seeds: One learner for each.
    """
    model, objective = task.model, task.objective_table
    found = objective_range(model, proxy, objective, gamma=gamma)
    lowest = -solve(model, -objective, gamma).expected_return
    spread = (found.optimum - lowest) or 1.0

    def regret(achieved: float) -> float:
        return float(np.clip((found.optimum - achieved) / spread, 0.0, 1.0))

    trained = tuple(regret(_learned(task, proxy, gamma, budget_steps, seed)) for seed in seeds)
    return ProxyLoss(regret(found.worst), regret(found.best), trained)


def _learned(task: FiniteTask, proxy: NDArray[np.float64], gamma: float, budget_steps: int, seed: int) -> float:
    """The exact objective of a Q-learner's policy."""
    paid = task.model.expected(proxy)
    size = float(np.sqrt(np.mean(paid[task.model.legal] ** 2))) or 1.0
    env = VectorLedger(FiniteVectorEnv(task, _WALKERS, reward=_table_reward(paid / size), autoreset_mode="SameStep"))
    learner = QLearner(
        env,
        task.model.legal,
        gamma,
        np.random.default_rng([seed, 1]),
        learning_rate=_LEARNING_RATE,
        exploration_final_eps=0.1,
        exploration_fraction=0.8,
    )
    learner.learn(budget_steps, CurveRecorder(budget_steps, _ignored, spans=1), seed)
    actions = learner.act(np.arange(task.model.n_states))
    policy = np.eye(task.model.n_actions)[actions]
    return expected_return(task.model, task.objective_table, policy, gamma)


def _table_reward(paid: NDArray[np.float64]) -> Reward:
    def from_table(steps: Transitions) -> NDArray[Any]:
        amounts: NDArray[Any] = paid[steps.state, steps.action]
        return amounts

    return Reward.from_function(from_table, name="proxy")


def _ignored(steps: int) -> None:
    del steps
