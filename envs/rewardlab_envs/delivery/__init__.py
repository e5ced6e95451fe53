"""A courier delivers parcels, and most rewards for it can be gamed."""

from __future__ import annotations

from typing import Any

from rewardlab.mdp import FiniteEnv, FiniteVectorEnv
from rewardlab_envs.delivery.model import delivery_task
from rewardlab_envs.delivery.town import DEFAULT_MAP
from rewardlab_envs.named_settings import task_of

__all__ = ["delivery_env", "delivery_task", "delivery_vector_env"]


def delivery_env(*, orders: int = 2, town_map: str = DEFAULT_MAP, **settings: Any) -> FiniteEnv:
    """Delivery as a Gymnasium environment; ``settings`` go to `rewardlab.mdp.FiniteEnv`."""
    return FiniteEnv(task_of(delivery_task, {"orders": orders, "town_map": town_map}), **settings)


def delivery_vector_env(
    num_envs: int = 1, *, orders: int = 2, town_map: str = DEFAULT_MAP, **settings: Any
) -> FiniteVectorEnv:
    """Delivery as a native vector environment; ``settings`` go to `rewardlab.mdp.FiniteVectorEnv`."""
    return FiniteVectorEnv(task_of(delivery_task, {"orders": orders, "town_map": town_map}), num_envs, **settings)
