"""Engines are processes: one for each copy of an environment, none longer than who started it."""

from __future__ import annotations

import copy
import gc
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from rewardlab_envs.minichess import MiniChessEnv
from tests.command_line import is_alive
from tests.environments.fake_engine import ACTIONS, CAGE, WALK, FakeEngine, settings, undisturbed

pytestmark = pytest.mark.skipif(os.name != "posix", reason="engines are talked to over POSIX pipes")


def test_copies_have_an_engine_of_their_own_and_play_on(tmp_path: Path) -> None:
    engine = FakeEngine.write(tmp_path)
    env = MiniChessEnv(**settings(engine))
    env.reset(seed=0)
    env.step(ACTIONS[WALK[0]])
    copies = [env, copy.deepcopy(env)]
    for one in copies:
        one.step(ACTIONS[WALK[1]])
        assert one.fen == undisturbed()[1]
    assert len(engine.processes()) == 1 + len(copies)
    for one in copies:
        one.close()


def test_engines_end_with_close_and_with_the_last_reference(tmp_path: Path) -> None:
    engine = FakeEngine.write(tmp_path)
    for way in ("close", "forget"):
        env = MiniChessEnv(**settings(engine))
        env.reset(seed=0)
        env.step(ACTIONS[WALK[0]])
        assert is_alive(engine.processes()[-1])
        if way == "close":
            env.close()
        del env
        gc.collect()
        assert not is_alive(engine.processes()[-1])


PLAYS_AND_IS_KILLED = """
import os, signal, sys, time
from pathlib import Path
from rewardlab_envs.minichess import MiniChessEnv
from rewardlab_envs.minichess.actions import action_names

fen, engine, moves = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
actions = {name: action for action, name in enumerate(action_names("chess", 1))}
env = MiniChessEnv(rules="chess", opponent="uci", engine=engine, fen=fen)
env.reset(seed=0)
env.step(actions[moves[0]])
# Ctrl-C reaches everybody in the group, and each decides what it means.
signal.signal(signal.SIGINT, lambda *_: None)
os.killpg(0, signal.SIGINT)
child = os.fork()
env.step(actions[moves[1]])
print("child" if child == 0 else "parent", env.fen, flush=True)
if child == 0:
    sys.exit()
os.waitpid(child, 0)
env.step(actions[moves[2]])
print("parent", env.fen, flush=True)
time.sleep(600)
"""


def test_ctrl_c_does_not_reach_an_engine_a_fork_has_its_own_and_none_outlives_who_started_it(tmp_path: Path) -> None:
    engine = FakeEngine.write(tmp_path)
    command = [sys.executable, "-W", "error", "-c", PLAYS_AND_IS_KILLED, CAGE, str(engine.path), *WALK[:3]]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "start_new_session": True}
    with subprocess.Popen(command, text=True, **pipes) as player:
        assert player.stdout is not None
        assert player.stderr is not None
        said = [player.stdout.readline().split(" ", 1) for _ in range(3)]
        assert sorted(who for who, _ in said) == ["child", "parent", "parent"]
        assert [fen.strip() for _, fen in said] == [undisturbed()[1], undisturbed()[1], undisturbed()[2]]
        greeted, parents, childs = engine.processes()
        assert is_alive(parents)
        assert not is_alive(childs)
        player.kill()
        complaints = player.stderr.read()
        assert "Warning" not in complaints
        assert "Traceback" not in complaints
    deadline = time.monotonic() + 20
    while is_alive(parents) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(map(is_alive, (greeted, parents, childs)))
