"""Walks over a grid: maps as text, exits of different worth, coins, pits, cliffs, and a floor that may slip."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
from gymnasium.vector import AutoresetMode, VectorEnv

from rewardlab.mdp import FiniteEnv, FiniteVectorEnv
from rewardlab.rewards import RewardChoice
from rewardlab_envs.gridworld.model import gridworld_task
from rewardlab_envs.gridworld.noise import NoisyObservation, VectorNoisyObservation
from rewardlab_envs.named_settings import task_of

__all__ = [
    "gridworld_env",
    "gridworld_task",
    "gridworld_vector_env",
    "noisy_gridworld_env",
    "noisy_gridworld_vector_env",
]


def gridworld_env(reward: RewardChoice | None = None, render_mode: str | None = None, **settings: Any) -> FiniteEnv:
    """A gridworld as a Gymnasium environment; ``settings`` go to `gridworld_task`."""
    return FiniteEnv(task_of(gridworld_task, settings), reward, render_mode)


def gridworld_vector_env(
    num_envs: int = 1,
    *,
    reward: RewardChoice | None = None,
    max_episode_steps: int | None = None,
    autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
    render_mode: str | None = None,
    **settings: Any,
) -> FiniteVectorEnv:
    """A gridworld as a native vector environment; ``settings`` go to `gridworld_task`."""
    task = task_of(gridworld_task, settings)
    return FiniteVectorEnv(task, num_envs, reward, max_episode_steps, autoreset_mode, render_mode)


def noisy_gridworld_env(
    noise: int = 32, *, reward: RewardChoice | None = None, render_mode: str | None = None, **settings: Any
) -> gym.Env[Any, Any]:
    """A gridworld whose observations end in random numbers; ``settings`` go to `gridworld_task`."""
    return NoisyObservation(gridworld_env(reward, render_mode, **settings), noise)


def noisy_gridworld_vector_env(num_envs: int = 1, *, noise: int = 32, **settings: Any) -> VectorEnv[Any, Any, Any]:
    """A vector of gridworlds whose observations end in random numbers; ``settings`` go to `gridworld_vector_env`."""
    return VectorNoisyObservation(gridworld_vector_env(num_envs, **settings), noise)
