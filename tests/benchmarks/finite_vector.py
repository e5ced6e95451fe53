"""A finite environment through Gymnasium's vector API, against EnvPool's FrozenLake."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np

from tests.benchmarks.delivery import DELIVERY, stagger
from tests.benchmarks.measuring import WALL, Side, in_turns
from tests.benchmarks.table import Row

_COUNT = 1024
_STEPS = 500
_ROUNDS = 9
_MEASURED = "vector step, N = 1024, NEXT_STEP, random actions, observations, objective and events in info; wall time"
_GRIDWORLD = "rewardlab_envs:rewardlab/Gridworld-v0"
_ENVIRONMENTS: tuple[tuple[str, str, dict[str, Any], float], ...] = (
    ("finite vector: Delivery", DELIVERY, {}, 10.0),
    ("finite vector: slippery map", _GRIDWORLD, {"map": "ng"}, 5.0),
)
"""Row, id, settings, budget. The map has three outcomes of each action, as FrozenLake has, and 100 cells."""


def rows() -> list[Row]:
    """One row for each environment. EnvPool runs with one and with two threads, and the faster is the peer."""
    return [_row(*environment) for environment in _ENVIRONMENTS]


def _row(name: str, env_id: str, settings: dict[str, Any], budget: float) -> Row:
    env = gym.make_vec(env_id, num_envs=_COUNT, **settings)
    env.reset(seed=0)
    stagger(env)
    sides = [Side("rewardlab", _stepping(env))]
    if importlib.util.find_spec("envpool") is None:
        [ours] = in_turns(sides, rounds=_ROUNDS, clock=WALL)
        return Row(name, _MEASURED, f"{ours.median:,.0f}/s", "peer not installed", budget=f">= {budget:g} x")
    sides += [Side(f"EnvPool, threads: {threads}", _stepping(_frozen_lake(threads))) for threads in (1, 2)]
    ours, *peers = in_turns(sides, rounds=_ROUNDS, clock=WALL)
    fastest = max(peers, key=lambda rates: rates.median)
    return Row.from_rates(name, _MEASURED, ours, fastest, at_least=budget)


def _frozen_lake(threads: int) -> Any:
    envpool = importlib.import_module("envpool")
    env = envpool.make("FrozenLake-v1", env_type="gymnasium", num_envs=_COUNT, num_threads=threads, seed=0)
    env.reset()
    return env


def _stepping(env: Any) -> Callable[[], int]:
    """Steps with actions drawn beforehand: the drawing is the same for all sides."""
    n_actions = getattr(env, "single_action_space", env.action_space).n
    actions = np.random.default_rng(0).integers(0, n_actions, (_STEPS, _COUNT))

    def work() -> int:
        for chosen in actions:
            env.step(chosen)
        return _STEPS * _COUNT

    return work
