"""Our rules are those of stockfish and fairy-stockfish, position by position, in games of random moves."""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import pytest

from rewardlab_envs.minichess import UCI_VARIANTS, Game, MiniChessVectorEnv, find_engine, rule_set
from rewardlab_envs.minichess.fen import write_fen

POSITIONS = 1_000
ENGINES = {"chess": "stockfish", "gardner": "fairy-stockfish", "los_alamos": "fairy-stockfish"}

EACH: list[Any] = [
    pytest.param(
        rules, id=rules, marks=pytest.mark.skipif(find_engine(engine) is None, reason=f"{engine} is not installed")
    )
    for rules, engine in ENGINES.items()
]


@final
@dataclass(frozen=True)
class Seen:
    """What an engine says of a position.

    Attributes:
        fen: Placement, side and rights to castle.
        moves: The number of ways to play on after each legal move, by its name.
        is_check: Whether the side to move is in check.
    """

    fen: list[str]
    moves: dict[str, int]
    is_check: bool


def asked(rules: str, fens: Sequence[str], depth: int) -> list[Seen]:
    """Ask the engine about positions, all of them in one go."""
    lines = [] if rules == "chess" else [f"setoption name UCI_Variant value {UCI_VARIANTS[rules]}"]
    # It counts in a thread of its own, and only the next count waits for that.
    for question in ("d", f"go perft {depth}"):
        for fen in fens:
            lines += [f"position fen {fen} 0 1", question]
    engine = find_engine(ENGINES[rules])
    assert engine is not None
    said = subprocess.run([engine], input="\n".join([*lines, "quit\n"]), capture_output=True, text=True, check=True)
    shown = re.findall(r"^Fen: (.*)\n(?:.*\n)*?Checkers:(.*)$", said.stdout, re.MULTILINE)
    counted = said.stdout.split("\nNodes searched")[:-1]
    assert len(shown) == len(counted) == len(fens)
    return [
        Seen(fen.split()[:3], dict(_counts(block)), bool(checkers.strip()))
        for (fen, checkers), block in zip(shown, counted, strict=True)
    ]


def _counts(block: str) -> Iterator[tuple[str, int]]:
    for move, count in re.findall(r"^([a-h]\d[a-h]\d[a-z]?): (\d+)$", block, re.MULTILINE):
        yield move, int(count)


@functools.cache
def random_positions(rules: str) -> tuple[list[str], list[str]]:
    """FENs without counters, each once: of games that go on, and of mates and stalemates."""
    env, game = MiniChessVectorEnv(100, rules=rules, plays="either"), rule_set(rules)
    env.reset(seed=1)
    rng, going, over = np.random.default_rng(1), {}, {}
    for _ in range(200):
        masks = env.action_masks()
        *_, infos = env.step(np.argmax(rng.random(masks.shape) * masks, axis=1))
        events = infos["events"]
        is_over = np.stack([events[name] for name in ("won", "lost", "stalemate")]).any(axis=0)
        is_sampled = (events["drawn"] == 0) & (rng.random(100) < 0.15)
        for index in np.flatnonzero(is_over | is_sampled).tolist():
            fen = write_fen(env._match.states[index], game).rsplit(" ", 2)[0]
            (over if is_over[index] else going)[fen] = None
    return list(going), list(over)


def chosen(fens: list[str], count: int, seed: int) -> list[str]:
    assert len(fens) > count
    return [fens[index] for index in np.random.default_rng(seed).choice(len(fens), count, replace=False)]


@pytest.mark.parametrize("rules", EACH)
def test_the_legal_moves_of_a_thousand_positions_are_the_engines(rules: str) -> None:
    fens = chosen(random_positions(rules)[0], POSITIONS, seed=2)
    kinds = dict.fromkeys(("check", "promotion", "castling", "en passant"), 0)
    for fen, seen in zip(fens, asked(rules, fens, 1), strict=True):
        assert seen.fen == fen.split()[:3]
        assert Game(rules, fen).legal_moves() == sorted(seen.moves), fen
        kinds["check"] += seen.is_check
        kinds["promotion"] += any(len(move) == 5 for move in seen.moves)
        kinds["castling"] += fen.split()[2] != "-" and bool({"e1g1", "e1c1", "e8g8", "e8c8"} & set(seen.moves))
        kinds["en passant"] += fen.split()[3] != "-"
    assert all(kinds[kind] for kind in (kinds if rules == "chess" else ("check", "promotion"))), kinds


@pytest.mark.parametrize("rules", EACH)
def test_mates_and_stalemates_are_the_engines(rules: str) -> None:
    over = random_positions(rules)[1]
    endings = []
    for fen, seen in zip(over, asked(rules, over, 1), strict=True):
        endings.append(Game(rules, fen).ending)
        assert not seen.moves
        assert endings[-1] == ("mate" if seen.is_check else "stalemate"), fen
    assert endings.count("mate") >= 10
    assert endings.count("stalemate") >= 5


def divided(rules: str, fen: str, depth: int) -> dict[str, int]:
    """The number of ways to play on after each legal move; also where the rules say that it ends in a draw."""
    counts = {}
    for move in Game(rules, fen).legal_moves():
        game = Game(rules, fen)
        game.play(move)
        counts[move] = game.perft(depth - 1)
    return counts


@pytest.mark.parametrize("rules", EACH)
def test_what_can_be_answered_is_what_the_engine_counts(rules: str) -> None:
    fens = chosen(random_positions(rules)[0], 50, seed=3)
    for fen, seen in zip(fens, asked(rules, fens, 2), strict=True):
        assert divided(rules, fen, 2) == seen.moves, fen


@pytest.mark.slow
@pytest.mark.parametrize("rules", EACH)
def test_three_plies_from_many_positions_are_what_the_engine_counts(rules: str) -> None:
    fens = chosen(random_positions(rules)[0], 1_000, seed=4)
    for fen, seen in zip(fens, asked(rules, fens, 3), strict=True):
        assert divided(rules, fen, 3) == seen.moves, fen
