"""Worlds of different kinds on which faults are planted: a town, grids with and without slip, ice, an endless ring."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase, audit_case
from rewardlab.mdp import FiniteTask, toy_text_task
from rewardlab_envs.boat_race import boat_race_task
from rewardlab_envs.delivery import delivery_task
from rewardlab_envs.gridworld import gridworld_task

GAMMA = 0.95

WORLDS: dict[str, FiniteTask] = {
    "town": delivery_task(1, "ADB"),
    "robot": gridworld_task("robot"),
    "slippery": gridworld_task("four_by_three"),
    "frozen lake": toy_text_task(gym.make("FrozenLake-v1")),
}
"""All with terminal states."""

ENDLESS: dict[str, FiniteTask] = {"boat race": boat_race_task()}


def case_of(task: FiniteTask, proxy: NDArray[np.float64], gamma: float = GAMMA, **more: Any) -> AuditCase:
    """The task's objective against a proxy."""
    known = tuple(reward.exploit for reward in task.catalogue.rewards.values() if reward.exploit)
    return audit_case(
        task.model,
        proxy,
        task.objective_table,
        gamma=gamma,
        action_names=task.action_names,
        exploits=known,
        episode_steps=task.max_episode_steps,
        **more,
    )


def some_potential(task: FiniteTask, seed: int = 0) -> NDArray[np.float64]:
    """A potential that says nothing sensible, ``[S]``, also of terminal states."""
    return np.random.default_rng(seed).normal(size=task.model.n_states)


def shaping_of(
    task: FiniteTask, potential: NDArray[np.float64], gamma: float = GAMMA, *, terminal_kept: bool = False
) -> NDArray[np.float64]:
    """``gamma * potential(next) - potential(now)`` as a table, if asked with the fault of Grzes (2017)."""
    batch = task.model.transitions
    ahead = potential[batch.next_state] * (1.0 if terminal_kept else ~batch.terminated)
    return task.model.scatter(gamma * ahead - potential[batch.state])
