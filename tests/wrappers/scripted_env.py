"""An environment that plays a script, so that a test knows every step in advance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import gymnasium as gym
import numpy as np


@dataclass(frozen=True)
class ScriptedStep:
    """What one step returns. ``state`` also is the observation, as an array of one float64."""

    state: int
    reward: float
    terminated: bool = False
    truncated: bool = False


@dataclass(frozen=True)
class ScriptedEpisode:
    """The first state and the steps of an episode."""

    first: int
    steps: Sequence[ScriptedStep] = field(default_factory=list)


class ScriptedEnv(gym.Env[Any, Any]):
    """Plays episode after episode, whatever the actions; begins anew after the last one.

    States lie in info, and if asked for the event ``odd``, which a step causes that leads to a state of an odd number.
    """

    observation_space = gym.spaces.Box(-np.inf, np.inf, (1,), np.float64)
    action_space = gym.spaces.Discrete(2)

    def __init__(
        self, episodes: Sequence[ScriptedEpisode], *, state_in_info: bool = True, events: bool = False
    ) -> None:
        self._episodes, self._state_in_info, self._events = episodes, state_in_info, events
        self._begun, self._taken = 0, 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self._episode = self._episodes[self._begun % len(self._episodes)]
        self._begun, self._taken = self._begun + 1, 0
        return self._seen(self._episode.first)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        step = self._episode.steps[self._taken]
        self._taken += 1
        observation, info = self._seen(step.state)
        if self._events:
            info["events"] = {"odd": float(step.state % 2)}
        return observation, step.reward, step.terminated, step.truncated, info

    def _seen(self, state: int) -> tuple[Any, dict[str, Any]]:
        return np.array([float(state)]), {"state": state} if self._state_in_info else {}
