"""Random games of the native vector environments, with what is seen and what is legal at each step."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np

from tests.benchmarks.measuring import CPU, Side, in_turns
from tests.benchmarks.table import Row

_COUNT = 2048
_STEPS = 20
_ROUNDS = 7
_NAMES = ("MiniChess", "Chess")
_MEASURED = "plies of random games, N = 2048, SAME_STEP, observations, masks, objective and events in info; CPU time"


def rows() -> list[Row]:
    """Gardner's game, and chess against python-chess where that is installed; it is the peer here and nothing else.

    pgx, the peer of the small game, brings jax and half a gigabyte, and is not maintained since 2025; beside our number
    stands what it did when this house was planned, on another machine, so without a budget.
    """
    gardner, chess = (Side("rewardlab", _playing(f"rewardlab_envs:rewardlab/{name}-v0")) for name in _NAMES)
    [ours] = in_turns([gardner], rounds=_ROUNDS, clock=CPU)
    lines = [Row("mini chess: Gardner", _MEASURED, f"{ours.median:,.0f}/s", "13,000/s pgx, in the design")]
    if importlib.util.find_spec("chess") is None:
        [ours] = in_turns([chess], rounds=_ROUNDS, clock=CPU)
        lines.append(
            Row("mini chess: chess", _MEASURED, f"{ours.median:,.0f}/s", "peer not installed", budget=">= 3 x")
        )
        return lines
    ours, peer = in_turns([chess, Side("python-chess", _python_chess)], rounds=_ROUNDS, clock=CPU)
    return [*lines, Row.from_rates("mini chess: chess", _MEASURED, ours, peer, at_least=3.0)]


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
