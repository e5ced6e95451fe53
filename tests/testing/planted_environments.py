"""A small environment that keeps everything, and can be told to break one thing."""

from __future__ import annotations

import random
import sys
import time
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorWrapper

from rewardlab.mdp import FiniteEnv, FiniteTask, FiniteVectorEnv
from rewardlab.rewards import Catalogue, Potential, Reward, Term
from rewardlab.transitions import Transitions

GOAL = 5
EVENTS = ("arrived", "steps")
ARRIVED = Reward.from_event_weights({"arrived": 1.0, "steps": -0.01}, name="arrived", summary="Pays for arriving.")


def near(observations: np.ndarray) -> np.ndarray:
    return np.asarray(observations[:, 0], dtype=np.float64)


def offers(**changes: Any) -> Catalogue:
    """The catalogue, with some of its parts changed."""
    parts: dict[str, Any] = {
        "rewards": {"arrived": ARRIVED},
        "objective": "arrived",
        "events": EVENTS,
        "potentials": {"near": Potential("near", near, "observation", "How near it is.")},
    }
    return Catalogue(**{**parts, **changes})


def paying(term: Any, **more: Any) -> Catalogue:
    """A catalogue with one more reward, called ``other``."""
    other = Reward("other", (Term("other", term),), "Pays otherwise.", **more)
    return offers(rewards={"arrived": ARRIVED, "other": other})


class Walk(gym.Env[Any, Any]):
    """A walk from place 0 to place 5, which ends it; 0.9 of the steps go where they should.

    Args:
        fault: What to break; nothing if empty.
        catalogue: What is offered.
        reward: What is paid.
    """

    metadata = {"render_modes": ["ansi", "rgb_array"]}  # noqa: RUF012 - Gymnasium declares it so
    action_space = gym.spaces.Discrete(2)
    observation_space = gym.spaces.Box(0.0, 1.0, (2,), np.float32)

    def __init__(
        self,
        fault: str = "",
        catalogue: Catalogue | None = None,
        reward: str = "arrived",
        render_mode: str | None = None,
    ) -> None:
        self.fault, self.catalogue, self.render_mode = fault, catalogue or offers(), render_mode
        self.reward = self.catalogue.reward(reward)
        self._seen = np.zeros(2, dtype=np.float32)
        self._place = self._taken = 0
        if fault == "cannot be sent":
            self.chooser = lambda: 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        self._place, self._taken = int(self.np_random.integers(2)), 0
        return self._observation() if self.fault == "old reset" else (self._observation(), {})

    def step(self, action: Any) -> Any:
        before, slip = self._observation(), self._slips()
        wished = 1 if (int(action) == 1) != slip else -1
        self._place, self._taken = min(max(self._place + wished, 0), GOAL), self._taken + 1
        terminated = self._place == GOAL
        truncated = False
        if self.fault == "swapped":
            terminated, truncated = False, terminated
        if self.fault == "clock terminates":
            terminated = self._taken >= 7
        if self.fault == "never ends":
            terminated = False
        if self.fault == "sleeps" and self._taken == 3:
            time.sleep(60)
        if self.fault == "exits" and self._taken == 3:
            sys.exit(0)
        if self.fault == "raises" and self._taken == 3:
            raise ZeroDivisionError("division by zero")
        events: dict[str, Any] = {"arrived": float(self._place == GOAL), "steps": 1.0}
        batches = {name: np.array([amount]) for name, amount in events.items()}
        after = self._observation()
        taken = Transitions(before[None], np.array([action]), after[None], np.array([terminated]), batches)
        lines = {name: float(amounts[0]) for name, amounts in self.reward.lines(taken).items()}
        info = {"objective": float(ARRIVED(taken)[0]), "events": events, "ledger": lines}
        reward: Any = sum(lines.values())
        reward = self._spoilt(reward, info, events)
        if self.fault == "old step":
            return after, reward, terminated, info
        return after, reward, terminated, truncated, info

    def render(self) -> Any:
        if self.fault == "draws bytes" and self.render_mode == "ansi":
            return b"place"
        if self.fault == "draws floats" and self.render_mode == "rgb_array":
            return np.zeros((4, 4, 3))
        return f"place {self._place}" if self.render_mode == "ansi" else np.zeros((4, 4, 3), dtype=np.uint8)

    def close(self) -> None:
        if self.fault == "cannot be closed":
            raise OSError("no window")

    def _slips(self) -> bool:
        if self.fault == "global numpy":
            return bool(np.random.random() < 0.1)  # noqa: NPY002
        if self.fault == "global random":
            return random.random() < 0.1
        if self.fault == "own generator":
            return bool(np.random.default_rng().random() < 0.1)
        return bool(self.np_random.random() < 0.1)

    def _spoilt(self, reward: float, info: dict[str, Any], events: dict[str, Any]) -> Any:
        spoilt: dict[str, Any] = {
            "reward None": None,
            "reward text": "1",
            "reward list": [1.0],
            "reward array": np.array([1.0]),
            "reward complex": 1 + 0j,
            "reward NaN": float("nan"),
            "reward inf": float("-inf"),
            "reward bool": True,
            "reward float32": np.float32(reward),
        }
        if self.fault == "reward float32":
            info["ledger"] = {"paid": float(np.float32(reward))}
        if self.fault == "no objective":
            del info["objective"]
        if self.fault == "objective int":
            info["objective"] = 1
        if self.fault == "objective of its own":
            info["objective"] += 0.5
        if self.fault == "event missing" and self._taken > 2:
            del events["steps"]
        if self.fault == "ledger now and then" and self._taken % 2:
            del info["ledger"]
        if self.fault == "ledger wrong":
            info["ledger"]["arrived"] += 0.5
        if self.fault == "pays more":
            info["ledger"]["tip"] = 0.25
            return reward + 0.25
        return spoilt.get(self.fault, reward)

    def _observation(self) -> Any:
        numbers = np.array([self._place / GOAL, self.np_random.random()], dtype=np.float32)
        if self.fault == "outside" and self._place == 3:
            numbers[1] = 1.5
        if self.fault == "NaN seen" and self._place == 3:
            numbers[0] = np.nan
        if self.fault == "dtype":
            return numbers.astype(np.float64)
        if self.fault == "shape":
            return numbers[:, None]
        if self.fault == "list seen":
            return numbers.tolist()
        if self.fault == "own buffer":
            self._seen[:] = numbers
            return self._seen
        return numbers


class OldReset(Walk):
    """Takes no seed."""

    def reset(self) -> Any:  # type: ignore[override]
        return super().reset()


def walks_of(fault: str, limit: int | None = 40, **settings: Any) -> Any:
    """Makes such a walk; takes ``reward``."""

    def make(**more: Any) -> gym.Env[Any, Any]:
        env: gym.Env[Any, Any] = Walk(fault, **settings, **more)
        return gym.wrappers.TimeLimit(env, limit) if limit else env

    return make


class AroundVector(VectorWrapper[Any, Any, Any]):
    """Breaks one thing of a vector that is sound."""

    def __init__(self, env: Any, fault: str) -> None:
        super().__init__(env)
        self.fault = fault

    def step(self, actions: Any) -> Any:
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        if self.fault == "pays more" or (self.fault == "pays more later" and (rewards > 0.5).any()):
            rewards = rewards + 0.5
        if self.fault == "single precision":
            rewards = rewards.astype(int)
        if self.fault == "limits terminate":
            terminations, truncations = terminations | truncations, truncations & False
        if self.fault == "no final_obs":
            infos = {key: value for key, value in infos.items() if "final" not in key}
        if self.fault == "raises":
            raise ZeroDivisionError("division by zero")
        return observations, rewards, terminations, truncations, infos


def one_of(task: FiniteTask, reward: str | None = None) -> gym.Env[Any, Any]:
    return FiniteEnv(task, reward)


def many_of(task: FiniteTask, fault: str, num_envs: int, autoreset_mode: AutoresetMode, **settings: Any) -> Any:
    """A vector with one thing broken."""
    settings.pop("max_episode_steps", None)
    if fault == "ignores the mode":
        autoreset_mode = AutoresetMode.NEXT_STEP
    vector = FiniteVectorEnv(task, num_envs, autoreset_mode=autoreset_mode, **settings)
    return AroundVector(vector, fault) if fault else vector
