"""An environment of which every observation, reward and ending is known from the observation before."""

from __future__ import annotations

from typing import Any, Literal

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

REWARDS = (-1.0, 0.0, 2.0, 0.5)
"""Paid for the first, second, third and fourth step of an episode."""

Kind = Literal["flat", "dict", "image", "discrete"]


class Scripted(gymnasium.Env[Any, Any]):
    """Episodes take turns: one *terminates* after three steps, the next is *truncated* after four.

    The flat observation is whether it is a truncated one, the steps so far, and the first number of the last action.
    """

    def __init__(self, kind: Kind = "flat", action_space: spaces.Space[Any] | None = None) -> None:
        self.kind = kind
        self.action_space = action_space or spaces.Discrete(3)
        flat = spaces.Box(-10.0, 10.0, (3,), np.float32)
        kinds: dict[str, spaces.Space[Any]] = {
            "flat": flat,
            "dict": spaces.Dict({"steps": spaces.Discrete(5), "all": flat}),
            "image": spaces.Box(0, 255, (36, 36, 1), np.uint8),
            "discrete": spaces.Discrete(10),
        }
        self.observation_space = kinds[kind]
        self.episode, self.steps, self.action = -1, 0, 0.0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.episode, self.steps, self.action = self.episode + 1, 0, 0.0
        return self._shown(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        reward = REWARDS[self.steps]
        self.steps, self.action = self.steps + 1, float(np.ravel(action)[0])
        odd = bool(self.episode % 2)
        return self._shown(), reward, not odd and self.steps == 3, odd and self.steps == 4, {}

    def action_masks(self) -> NDArray[np.bool_]:
        """All actions are legal; sb3-contrib asks."""
        space = self.action_space
        if isinstance(space, spaces.MultiBinary):
            return np.ones(2 * int(space.n), dtype=bool)
        counts = space.nvec if isinstance(space, spaces.MultiDiscrete) else [space.n]  # type: ignore[attr-defined]
        return np.ones(int(np.sum(counts)), dtype=bool)

    def _shown(self) -> Any:
        odd = self.episode % 2
        flat = np.array([odd, self.steps, self.action], np.float32)
        if self.kind == "flat":
            return flat
        if self.kind == "dict":
            return {"steps": np.int64(self.steps), "all": flat}
        if self.kind == "discrete":
            return np.int64(5 * odd + self.steps)
        picture = np.zeros((36, 36, 1), np.uint8)
        picture[:18] = 255 * odd
        picture[18:] = 51 * self.steps
        return picture
