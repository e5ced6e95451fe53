"""Reward wrappers on a vector environment that does nothing, against those of Gymnasium."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv

from rewardlab.rewards import Potential
from rewardlab.wrappers import VectorLedger, VectorPotentialShaping, VectorReturnScaling, VectorRewardClipping
from tests.benchmarks.measuring import CPU, Side, in_turns
from tests.benchmarks.table import Row

_COUNT = 1024
_ROUNDS = 9
_STACK = (
    "shaping (table) + clip + scale + ledger round a no-op vector, N = 1024, NEXT_STEP, {}; "
    "the budget is 1.5 x the time of vector NormalizeReward alone; CPU time"
)
_CLIP = "clip to [-1, 1] round a no-op vector, N = 1024; CPU time"


class Noop(VectorEnv[Any, Any, Any]):
    """Pays from a table, and does nothing else."""

    single_observation_space = observation_space = gym.spaces.Discrete(64)
    single_action_space = action_space = gym.spaces.Discrete(2)
    num_envs = _COUNT

    def __init__(self, endings: float = 0.0) -> None:
        self.metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}
        rng = np.random.default_rng(0)
        self._states = rng.integers(64, size=(64, _COUNT))
        self._rewards = rng.normal(size=(64, _COUNT))
        self._ended = rng.random((64, _COUNT)) < endings
        self._none = np.zeros(_COUNT, dtype=bool)
        self._everyone = np.ones(_COUNT, dtype=bool)
        self._taken = 0

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        return self._states[0], {"state": self._states[0], "_state": self._everyone}

    def step(self, actions: Any) -> Any:
        now = self._taken = (self._taken + 1) % 64
        infos = {"state": self._states[now], "_state": self._everyone}
        return self._states[now], self._rewards[now].copy(), self._ended[now], self._none, infos


def rows() -> list[Row]:
    """The stack, without endings and with some in every step, and clipping alone."""
    plain = _stack_row("reward wrappers: whole stack", "no endings", 0.0, at_least=1 / 1.5)
    ending = _stack_row("reward wrappers: with endings", "1 % of rows end in every step", 0.01, at_least=None)
    clips = gym.wrappers.vector.ClipReward(Noop(), -1.0, 1.0)
    sides = [
        Side("rewardlab", _stepping(VectorRewardClipping(Noop(), -1.0, 1.0), 4000)),
        Side("ClipReward", _stepping(clips, 40)),
    ]
    ours, peer = in_turns(sides, rounds=_ROUNDS, clock=CPU)
    return [plain, ending, Row.from_rates("reward wrappers: clip", _CLIP, ours, peer, at_least=50.0)]


def _stack_row(name: str, which: str, endings: float, *, at_least: float | None) -> Row:
    potential = Potential.from_table(np.random.default_rng(1).normal(size=64))
    clip = VectorRewardClipping(Noop(endings), -1.0, 1.0)
    stack = VectorReturnScaling(VectorPotentialShaping(clip, potential, gamma=0.99), gamma=0.99)
    normalize = gym.wrappers.vector.NormalizeReward(Noop(endings), gamma=0.99)
    sides = [
        Side("rewardlab", _stepping(VectorLedger(stack), 2000)),
        Side("NormalizeReward", _stepping(normalize, 2000)),
    ]
    ours, peer = in_turns(sides, rounds=_ROUNDS, clock=CPU)
    return Row.from_rates(name, _STACK.format(which), ours, peer, at_least=at_least)


def _stepping(env: Any, steps: int) -> Callable[[], int]:
    env.reset()
    actions = np.zeros(_COUNT, dtype=np.int64)

    def work() -> int:
        for _ in range(steps):
            env.step(actions)
        return steps * _COUNT

    return work
