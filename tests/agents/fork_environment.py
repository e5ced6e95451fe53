"""An environment in which some actions are not legal, registered for tests."""

from __future__ import annotations

from typing import Any

import gymnasium as gym

from rewardlab.mdp import FiniteEnv, FiniteVectorEnv
from tests.mdp.tiny_models import slippery_fork, task_of

TASK = task_of(slippery_fork(), max_episode_steps=8)


def fork_env(**settings: Any) -> FiniteEnv:
    """One of them."""
    return FiniteEnv(TASK, **settings)


def fork_vector_env(num_envs: int = 1, **settings: Any) -> FiniteVectorEnv:
    """Many of them."""
    return FiniteVectorEnv(TASK, num_envs, **settings)


gym.register("tiny/Fork-v0", entry_point=fork_env, vector_entry_point=fork_vector_env, max_episode_steps=8)
