"""Random games of the native vector environments, with what is seen and what is legal at each step."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np

from tests.benchmarks.measuring import WALL, Side, in_turns
from tests.benchmarks.table import Row

_COUNT = 2048
_STEPS = 20
_ROUNDS = 7
_MEASURED = "plies of random games, N = 2048, SAME_STEP, observations, masks, objective and events in info; wall time"


def rows() -> list[Row]:
    """Gardner's game against pgx, chess against python-chess, where those are installed. They are peers here, no more.

    Without pgx, which brings jax and is not maintained since 2025, what it did when this was planned stands beside
    our number, without a budget: that was another machine.
    """
    return [_gardner(), _chess()]


def _gardner() -> Row:
    name, ours = "mini chess: Gardner", Side("rewardlab", _playing("rewardlab_envs:rewardlab/MiniChess-v0"))
    if importlib.util.find_spec("pgx") is None:
        [alone] = in_turns([ours], rounds=_ROUNDS, clock=WALL)
        return Row(name, _MEASURED, f"{alone.median:,.0f}/s", "13,000/s pgx, in the design")
    rates = in_turns([ours, Side("pgx", _pgx())], rounds=_ROUNDS, clock=WALL)
    return Row.from_rates(name, _MEASURED, *rates, at_least=20.0)


def _chess() -> Row:
    name, ours = "mini chess: chess", Side("rewardlab", _playing("rewardlab_envs:rewardlab/Chess-v0"))
    if importlib.util.find_spec("chess") is None:
        [alone] = in_turns([ours], rounds=_ROUNDS, clock=WALL)
        return Row(name, _MEASURED, f"{alone.median:,.0f}/s", "peer not installed", budget=">= 3 x")
    rates = in_turns([ours, Side("python-chess", _python_chess)], rounds=_ROUNDS, clock=WALL)
    return Row.from_rates(name, _MEASURED, *rates, at_least=3.0)


def _playing(env_id: str) -> Callable[[], int]:
    env: Any = gym.make_vec(env_id, num_envs=_COUNT, autoreset_mode="SameStep")
    env.reset(seed=0)
    rng = np.random.default_rng(0)

    def work() -> int:
        plies = 0.0
        for _ in range(_STEPS):
            # The cheapest way to draw a legal action of each row: the first one after a random place.
            masks = env.action_masks()
            order = (np.arange(masks.shape[1]) + rng.integers(masks.shape[1])) % masks.shape[1]
            infos = env.step(order[masks[:, order].argmax(axis=1)])[-1]
            for part in (infos, infos.get("final_info", {})):
                plies += float(part["events"]["plies"].sum()) if "events" in part else 0.0
        return int(plies)

    return work


def _pgx() -> Callable[[], int]:
    jax, pgx = importlib.import_module("jax"), importlib.import_module("pgx")
    env = pgx.make("gardner_chess")
    step = importlib.import_module("pgx.experimental").auto_reset(env.step, env.init)
    first = jax.jit(jax.vmap(env.init))(jax.random.split(jax.random.PRNGKey(0), _COUNT))

    @jax.jit
    def turn(state: Any, key: Any) -> Any:
        drawing, stepping = jax.random.split(key)
        scores = jax.numpy.where(state.legal_action_mask, 0.0, -jax.numpy.inf)
        actions = jax.random.categorical(drawing, scores, axis=-1)
        return jax.vmap(step)(state, actions, jax.random.split(stepping, _COUNT))

    def work() -> int:
        state = first
        for index in range(_STEPS // 10):
            state = turn(state, jax.random.PRNGKey(index))
        state.observation.block_until_ready()
        return _STEPS // 10 * _COUNT

    return work


def _python_chess() -> int:
    chess = importlib.import_module("chess")
    rng, plies, board = np.random.default_rng(0), 0, chess.Board()
    while plies < 2_000:
        legal = list(board.legal_moves)
        if not legal or board.is_insufficient_material() or board.halfmove_clock >= 100:
            board = chess.Board()
            continue
        board.push(legal[int(rng.integers(len(legal)))])
        plies += 1
    return plies
