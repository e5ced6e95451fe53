"""A heater that is paid for what its sensor reads, and meant to keep a room warm."""

from __future__ import annotations

from typing import Any

import gymnasium as gym

from rewardlab.mdp import FiniteEnv, FiniteVectorEnv
from thermostat.room import room

__all__ = ["room", "thermostat_env", "thermostat_vector_env"]


def thermostat_env(**settings: Any) -> FiniteEnv:
    """The room as a Gymnasium environment; ``settings`` go to `rewardlab.mdp.FiniteEnv`."""
    return FiniteEnv(room(), **settings)


def thermostat_vector_env(num_envs: int = 1, **settings: Any) -> FiniteVectorEnv:
    """The room as a native vector environment; ``settings`` go to `rewardlab.mdp.FiniteVectorEnv`."""
    return FiniteVectorEnv(room(), num_envs, **settings)


gym.register(
    "thermostat/Thermostat-v0",
    entry_point="thermostat:thermostat_env",
    vector_entry_point="thermostat:thermostat_vector_env",
    max_episode_steps=60,
)
