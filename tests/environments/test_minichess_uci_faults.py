"""What happens when an engine dies, hangs or answers nonsense in the middle of a game: programs that really do so."""

from __future__ import annotations

import os
import pickle
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rewardlab.errors import RunFailed
from rewardlab_envs.minichess import EngineFailed, MiniChessEnv, MiniChessVectorEnv
from tests.command_line import is_alive
from tests.environments.fake_engine import ACTIONS, CAGE, WALK, FakeEngine, settings, undisturbed, walked

pytestmark = pytest.mark.skipif(os.name != "posix", reason="engines are talked to over POSIX pipes")


def test_the_engine_is_told_the_whole_game_and_to_forget_all_others(tmp_path: Path) -> None:
    engine = FakeEngine.write(tmp_path)
    env = MiniChessEnv(**settings(engine, engine_nodes=77, depth=5, engine_options={"style": "wild", "own book": True}))
    walked(env)
    played = env.game.moves
    assert '[Black "Fake 1.0"]' in env.pgn()
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
def test_an_engine_that_dies_is_started_once_more_and_the_game_is_the_same(fault: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    # Every other question at most, so that none kills it twice.
    when = {int(number): fault for number in 2 * rng.permutation(5)[:3] + 1}
    engine = FakeEngine.write(tmp_path, when)
    env = MiniChessEnv(**settings(engine))
    said = "exit code 3.*out of ideas" if fault == "die" else "SIGSEGV"
    with pytest.warns(RuntimeWarning, match=rf"game 0 in '.*fake: died \({said}.*started once more"):
        assert walked(env) == undisturbed()
    env.close()
    # One was greeted when the settings were checked, one began the game, and one came for each that died.
    assert len(engine.processes()) == 2 + len(when)
    assert not any(is_alive(process) for process in engine.processes())


def test_one_that_is_killed_between_two_moves_is_started_once_more(tmp_path: Path) -> None:
    engine = FakeEngine.write(tmp_path)
    env = MiniChessEnv(**settings(engine))
    env.reset(seed=0)
    env.step(ACTIONS[WALK[0]])
    os.kill(engine.processes()[-1], signal.SIGKILL)
    with pytest.warns(RuntimeWarning, match="SIGKILL"):
        env.step(ACTIONS[WALK[1]])
    assert env.fen == undisturbed()[1]
    env.close()


def test_one_that_dies_twice_over_a_move_is_an_error_and_the_game_stands(tmp_path: Path) -> None:
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
    assert env.fen == undisturbed()[0]
    assert (env.action_masks() == mask).all()
    # By then the engine is well again.
    for move in WALK[1:]:
        env.step(ACTIONS[move])
    assert env.fen == undisturbed()[-1]
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


@pytest.mark.parametrize(("mode", "question"), [("SameStep", 10), ("NextStep", 11)])
def test_a_game_that_cannot_begin_leaves_the_whole_step_undone(mode: str, question: int, tmp_path: Path) -> None:
    # The engine is White and begins. Two questions at the reset and in each step, and one where game 1 begins anew;
    # game 0 has its three moves after question 9, or after 10 where that waits for the next step of the other.
    broken = FakeEngine.write(tmp_path / "broken", {question: "die", question + 1: "die"})
    fine = FakeEngine.write(tmp_path / "fine")
    more: dict[str, Any] = {"fen": None, "plays": "black", "autoreset_mode": mode, "max_episode_steps": 3}
    ours, theirs = (MiniChessVectorEnv(2, **settings(engine, **more)) for engine in (broken, fine))
    ours.reset(seed=0)
    theirs.reset(seed=0)
    truncations = []
    for number in range(6):
        actions = [int(mask.argmax()) for mask in ours.action_masks()]
        if number == (2 if mode == "SameStep" else 3):
            with (
                pytest.warns(RuntimeWarning, match="game 0 .* started once more"),
                pytest.raises(
                    EngineFailed, match=r"game 0 in 'rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w .* in vain"
                ),
            ):
                ours.step(np.array(actions))
        results = everything(ours, actions), everything(theirs, actions)
        for one, other in zip(*results, strict=True):
            np.testing.assert_array_equal(one, other)
        truncations.append(results[0][3].tolist())
        if number == 0:
            for env in (ours, theirs):
                env.reset(options={"reset_mask": np.array([False, True])})
    assert truncations[:4] == [[False, False], [False, False], [True, False], [False, True]]
    ours.close()
    theirs.close()
