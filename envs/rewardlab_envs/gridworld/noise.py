"""Numbers that mean nothing beside those that an agent sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.vector import VectorEnv, VectorWrapper
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.snapshots import Restorable, generator_from

__all__ = ["MAX_NOISE", "NoisyObservation", "VectorNoisyObservation"]

MAX_NOISE = 1000


@final
class NoisyObservation(gym.ObservationWrapper[NDArray[np.float32], Any, NDArray[np.float32]]):
    """Appends random numbers to each observation, drawn anew in each step, uniform in [0, 1).

    What is paid and what follows do not depend on them, so that the exact solutions of the environment below stay
    right; an agent has to find out which of its inputs matter.

    Args:
        env: Its observations are float32 vectors in [0, 1].
        noise: How many numbers, 1 to 1,000.

    Raises:
        BadInput: An argument is out of range.
    """

    def __init__(self, env: gym.Env[Any, Any], noise: int) -> None:
        super().__init__(env)
        self.observation_space = _widened(env.observation_space, noise)
        self._noise = noise
        self._rng = np.random.default_rng()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode; a seed also begins the stream of the noise, which is another than that of the steps."""
        if seed is not None:
            self._rng = _stream(seed)
        return super().reset(seed=seed, options=options)

    def observation(self, observation: NDArray[np.float32]) -> NDArray[np.float32]:
        """What was seen below, and the noise."""
        return np.concatenate([observation, self._rng.random(self._noise, dtype=np.float32)])


@final
class VectorNoisyObservation(VectorWrapper, Restorable):
    """`NoisyObservation` for a vector environment; all copies draw from one stream.

    Args:
        env: Its observations are float32 vectors in [0, 1].
        noise: How many numbers, 1 to 1,000.

    Raises:
        BadInput: An argument is out of range.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any], noise: int) -> None:
        super().__init__(env)
        self.single_observation_space = _widened(env.single_observation_space, noise)
        self.observation_space = batch_space(self.single_observation_space, env.num_envs)
        self._noise = noise
        self._rng = np.random.default_rng()

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin episodes; a seed also begins the stream of the noise, but a list that holds None begins no stream."""
        if seed is not None and not (isinstance(seed, list) and None in seed):
            self._rng = _stream(seed)
        observations, infos = self.env.reset(seed=seed, options=options)
        return self._with_noise(observations), infos

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Step all copies; the last observation of an episode has noise of its own."""
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        if "final_obs" in infos:
            finals = infos["final_obs"].copy()
            for index in np.flatnonzero(infos["_final_obs"]):
                finals[index] = self._with_noise(finals[index])
            infos = infos | {"final_obs": finals}
        return self._with_noise(observations), rewards, terminations, truncations, infos

    def snapshot(self) -> dict[str, Any]:
        """Where the stream of the noise is."""
        return {"generator": self._rng.bit_generator.state}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a snapshot."""
        self._rng = generator_from(state["generator"])

    def _with_noise(self, seen: NDArray[np.float32]) -> NDArray[np.float32]:
        drawn = self._rng.random((*seen.shape[:-1], self._noise), dtype=np.float32)
        return np.concatenate([seen, drawn], axis=-1)


def _widened(space: spaces.Space[Any], noise: object) -> spaces.Space[Any]:
    if isinstance(noise, bool) or not isinstance(noise, int) or not 1 <= noise <= MAX_NOISE:
        raise BadInput(Problem("noise", repr(noise), f"a whole number in [1, {MAX_NOISE}]"))
    assert isinstance(space, spaces.Box)
    return spaces.Box(0.0, 1.0, (space.shape[0] + noise,), np.float32)


def _stream(seed: int | list[int]) -> np.random.Generator:
    """Another than that of the steps, which begins with the seed itself."""
    return np.random.default_rng(np.random.SeedSequence(seed).spawn(1)[0])
