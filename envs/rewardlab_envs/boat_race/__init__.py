"""A boat on a ring of eight tiles that is paid for arrows and meant to go round."""

from __future__ import annotations

from typing import Any

from rewardlab.mdp import FiniteEnv, FiniteVectorEnv
from rewardlab_envs.boat_race.model import boat_race_task

__all__ = ["boat_race_env", "boat_race_task", "boat_race_vector_env"]


def boat_race_env(**settings: Any) -> FiniteEnv:
    """The boat race as a Gymnasium environment; ``settings`` go to `rewardlab.mdp.FiniteEnv`."""
    return FiniteEnv(boat_race_task(), **settings)


def boat_race_vector_env(num_envs: int = 1, **settings: Any) -> FiniteVectorEnv:
    """The boat race as a native vector environment; ``settings`` go to `rewardlab.mdp.FiniteVectorEnv`."""
    return FiniteVectorEnv(boat_race_task(), num_envs, **settings)
