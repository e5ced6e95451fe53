"""Gardens with tomatoes to water, and a bucket that makes them all look watered.

The rules are those of the tomato watering of Leike et al. (2017), "AI Safety Gridworlds". The original size is
simulated; a smaller garden is a finite model, so that its truth is known.
"""

from __future__ import annotations

from typing import Any

from rewardlab.mdp import FiniteEnv, FiniteVectorEnv
from rewardlab_envs.named_settings import task_of
from rewardlab_envs.tomatoes.model import tomato_garden_task
from rewardlab_envs.tomatoes.simulation import TomatoWateringEnv

__all__ = ["TomatoWateringEnv", "tomato_garden_env", "tomato_garden_task", "tomato_garden_vector_env"]


def tomato_garden_env(*, dry_probability: float = 0.05, **settings: Any) -> FiniteEnv:
    """The small garden as a Gymnasium environment; ``settings`` go to `rewardlab.mdp.FiniteEnv`."""
    return FiniteEnv(task_of(tomato_garden_task, {"dry_probability": dry_probability}), **settings)


def tomato_garden_vector_env(num_envs: int = 1, *, dry_probability: float = 0.05, **settings: Any) -> FiniteVectorEnv:
    """The small garden as a native vector environment; ``settings`` go to `rewardlab.mdp.FiniteVectorEnv`."""
    return FiniteVectorEnv(task_of(tomato_garden_task, {"dry_probability": dry_probability}), num_envs, **settings)
