"""Whole PPO training on Delivery, against the same on an environment that does nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvStepReturn

from tests.benchmarks.delivery import GAMMA, adapted, dummy
from tests.benchmarks.measuring import CPU, Side, in_turns
from tests.benchmarks.table import Row

_COUNT = 50
_STEPS = 40_000
_ROUNDS = 5
_MEASURED = f"PPO, {_COUNT} environments, {_STEPS} steps a round, 80 a rollout, batches of 1000, 10 epochs; CPU time"


def rows() -> list[Row]:
    """Ours against the no-op environment, and against ``DummyVecEnv``."""
    env = adapted(_COUNT)
    nothing = NoOpVecEnv(_COUNT, env.observation_space, env.action_space)
    sides = [
        Side("adapter", _training(env)),
        Side("no-op", _training(nothing)),
        Side("DummyVecEnv", _training(dummy(_COUNT))),
    ]
    ours, no_op, single = in_turns(sides, rounds=_ROUNDS, clock=CPU)
    return [
        Row.from_rates("PPO vs no-op", _MEASURED, ours, no_op, at_least=0.8),
        Row.from_rates("PPO vs DummyVecEnv", "the same; reported, no budget", ours, single, at_least=None),
    ]


def _training(env: VecEnv) -> Callable[[], int]:
    agent = PPO("MlpPolicy", env, n_steps=80, batch_size=1000, n_epochs=10, gamma=GAMMA, seed=0, device="cpu")

    def work() -> int:
        agent.learn(_STEPS)
        return _STEPS

    return work


@final
class NoOpVecEnv(VecEnv):
    """Pays nothing, never ends and always looks the same."""

    def __init__(self, count: int, observation_space: spaces.Space[Any], action_space: spaces.Space[Any]) -> None:
        super().__init__(count, observation_space, action_space)
        self._observations = np.zeros((count, *(observation_space.shape or ())), dtype=observation_space.dtype)
        self._rewards = np.zeros(count, dtype=np.float32)
        self._ended = np.zeros(count, dtype=np.bool_)

    def reset(self) -> Any:
        """The one observation."""
        return self._observations

    def step_async(self, actions: NDArray[Any]) -> None:
        """Nothing."""

    def step_wait(self) -> VecEnvStepReturn:
        """The same as ever."""
        return self._observations, self._rewards, self._ended, [{} for _ in range(self.num_envs)]

    def close(self) -> None:
        """Nothing."""

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """Nothing, for each environment."""
        return [None] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Nothing."""

    def env_method(self, method_name: str, *args: Any, indices: VecEnvIndices = None, **settings: Any) -> list[Any]:
        """Nothing, for each environment."""
        return [None] * self.num_envs

    def env_is_wrapped(self, wrapper_class: type[Any], indices: VecEnvIndices = None) -> list[bool]:
        """Yes: so that stable-baselines3 adds no monitor."""
        return [True] * self.num_envs
