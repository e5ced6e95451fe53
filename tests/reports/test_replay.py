"""Replays: the recorded episode again, step by step, with the same totals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rewardlab.agents import make_single
from rewardlab.lab.playing import choose_actions
from rewardlab.reports import Frame, caption, play_again, replay_frames, typical_run, write_gif
from tests.lab.small_experiment import DELIVERY
from tests.reports.finished_experiment import comparison_of


@pytest.mark.parametrize("reward", ["speed", "on_time", "progress_bonus"])
@pytest.mark.parametrize("policy", ["optimal", "random"])
def test_an_episode_played_again_has_the_same_totals(reward: str, policy: str) -> None:
    env = make_single(DELIVERY, {}, reward, "ansi")
    actions = choose_actions(env, policy, 5, 0.97)
    env.reset(seed=5)
    paid, objective = [], []
    for action in actions:
        _, reward_paid, terminated, truncated, info = env.step(action)
        paid.append(float(reward_paid))
        objective.append(info["objective"])
    frames = list(play_again(env, 5, actions))
    assert len(frames) == len(actions) + 1
    assert [frame.paid for frame in frames[1:]] == paid
    assert frames[-1].total_paid == pytest.approx(sum(paid))
    assert frames[-1].total_objective == pytest.approx(sum(objective))
    assert frames[-1].note == ("the task is over" if terminated else "time is up")
    assert truncated or terminated
    assert {frame.note for frame in frames[:-1]} == {""}


def test_actions_beyond_the_end_are_not_played() -> None:
    env = make_single(DELIVERY, {}, "speed", "ansi")
    assert len(list(play_again(env, 0, [4] * 100))) == 41


def test_a_stored_run_is_played_under_its_own_reward(tmp_path: Path) -> None:
    run = typical_run(comparison_of(tmp_path, "one").variants[0])
    frames = list(replay_frames(run, "ansi"))
    assert [frame.action for frame in frames[1:5]] == ["pick_up", "drop", "pick_up", "drop"]
    assert sum(frame.paid > 0 for frame in frames) >= 19


def test_the_typical_run_is_that_of_the_median_objective(tmp_path: Path) -> None:
    (five,) = comparison_of(tmp_path / "five", "one", seeds=5).variants
    (four,) = comparison_of(tmp_path / "four", "one", seeds=4).variants
    assert typical_run(five).settings["seed"] == 2
    assert typical_run(four).settings["seed"] == 1


def test_a_caption_tells_step_money_and_truth() -> None:
    frame = Frame("", 7, "pick_up", -0.5, 12.345, -0.0071, "time is up")
    assert caption(frame) == ("step 7: pick up  - time is up", "paid -0.50   in all 12.35", "objective in all -0.007")
    assert caption(Frame("", 0, "", 0.0, 0.0, 0.0, ""))[0] == "step 0: start"


@pytest.mark.parametrize("title", ["plain", "<b>[x]$y$", "日本\t", "x" * 300])
def test_the_pictures_are_as_many_as_the_moments(title: str, tmp_path: Path) -> None:
    run = typical_run(comparison_of(tmp_path, "one").variants[0])
    path = write_gif(replay_frames(run, "rgb_array"), title, tmp_path / "replay.gif")
    with Image.open(path) as image:
        assert image.n_frames == len(run.result["replay"]["actions"]) + 1  # type: ignore[attr-defined]
        assert image.width >= 360
        image.seek(image.n_frames - 1)  # type: ignore[attr-defined]
        assert image.info["duration"] == 2_000


def test_a_picture_stands_above_its_caption(tmp_path: Path) -> None:
    red = np.zeros((40, 400, 3), dtype=np.uint8)
    red[..., 0] = 255
    path = write_gif(iter([Frame(red, 0, "", 0.0, 0.0, 0.0, "")]), "", tmp_path / "replay.gif")
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    assert pixels.shape == (40 + 74 + 18, 400, 3)
    assert np.abs(pixels[18:58] - red).max() < 30
    assert (pixels[58:] < 128).any()
