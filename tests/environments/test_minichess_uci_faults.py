"""What happens when an engine dies, hangs or answers nonsense in the middle of a game: programs that really do so."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rewardlab.errors import RunFailed
from rewardlab_envs.minichess import EngineFailed, MiniChessEnv, MiniChessVectorEnv
from rewardlab_envs.minichess.actions import action_names
from tests.command_line import is_alive
from tests.environments.fake_engine import CAGE, FakeEngine

# White's king walks in its corner, and no position is there three times.
WALK = ("a1b1", "b1c1", "c1d1", "d1e1", "e1f1", "f1g1", "g1h1", "h1h2")
ACTIONS = {name: action for action, name in enumerate(action_names("chess", 1))}

pytestmark = pytest.mark.skipif(os.name != "posix", reason="engines are talked to over POSIX pipes")


def settings(engine: FakeEngine, **more: Any) -> dict[str, Any]:
    return {"rules": "chess", "opponent": "uci", "engine": engine.path, "fen": CAGE, **more}


def walked(env: MiniChessEnv) -> list[str]:
    """The positions of a game in which White walks."""
    env.reset(seed=0)
    positions = []
    for move in WALK:
        env.step(ACTIONS[move])
        positions.append(env.fen)
    return positions


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    env = MiniChessEnv(**settings(FakeEngine.write(tmp_path_factory.mktemp("fine"))))
    positions = walked(env)
    env.close()
    assert positions[0].split()[0] == "1k6/p1p5/P1P5/8/8/8/8/1K6"
    return positions


def test_the_engine_is_told_the_whole_game_and_to_forget_all_others(tmp_path: Path) -> None:
    engine = FakeEngine.write(tmp_path)
    env = MiniChessEnv(**settings(engine, engine_nodes=77, depth=5, engine_options={"style": "wild", "own book": True}))
    walked(env)
    played = env.game.moves
    env.close()
    assert engine.heard("setoption") == [
        "setoption name Threads value 1",
        "setoption name Hash value 1",
        "setoption name Style value wild",
        "setoption name Own Book value true",
    ]
    told = [f"position fen {CAGE} moves {' '.join(played[:count])}" for count in range(1, 2 * len(WALK), 2)]
    assert engine.heard("position") == told
    assert engine.heard("go") == ["go nodes 77 depth 5"] * len(WALK)
    assert len(engine.heard("ucinewgame")) == len(WALK)


@pytest.mark.parametrize("fault", ["die", "crash"])
def test_an_engine_that_dies_is_started_once_more_and_the_game_is_the_same(
    fault: str, tmp_path: Path, undisturbed: list[str]
) -> None:
    rng = np.random.default_rng(7)
    # Every other question at most, so that none kills it twice.
    when = {int(number): fault for number in 2 * rng.permutation(5)[:3] + 1}
    engine = FakeEngine.write(tmp_path, when)
    env = MiniChessEnv(**settings(engine))
    said = "exit code 3.*out of ideas" if fault == "die" else "SIGSEGV"
    with pytest.warns(RuntimeWarning, match=rf"game 0 in '.*fake: died \({said}.*started once more"):
        assert walked(env) == undisturbed
    env.close()
    # One was greeted when the settings were checked, one began the game, and one came for each that died.
    assert len(engine.processes()) == 2 + len(when)
    assert not any(is_alive(process) for process in engine.processes())


def test_one_that_is_killed_between_two_moves_is_started_once_more(tmp_path: Path, undisturbed: list[str]) -> None:
    engine = FakeEngine.write(tmp_path)
    env = MiniChessEnv(**settings(engine))
    env.reset(seed=0)
    env.step(ACTIONS[WALK[0]])
    os.kill(engine.processes()[-1], signal.SIGKILL)
    with pytest.warns(RuntimeWarning, match="SIGKILL"):
        env.step(ACTIONS[WALK[1]])
    assert env.fen == undisturbed[1]
    env.close()


def test_one_that_dies_twice_over_a_move_is_an_error_and_the_game_stands(
    tmp_path: Path, undisturbed: list[str]
) -> None:
    engine = FakeEngine.write(tmp_path, {2: "die", 3: "die"})
    env = MiniChessEnv(**settings(engine))
    env.reset(seed=0)
    env.step(ACTIONS[WALK[0]])
    mask = env.action_masks()
    with (
        pytest.warns(RuntimeWarning, match="started once more"),
        pytest.raises(EngineFailed, match=r"game 0 in '1k6/.* b .*': .*fake: died \(exit code 3\).* in vain") as caught,
    ):
        env.step(ACTIONS[WALK[1]])
    assert isinstance(caught.value, RunFailed), "a run that this happens to ends by name, and the others go on"
    assert pickle.loads(pickle.dumps(caught.value)).args == caught.value.args
    assert env.fen == undisturbed[0]
    assert (env.action_masks() == mask).all()
    # By then the engine is well again.
    for move in WALK[1:]:
        env.step(ACTIONS[move])
    assert env.fen == undisturbed[-1]
    env.close()


@pytest.mark.parametrize("fault", ["hang", "chatter", "endless line"])
def test_one_that_comes_to_no_answer_is_ended_in_time(fault: str, tmp_path: Path) -> None:
    engine = FakeEngine.write(tmp_path, {1: fault, 2: fault})
    env = MiniChessEnv(**settings(engine, engine_seconds=0.3))
    env.reset(seed=0)
    said = "without an end of line" if fault == "endless line" else r"no 'bestmove' within 0\.3 s"
    with pytest.warns(RuntimeWarning, match=said), pytest.raises(EngineFailed, match=said):
        env.step(ACTIONS[WALK[0]])
    assert not any(is_alive(process) for process in engine.processes())


@pytest.mark.parametrize(
    ("answer", "said"),
    [("a8a1", "'a8a1'"), ("(none)", "that there is no move"), ("0000", "that there is no move"), ("", "''")],
)
def test_an_answer_that_is_no_legal_move_is_an_error(answer: str, said: str, tmp_path: Path) -> None:
    engine = FakeEngine.write(tmp_path, {1: answer})
    env = MiniChessEnv(**settings(engine))
    env.reset(seed=0)
    fen = env.fen
    with pytest.raises(EngineFailed, match=rf"game 0 in .* answered {said.replace('(', '.')}, expected one of a8b8$"):
        env.step(ACTIONS[WALK[0]])
    assert env.fen == fen
    assert not any(is_alive(process) for process in engine.processes())


def everything(env: MiniChessVectorEnv, actions: list[int]) -> list[Any]:
    observations, rewards, terminated, truncated, infos = env.step(np.array(actions))
    return [observations, rewards, terminated, truncated, infos["action_mask"]]


@pytest.mark.parametrize("mode", ["NextStep", "SameStep", "Disabled"])
def test_in_a_vector_no_game_moves_when_one_fails_and_the_others_go_on(mode: str, tmp_path: Path) -> None:
    # Two moves a game and one more; the eighth question is that of game 1, and the ninth asks it again.
    broken = FakeEngine.write(tmp_path / "broken", {8: "die", 9: "die"})
    fine = FakeEngine.write(tmp_path / "fine")
    envs = [
        MiniChessVectorEnv(3, autoreset_mode=mode, max_episode_steps=3, **settings(engine)) for engine in (broken, fine)
    ]
    for env in envs:
        env.reset(seed=0)
        for move in WALK[:2]:
            env.step(np.array([ACTIONS[move]] * 3))
    with (
        pytest.warns(RuntimeWarning, match="game 1 .* started once more"),
        pytest.raises(EngineFailed, match=r"game 1 in .* in vain"),
    ):
        envs[0].step(np.array([ACTIONS[WALK[2]]] * 3))
    for env in envs:
        env.reset(options={"reset_mask": np.array([False, True, False])})
    for moves in ((WALK[2], WALK[0], WALK[2]), (WALK[3], WALK[1], WALK[3])):
        ours, theirs = (everything(env, [ACTIONS[move] for move in moves]) for env in envs)
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(one, other)
        # The third move was the last of those that were not reset.
        if mode == "Disabled" and ours[3].any():
            assert ours[3].tolist() == [True, False, True]
            for env in envs:
                env.reset(options={"reset_mask": ours[3]})
    # The seventh question was asked in vain, the eighth twice.
    assert len(broken.heard("go")) == len(fine.heard("go")) + 3
    for env in envs:
        env.close()


def test_copies_have_an_engine_of_their_own_and_play_on(tmp_path: Path, undisturbed: list[str]) -> None:
    engine = FakeEngine.write(tmp_path)
    env = MiniChessEnv(**settings(engine))
    env.reset(seed=0)
    env.step(ACTIONS[WALK[0]])
    copies = [env, copy.deepcopy(env)]
    for one in copies:
        one.step(ACTIONS[WALK[1]])
        assert one.fen == undisturbed[1]
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


def test_ctrl_c_does_not_reach_an_engine_a_fork_has_its_own_and_none_outlives_who_started_it(
    tmp_path: Path, undisturbed: list[str]
) -> None:
    engine = FakeEngine.write(tmp_path)
    command = [sys.executable, "-W", "error", "-c", PLAYS_AND_IS_KILLED, CAGE, str(engine.path), *WALK[:3]]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "start_new_session": True}
    with subprocess.Popen(command, text=True, **pipes) as player:
        assert player.stdout is not None
        assert player.stderr is not None
        said = [player.stdout.readline().split(" ", 1) for _ in range(3)]
        assert sorted(who for who, _ in said) == ["child", "parent", "parent"]
        assert [fen.strip() for _, fen in said] == [undisturbed[1], undisturbed[1], undisturbed[2]]
        greeted, parents, childs = engine.processes()
        assert is_alive(parents)
        assert not is_alive(childs)
        player.kill()
        assert player.stderr.read() == ""
    deadline = time.monotonic() + 20
    while is_alive(parents) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(map(is_alive, (greeted, parents, childs)))
