"""A small environment to put wrappers round: rewards of all sizes, both endings, and all that an info may hold."""

from __future__ import annotations

from functools import cache
from typing import Any, final

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv, VectorWrapper
from numpy.typing import NDArray

from rewardlab.mdp import FiniteEnv, FiniteModel, FiniteTask, FiniteVectorEnv
from rewardlab.rewards.catalogue import Catalogue
from rewardlab.rewards.potential import Potential
from rewardlab.rewards.reward import Reward

__all__ = ["practice_env", "practice_task", "practice_vector"]

_STATES, _ACTIONS, _OUTCOMES, _LIMIT = 10, 3, 4, 9


@cache
def practice_task() -> FiniteTask:
    """A walk at random between ten places, the last of which ends it; rewards from 0.001 to 1,000 in size, and 0."""
    generator = np.random.default_rng(0)
    shape = (_STATES, _ACTIONS, _OUTCOMES)
    successor = generator.integers(0, _STATES, shape)
    terminal = np.arange(_STATES) == _STATES - 1
    start = np.where(np.arange(_STATES) < 4, 0.25, 0.0)
    events = {
        "gain": generator.choice([0.0, 0.001, 1.0, 7.0, 1000.0], shape),
        "cost": generator.choice([0.0, 0.0, 2.0, 500.0], shape),
    }
    model = FiniteModel(successor, np.full(shape, 1 / _OUTCOMES), terminal, start, events=events)
    places = (np.arange(_STATES)[:, None] / _STATES).astype(np.float32)
    return FiniteTask(model, _catalogue(), _LIMIT, ("stay", "go", "run"), places)


def practice_env() -> gym.Env[Any, Any]:
    """One of them, with its time limit."""
    return gym.wrappers.TimeLimit(FiniteEnv(practice_task()), _LIMIT)


def practice_vector(mode: AutoresetMode, count: int = 4) -> VectorEnv[Any, Any, Any]:
    """A vector of them whose arrays nobody may write to."""
    return _Untouchable(FiniteVectorEnv(practice_task(), count, autoreset_mode=mode))


def _catalogue() -> Catalogue:
    walked = Reward.from_event_weights({"gain": 1.0, "cost": -0.5}, name="walked", summary="Gains less half of costs.")
    place = Potential("place", _place, "state", "The number of the place.")
    starts = {"near": (0, 1), "far": (2, 3)}
    return Catalogue({"walked": walked}, "walked", ("gain", "cost"), {"place": place}, ("gain",), starts)


def _place(states: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(states, dtype=np.float64) / _STATES


@final
class _Untouchable(VectorWrapper[Any, Any, Any]):
    """Hands out arrays that cannot be written to: whoever does would change what others see."""

    def step(self, actions: Any) -> Any:
        """Step, and hand out what may only be read."""
        observations, *rest = self.env.step(actions)
        return observations, *(_closed(part) for part in rest)


def _closed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _closed(part) for key, part in value.items()}
    if isinstance(value, np.ndarray) and value.dtype != object:
        value = value.view()
        value.setflags(write=False)
    return value
