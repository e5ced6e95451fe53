"""One run: bit-identical when repeated, paired between variants, measured in the bare environment."""

from __future__ import annotations

import dataclasses
import functools
import json
import random
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

from rewardlab.agents import TrainingRun, train
from rewardlab.errors import Diverged

DELIVERY = "rewardlab_envs:rewardlab/Delivery-v0"
SETTINGS = {"gamma": 0.97, "n_steps": 20, "batch_size": 100, "n_epochs": 2}
RUN = TrainingRun(
    environment_id=DELIVERY,
    environment_settings={},
    reward="speed",
    wrappers=(),
    algorithm="ppo",
    algorithm_settings=SETTINGS,
    num_envs=10,
    budget_steps=1000,
    evaluation_episodes=5,
    environment_seed=1,
    evaluation_seed=2,
    replay_seed=3,
    learner_seed=4,
)


def quiet(_: int) -> None:
    """Reports no progress."""


@functools.cache
def result() -> dict[str, Any]:
    """What comes of the run above; for all tests that only read it."""
    return train(RUN, quiet)


def fingerprint(run: TrainingRun) -> str:
    return json.dumps(train(run, quiet), sort_keys=True)


@pytest.mark.parametrize(
    "algorithm", ["ppo", *(pytest.param(name, marks=pytest.mark.slow) for name in ("a2c", "dqn", "maskable_ppo"))]
)
def test_repeated_run_is_bit_identical(algorithm: str) -> None:
    settings = {"gamma": 0.97, "learning_starts": 100} if algorithm == "dqn" else {"gamma": 0.97, "n_steps": 20}
    settings |= {"batch_size": 50} if "ppo" in algorithm else {}
    run = dataclasses.replace(RUN, algorithm=algorithm, algorithm_settings=settings, budget_steps=400)
    assert fingerprint(run) == fingerprint(run)


@pytest.mark.slow
def test_run_does_not_depend_on_the_process_or_on_global_streams() -> None:
    random.seed(99)
    np.random.seed(99)  # noqa: NPY002 - a disturbance on purpose
    torch.manual_seed(99)
    here = fingerprint(RUN)
    code = "from tests.agents.test_training import RUN, fingerprint; print(fingerprint(RUN))"
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == here == json.dumps(result(), sort_keys=True)


@pytest.mark.parametrize("changed", ["environment_seed", "learner_seed", "reward", "num_envs"])
def test_what_should_matter_does(changed: str) -> None:
    other = {"environment_seed": 9, "learner_seed": 9, "reward": "fixed_speed", "num_envs": 5}[changed]
    assert train(dataclasses.replace(RUN, **{changed: other}), quiet)["curve"] != result()["curve"]


def test_first_observations_are_shared_by_learners_of_one_environment_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    from rewardlab.agents.vector_adapter import VectorAdapter

    seen = []
    reset = VectorAdapter.reset

    def watched(self):
        seen.append(reset(self))
        return seen[-1]

    monkeypatch.setattr(VectorAdapter, "reset", watched)
    short = dataclasses.replace(RUN, budget_steps=200)
    train(short, quiet)
    train(dataclasses.replace(short, learner_seed=77, reward="fixed_speed"), quiet)
    train(dataclasses.replace(short, environment_seed=77), quiet)
    np.testing.assert_array_equal(seen[0], seen[1])
    assert (seen[0] != seen[2]).any()


def test_evaluation_is_paid_without_shaping_and_curve_with_it() -> None:
    shaping = ({"kind": "potential_shaping", "potential": "work_left", "gamma": 0.97},)
    result = train(dataclasses.replace(RUN, reward="fixed_speed", wrappers=shaping), quiet)
    evaluation = result["evaluation"]
    assert evaluation["paid"] == evaluation["rewards"]["fixed_speed"]
    assert evaluation["objective"] == pytest.approx(evaluation["rewards"]["on_time"], abs=1e-12)
    for point in result["curve"]:
        assert point["paid"] == pytest.approx(sum(point["ledger"].values()), abs=1e-9)
        assert point["ledger"]["shaping"] != 0
        assert point["ledger"]["unaccounted"] == 0


def test_weights_on_events_are_paid() -> None:
    result = train(dataclasses.replace(RUN, reward={"delivered": 1.0, "minutes": -0.01}), quiet)
    assert result["evaluation"]["paid"] == pytest.approx(result["evaluation"]["objective"], abs=1e-12)


def test_progress_is_reported_up_to_the_end() -> None:
    steps: list[int] = []
    result = train(RUN, steps.append)
    assert steps == sorted(steps)
    assert steps[-1] == result["steps"] == 1000
    # Each episode is counted in one span only.
    assert sum(point["episodes"] * point["length"] for point in result["curve"]) <= 1000


def test_replay_can_be_played_again() -> None:
    import gymnasium as gym

    replay = result()["replay"]
    env = gym.make(DELIVERY, reward="speed")
    env.reset(seed=replay["seed"])
    endings = [env.step(action)[2:4] for action in replay["actions"]]
    assert any(endings[-1])
    assert not any(any(ending) for ending in endings[:-1])


def test_diverged_weights_are_a_failure_not_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    from stable_baselines3 import PPO

    learn = PPO.learn

    def poisoned(self, *arguments, **settings):
        learn(self, *arguments, **settings)
        with torch.no_grad():
            next(self.policy.parameters())[0] = float("nan")
        return self

    monkeypatch.setattr(PPO, "learn", poisoned)
    with pytest.raises(Diverged, match=r"step 1000: got a weight in .* of nan, expected .*; lower"):
        train(RUN, quiet)


def test_an_environment_without_catalogue_is_its_own_objective() -> None:
    run = dataclasses.replace(RUN, environment_id="CartPole-v1", reward="environment")
    evaluation = train(run, quiet)["evaluation"]
    assert evaluation["objective"] == evaluation["paid"] == evaluation["steps"]
    assert evaluation["rewards"] == evaluation["exploits"] == evaluation["events"] == {}


@pytest.mark.parametrize("algorithm", ["ppo", "q_learning"])
def test_the_policy_is_evaluated_along_the_way_without_changing_it(
    algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rewardlab.agents.probe import Probe

    settings = SETTINGS if algorithm == "ppo" else {"gamma": 0.97, "learning_rate": 0.2}
    run = dataclasses.replace(RUN, algorithm=algorithm, algorithm_settings=settings, reward="fixed_speed")
    probed = train(run, quiet)
    monkeypatch.setattr(Probe, "__call__", lambda self, policy: 0.0)
    left_alone = train(run, quiet)
    assert any(point["evaluated"] != 0.0 for point in probed["curve"])
    assert probed["evaluation"] == left_alone["evaluation"]
    for point, other in zip(probed["curve"], left_alone["curve"], strict=True):
        assert {**point, "evaluated": 0.0} == other


def test_a_curriculum_does_not_make_the_evaluation_easier() -> None:
    """Training episodes begin next to the goal; evaluated ones where the task begins."""
    curriculum = {"kind": "curriculum", "stages": ["near"], "event": "exits", "window": 10_000, "rate": 1.0}
    run = dataclasses.replace(
        RUN,
        environment_id="rewardlab_envs:rewardlab/Gridworld-v0",
        environment_settings={"map": "four_rooms"},
        reward="sparse",
        wrappers=(curriculum,),
        algorithm="q_learning",
        algorithm_settings={"gamma": 0.99, "exploration_initial_eps": 1.0, "exploration_final_eps": 1.0},
        num_envs=4,
        budget_steps=4_000,
    )
    result = train(run, quiet)
    first, last = result["curve"][0], result["curve"][-1]
    assert first["objective"] > first["evaluated"] == pytest.approx(-1.0)
    # World and policy are deterministic, so all episodes from the task's one start are the same.
    assert result["evaluation"]["objective"] == pytest.approx(last["evaluated"])
