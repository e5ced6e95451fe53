"""Delivery in the shapes in which it is measured."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv

from rewardlab.agents.vector_adapter import VectorAdapter
from rewardlab.wrappers import Ledger, PotentialShaping, VectorPotentialShaping

DELIVERY = "rewardlab_envs:rewardlab/Delivery-v0"
GAMMA = 0.99
_REWARD, _POTENTIAL = "fixed_speed", "distance"


def adapted(count: int) -> VectorAdapter:
    """The native vector environment, shaped, with its ledger, through our adapter."""
    env = gym.make_vec(DELIVERY, num_envs=count, reward=_REWARD, autoreset_mode="SameStep")
    potential = env.unwrapped.catalogue.potential(_POTENTIAL)  # type: ignore[attr-defined]
    return VectorAdapter(VectorPotentialShaping(env, potential, gamma=GAMMA))


def dummy(count: int) -> DummyVecEnv:
    """The same, one environment at a time, as stable-baselines3 does it."""
    return DummyVecEnv([_single] * count)


def _single() -> gym.Env[Any, Any]:
    env = gym.make(DELIVERY, reward=_REWARD)
    potential = env.unwrapped.catalogue.potential(_POTENTIAL)  # type: ignore[attr-defined]
    return Monitor(Ledger(PotentialShaping(env, potential, gamma=GAMMA)))
