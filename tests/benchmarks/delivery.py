"""Delivery in the shapes in which it is measured."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import VectorEnv
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv

from rewardlab.agents.vector_adapter import VectorAdapter
from rewardlab.wrappers import Ledger, PotentialShaping, VectorPotentialShaping

DELIVERY = "rewardlab_envs:rewardlab/Delivery-v0"
GAMMA = 0.99
_EPISODE_STEPS = 40
_REWARD, _POTENTIAL = "fixed_speed", "distance"


def adapted(count: int) -> VectorAdapter:
    """The native vector environment, shaped, with its ledger, through our adapter."""
    env = gym.make_vec(DELIVERY, num_envs=count, reward=_REWARD, autoreset_mode="SameStep")
    potential = env.unwrapped.catalogue.potential(_POTENTIAL)  # type: ignore[attr-defined]
    return VectorAdapter(VectorPotentialShaping(env, potential, gamma=GAMMA))


def dummy(count: int) -> DummyVecEnv:
    """The same, one environment at a time, as stable-baselines3 does it."""
    return DummyVecEnv([_single] * count)


def stagger(env: VectorEnv[Any, Any, Any]) -> None:
    """Spread the time limits of a vector environment that has just been reset over all steps, as in a long training.

    Otherwise a random agent's episodes all end in the same step, which is cheaper than a few ends in each.
    """
    phase = np.arange(env.num_envs) % _EPISODE_STEPS
    for step in range(_EPISODE_STEPS):
        env.step(np.zeros(env.num_envs, dtype=np.int64))
        env.reset(options={"reset_mask": phase == step})


def _single() -> gym.Env[Any, Any]:
    env = gym.make(DELIVERY, reward=_REWARD)
    potential = env.unwrapped.catalogue.potential(_POTENTIAL)  # type: ignore[attr-defined]
    return Monitor(Ledger(PotentialShaping(env, potential, gamma=GAMMA)))
