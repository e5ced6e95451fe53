"""``VecEnv.step`` through our adapter, against ``DummyVecEnv`` of the same environment."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from stable_baselines3.common.vec_env import VecEnv

from tests.benchmarks.delivery import adapted, dummy, stagger
from tests.benchmarks.measuring import CPU, Side, in_turns
from tests.benchmarks.table import Row

_COUNT = 256
_ROUNDS = 7
_MEASURED = "VecEnv.step of shaped Delivery, N = 256, SAME_STEP, ledger and all infos as dicts, no learner; CPU time"


def rows() -> list[Row]:
    """The one row."""
    env = adapted(_COUNT)
    env.reset()
    stagger(env.vector_env)
    # Whole episodes of 40 steps on either side, so that endings count as often as they do.
    single = dummy(_COUNT)
    single.reset()
    sides = [
        Side("adapter", _stepping(env, steps=800)),
        Side("DummyVecEnv", _stepping(single, steps=80)),
    ]
    ours, peer = in_turns(sides, rounds=_ROUNDS, clock=CPU)
    return [Row.from_rates("adapter step", _MEASURED, ours, peer, at_least=10.0)]


def _stepping(env: VecEnv, steps: int) -> Callable[[], int]:
    actions = np.random.default_rng(0).integers(0, env.action_space.n, (steps, _COUNT))  # type: ignore[attr-defined]

    def work() -> int:
        for chosen in actions:
            env.step(chosen)
        return steps * _COUNT

    return work
