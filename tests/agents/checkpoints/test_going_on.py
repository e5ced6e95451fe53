"""A training that was broken off and goes on comes to the bits of one that was not: weights, curve, evaluation."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

import rewardlab.agents.training
from rewardlab.agents import train
from rewardlab.agents.checkpoints import CheckpointSettings
from rewardlab.wrappers.gymnasium_compatible.vector import NormalizeReward
from tests.agents.checkpoints.broken_off import (
    break_off,
    go_on,
    go_on_elsewhere,
    hashed,
    kill,
    present,
    quiet,
    training,
)

OFTEN = {"every_seconds": 0.0, "largest_share": 1.0}
FINITE = ("delivery", "gridworld", "delayed_credit")
ALSO = (("maskable_ppo", "gridworld"), ("q_learning", "gridworld"), ("ppo", "noisy"))
# At the first chance, which no stop comes before, and then a fifth of the time: on a fast machine what learns a table
# has done its first 250 steps before any clock that a test could wait for.
NOW_AND_THEN = {"every_seconds": 0.0, "largest_share": 0.2}


@pytest.mark.parametrize(
    ("algorithm", "environment"),
    [("ppo", "delivery"), ("dqn", "gridworld"), ("q_learning", "gridworld")],
)
def test_broken_off_and_gone_on_is_as_if_it_had_not_been(algorithm: str, environment: str, tmp_path: Path) -> None:
    run, settings = training(algorithm, environment, 800), CheckpointSettings(tmp_path / "run", **NOW_AND_THEN)
    uninterrupted = train(run, quiet)
    assert "resumed" not in uninterrupted
    break_off(run, settings, after_steps=500)
    result = go_on(run, settings)
    assert 0 < result["resumed"]["from_step"] < 800
    assert result["resumed"]["why"] == "its process ended before it was done"
    assert hashed(result) == hashed(uninterrupted)


@pytest.mark.slow
def test_killed_in_one_process_and_gone_on_in_another(tmp_path: Path) -> None:
    run, settings = training("maskable_ppo", "gridworld", 1000), CheckpointSettings(tmp_path / "run", **NOW_AND_THEN)
    kill(run, settings, after_steps=600)
    result = go_on_elsewhere(run, settings)
    assert 0 < result["resumed"]["from_step"] < 1000
    assert hashed(result) == hashed(train(run, quiet))


@pytest.mark.slow
@pytest.mark.parametrize(("algorithm", "environment"), [*product(("ppo", "a2c", "dqn"), FINITE), *ALSO])
def test_five_stops_of_each_algorithm_in_each_environment(algorithm: str, environment: str, tmp_path: Path) -> None:
    run = training(algorithm, environment, 2000)
    uninterrupted = hashed(train(run, quiet))
    stops = np.random.default_rng([*algorithm.encode(), *environment.encode()]).integers(250, 1950, 5).tolist()
    for number, after_steps in enumerate(stops):
        settings = CheckpointSettings(tmp_path / str(number), **NOW_AND_THEN)
        if number == 0:
            # One of five dies for good, and goes on in yet another process.
            kill(run, settings, after_steps)
            result = go_on_elsewhere(run, settings)
        else:
            break_off(run, settings, after_steps)
            result = go_on(run, settings)
        assert 0 < result["resumed"]["from_step"] < 2000
        assert hashed(result) == uninterrupted, f"stopped after {after_steps} steps: {result['resumed']}"


@pytest.mark.slow
def test_a_training_that_is_killed_over_and_over_again_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    run, settings = training("dqn", "delivery"), CheckpointSettings(tmp_path / "run", **NOW_AND_THEN)
    uninterrupted = hashed(train(run, quiet))
    for after_steps in (250, 400, 800, 810, 1200, 1500, 1800):
        kill(run, settings, after_steps)
    assert hashed(go_on_elsewhere(run, settings)) == uninterrupted


@pytest.mark.parametrize(
    ("algorithm", "environment", "last"),
    [
        ("ppo", "gridworld", [200, 400]),
        pytest.param("a2c", "noisy", [560, 580], marks=pytest.mark.slow),
    ],
)
def test_writing_at_every_chance_changes_nothing(
    algorithm: str, environment: str, last: list[int], tmp_path: Path
) -> None:
    run, settings = training(algorithm, environment, 600), CheckpointSettings(tmp_path / "run", **OFTEN)
    result = train(run, quiet, settings)
    assert "resumed" not in result
    assert hashed(result) == hashed(train(run, quiet))
    assert [int(path.name) for path in present(settings)] == last


def test_a_layer_that_cannot_be_saved_begins_anew_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrapped = rewardlab.agents.training.wrap_vector
    monkeypatch.setattr(
        rewardlab.agents.training, "wrap_vector", lambda *arguments: NormalizeReward(wrapped(*arguments))
    )
    run, settings = training("q_learning", "noisy", 600), CheckpointSettings(tmp_path / "run", **OFTEN)
    for after_steps in (200, 400):
        break_off(run, settings, after_steps)
        assert present(settings) == []
    result = go_on(run, settings)
    assert result["resumed"]["from_step"] == 0
    assert "its process ended before it was done; NormalizeReward cannot be saved" in result["resumed"]["why"]
    assert hashed(result) == hashed(train(run, quiet))


@pytest.mark.slow
def test_a_stranger_cannot_be_saved_begins_anew_and_says_so(tmp_path: Path) -> None:
    run, settings = training("a2c", "stranger", 800), CheckpointSettings(tmp_path / "run", **OFTEN)
    break_off(run, settings, 600)
    result = go_on(run, settings)
    assert result["resumed"]["from_step"] == 0
    assert "SyncVectorEnv cannot be saved" in result["resumed"]["why"]
    assert hashed(result) == hashed(train(run, quiet))


def test_what_ended_before_its_first_checkpoint_begins_anew_and_says_so(tmp_path: Path) -> None:
    run, settings = training("q_learning", "gridworld", 800), CheckpointSettings(tmp_path / "run", every_seconds=3600.0)
    break_off(run, settings, 400)
    result = go_on(run, settings)
    why = "its process ended before it was done; no checkpoint had been written yet"
    assert result["resumed"] == {"from_step": 0, "why": why}
    assert hashed(result) == hashed(train(run, quiet))
