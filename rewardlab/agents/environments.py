"""Making the vector environments that agents train and are evaluated in."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
from gymnasium.vector import AutoresetMode, VectorEnv

from rewardlab.plugins import environment_spec
from rewardlab.rewards.catalogue import RewardChoice

__all__ = ["ENVIRONMENT_REWARD", "make_single", "make_vector"]

ENVIRONMENT_REWARD = "environment"
"""The name that stands for the reward of an environment that has no catalogue."""


def make_single(
    environment_id: str, settings: dict[str, Any], reward: RewardChoice, render_mode: str | None = None
) -> gym.Env[Any, Any]:
    """One environment, as ``gym.make`` makes it.

    Args:
        environment_id: A registered id.
        settings: Keyword arguments of the environment.
        reward: What it pays; `ENVIRONMENT_REWARD` for an environment without a catalogue.
        render_mode: As in Gymnasium.
    """
    # An environment that draws nothing need not take the argument.
    drawn: dict[str, Any] = {} if render_mode is None else {"render_mode": render_mode}
    return gym.make(environment_id, **drawn, **settings, **_paying(reward))


def make_vector(
    environment_id: str, settings: dict[str, Any], reward: RewardChoice, num_envs: int, mode: AutoresetMode
) -> VectorEnv[Any, Any, Any]:
    """A vector of environments: native where the package that brings them offers it, else one by one.

    Args:
        environment_id: A registered id.
        settings: Keyword arguments of the environment.
        reward: What it pays; `ENVIRONMENT_REWARD` for an environment without a catalogue.
        num_envs: N.
        mode: The autoreset mode.
    """
    spec = environment_spec(environment_id, allowed_modules=[environment_id.rpartition(":")[0]])
    arguments = {**settings, **_paying(reward)}
    # Gymnasium hands no autoreset mode to native vector environments; those made for this lab take it as an argument.
    if ":" in environment_id and spec.vector_entry_point is not None:
        return gym.make_vec(environment_id, num_envs, autoreset_mode=mode, **arguments)
    return gym.make_vec(
        environment_id, num_envs, vectorization_mode="sync", vector_kwargs={"autoreset_mode": mode}, **arguments
    )


def _paying(reward: RewardChoice) -> dict[str, Any]:
    return {} if reward == ENVIRONMENT_REWARD else {"reward": reward}
