"""Games against stockfish and fairy-stockfish, where they are installed: programs of their own, over a pipe."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from rewardlab_envs.minichess import Game, MiniChessEnv, MiniChessVectorEnv, find_engine
from rewardlab_envs.minichess.actions import action_names
from tests.command_line import is_alive
from tests.environments.fake_engine import CAGE, FakeEngine

MINI_CHESS = "rewardlab_envs:rewardlab/MiniChess-v0"


def needs(engine: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(find_engine(engine) is None, reason=f"{engine} is not installed")


on_linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in Linux's /proc")
ENGINES: list[Any] = [
    pytest.param("chess", "stockfish", marks=needs("stockfish")),
    pytest.param("gardner", "fairy-stockfish", marks=needs("fairy-stockfish")),
]


def played(env: MiniChessEnv, seed: int) -> tuple[list[str], float]:
    """A game against an agent that moves at random: its positions, and what the last step paid."""
    rng, positions, over, paid = np.random.default_rng(seed), [], False, 0.0
    env.reset(seed=seed)
    while not over:
        positions.append(env.fen)
        _, paid, over, _, _ = env.step(int(rng.choice(np.flatnonzero(env.action_masks()))))
    return positions, paid


def action_of(env: MiniChessEnv, move: str) -> int:
    """The number of a move of White's."""
    return action_names(env.settings.rules, 1).index(move)


@pytest.mark.parametrize(("rules", "engine"), ENGINES)
def test_an_engine_beats_who_moves_at_random_and_the_same_game_comes_again(rules: str, engine: str) -> None:
    env = MiniChessEnv(rules=rules, opponent="uci", engine=engine, engine_nodes=100, plays="either")
    games = [played(env, seed) for seed in (3, 4, 3)]
    env.close()
    # The second game lies between: what an engine has learnt in it does not show.
    assert games[0] == games[2] != games[1]
    assert [paid for _, paid in games] == [-1.0] * 3


@needs("stockfish")
def test_an_engine_that_is_asked_for_a_ply_takes_the_mate() -> None:
    # 1. f3 e5 2. g4 Qh4#, with one ply to look ahead and no matter how many positions.
    env = MiniChessEnv(
        rules="chess", opponent="uci", depth=1, fen="rnbqkbnr/pppp1ppp/8/4p3/8/5P2/PPPPP1PP/RNBQKBNR w - -"
    )
    env.reset(seed=0)
    _, paid, over, _, info = env.step(action_of(env, "g2g4"))
    env.close()
    assert (paid, over, info["events"]["lost"]) == (-1.0, True, 1.0)
    assert env.game.moves == ("g2g4", "d8h4")


@needs("fairy-stockfish")
@pytest.mark.parametrize("mode", ["NextStep", "SameStep", "Disabled"])
def test_the_vector_is_the_sync_vector_also_against_an_engine(mode: str) -> None:
    from tests.mdp.test_vector_equals_sync import play_both

    settings = {"opponent": "uci", "engine_nodes": 20, "plays": "either", "random_moves": 0.3, "max_episode_steps": 12}
    kind = gym.vector.AutoresetMode(mode)
    sync = gym.make_vec(MINI_CHESS, 2, vectorization_mode="sync", vector_kwargs={"autoreset_mode": kind}, **settings)
    native: Any = gym.make_vec(MINI_CHESS, 2, autoreset_mode=kind, **settings)
    endings = play_both((sync, native), 40, np.random.default_rng(0))  # type: ignore[arg-type]
    assert endings.sum() > 4
    sync.close()
    native.close()


def engines_of(parent: int) -> dict[int, float]:
    """The engines that are children of a process, and the seconds of processor time that they have used."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            name, _, rest = (process / "stat").read_text(encoding="utf-8").partition("(")[2].rpartition(")")
        except OSError:
            continue  # it has just ended
        fields = rest.split()
        if name.endswith("stockfish") and int(fields[1]) == parent and fields[0] != "Z":
            found[int(process.name)] = int(fields[11]) / os.sysconf("SC_CLK_TCK")
    return found


@needs("stockfish")
@on_linux
def test_an_engine_that_is_killed_while_it_thinks_plays_the_same_move() -> None:
    games = []
    for is_killed in (False, True):
        env = MiniChessEnv(rules="chess", opponent="uci", engine_nodes=150_000)
        env.reset(seed=0)
        env.step(action_of(env, "e2e4"))
        if is_killed:
            engine = next(iter(engines_of(os.getpid())))
            # An answer takes several times as long.
            threading.Timer(0.03, os.kill, (engine, signal.SIGKILL)).start()
            with pytest.warns(RuntimeWarning, match=r"stockfish: died \(SIGKILL\).*started once more"):
                env.step(action_of(env, "g1f3"))
        else:
            env.step(action_of(env, "g1f3"))
        games.append(env.game.moves)
        env.close()
    assert games[0] == games[1]
    assert len(games[0]) == 4


THINKS_FOR_EVER = """
import sys, threading
from rewardlab_envs.minichess import MiniChessEnv

def play(rules):
    env = MiniChessEnv(rules=rules, opponent="uci", plays="black", engine_nodes=10**9, engine_seconds=600)
    env.reset(seed=0)

for rules in sys.argv[1:]:
    threading.Thread(target=play, args=[rules]).start()
"""


@on_linux
def test_engines_that_think_end_with_who_asked_them() -> None:
    rules = [name for name, engine in (("chess", "stockfish"), ("gardner", "fairy-stockfish")) if find_engine(engine)]
    if not rules:
        pytest.skip("no engine is installed")
    with subprocess.Popen([sys.executable, "-c", THINKS_FOR_EVER, *rules]) as player:
        # What greets them when the settings are checked has used little time; what thinks uses more and more.
        engines: list[int] = []
        deadline = time.monotonic() + 60
        while len(engines) < len(rules) and time.monotonic() < deadline:
            engines = [pid for pid, used in engines_of(player.pid).items() if used > 0.7]
            time.sleep(0.02)
        player.kill()
    assert len(engines) == len(rules)
    deadline = time.monotonic() + 20
    while any(map(is_alive, engines)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(map(is_alive, engines))


def test_the_share_of_random_moves_is_that_of_the_moves_nobody_is_asked_for(tmp_path: Path) -> None:
    asked = {}
    for share in (0.0, 0.25, 1.0):
        engine = FakeEngine.write(tmp_path / str(share))
        env = MiniChessVectorEnv(400, rules="chess", opponent="uci", engine=engine.path, fen=CAGE, random_moves=share)
        env.reset(seed=0)
        env.step(np.full(400, action_of(MiniChessEnv(rules="chess"), "a1b1")))
        env.close()
        asked[share] = len(engine.heard("go"))
    assert (asked[0.0], asked[1.0]) == (400, 0)
    assert asked[0.25] == pytest.approx(300, abs=35), "four standard deviations of 8.7"


def test_random_moves_make_any_opponent_weaker() -> None:
    # The rook may take the queen, the knight, or do something else; greedy takes the queen.
    fen = "3k1/5/r1Q2/5/N3K w - - 0 1"
    game = Game("gardner", fen)
    game.play("e1e2")
    by_chance = 1 / len(game.legal_moves())
    env = MiniChessVectorEnv(4_000, opponent="greedy", fen=fen, random_moves=0.5)
    env.reset(seed=0)
    *_, infos = env.step(np.full(4_000, action_of(MiniChessEnv(), "e1e2")))
    taken = (infos["events"]["lost_value"] == 9).mean()
    assert taken == pytest.approx(0.5 + 0.5 * by_chance, abs=0.032), "four standard deviations of 0.008"
