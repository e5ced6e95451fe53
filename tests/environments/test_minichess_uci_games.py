"""Games against real chess engines, where they are installed: programs of their own that are talked to over a pipe."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rewardlab_envs.minichess import MiniChessEnv, find_engine


def needs(engine: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(find_engine(engine) is None, reason=f"{engine} is not installed")


def played(env: MiniChessEnv, seed: int) -> tuple[list[str], float]:
    """A game against an agent that moves at random: its positions, and what the last step paid."""
    rng, positions, over, paid = np.random.default_rng(seed), [], False, 0.0
    env.reset(seed=seed)
    while not over and len(positions) < 60:
        positions.append(env.fen)
        _, paid, over, _, _ = env.step(int(rng.choice(np.flatnonzero(env.action_masks()))))
    return positions, paid


ENGINES: list[Any] = [
    pytest.param("chess", "stockfish", marks=needs("stockfish")),
    pytest.param("gardner", "fairy-stockfish", marks=needs("fairy-stockfish")),
]


@pytest.mark.parametrize(("rules", "engine"), ENGINES)
def test_an_engine_beats_who_moves_at_random_and_equal_games_are_equal(rules: str, engine: str) -> None:
    games = []
    for _ in range(2):
        env = MiniChessEnv(rules=rules, opponent="uci", engine=engine, engine_nodes=100, plays="either")
        games.append(played(env, seed=3))
        env.close()
    assert games[0] == games[1]
    assert games[0][1] == -1.0
