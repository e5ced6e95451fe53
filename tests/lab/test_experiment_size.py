"""What an experiment asks for: the steps that are told are those that are run, and many runs are counted aloud."""

from __future__ import annotations

import pytest

from rewardlab.agents import train
from rewardlab.agents.algorithms import steps_to_run
from rewardlab.errors import BadInput
from rewardlab.lab.experiment_size import MOST_RUNS, refuse_large, rounding_notes
from tests.lab.small_experiment import plan_of, small_spec, with_learner


@pytest.mark.parametrize(
    ("algorithm", "settings", "expected"),
    [
        ("ppo", {"n_steps": 16, "batch_size": 16}, 64),  # rollouts of 4 * 16
        ("a2c", {}, 60),  # SB3's own rollouts of 5 steps, in 4 environments
        ("dqn", {"learning_starts": 1000, "buffer_size": 100}, 64),  # of 4
        ("dqn", {"learning_starts": 1000, "buffer_size": 100, "train_freq": 1}, 52),
        ("q_learning", {}, 52),
    ],
)
def test_the_steps_that_are_told_are_those_that_are_run(
    algorithm: str, settings: dict[str, object], expected: int
) -> None:
    spec = small_spec(
        seeds=1,
        budget_steps=50,
        evaluation_episodes=1,
        algorithm={"name": algorithm, "num_envs": 4, "settings": settings},
        variants=[{"name": "plain", "reward": "speed"}],
    )
    plan = plan_of(spec)
    assert steps_to_run(algorithm, settings, 4, 50) == expected
    assert train(plan.runs[0].training, lambda _: None)["steps"] == expected
    assert rounding_notes(plan) == [f"{expected} steps will be run instead of 50, since whole rollouts are finished"]


def test_nothing_is_said_where_the_budget_is_met() -> None:
    assert rounding_notes(plan_of(small_spec())) == []


def test_variants_that_differ_are_told_apart() -> None:
    spec = with_learner(n_steps=1024, batch_size=1024)
    spec["algorithm"]["num_envs"] = 1
    spec["budget_steps"] = 5000
    spec["variants"][1]["algorithm"] = {"settings": {"n_steps": 2048}}
    assert rounding_notes(plan_of(spec)) == [
        "5,120 steps will be run instead of 5,000, since whole rollouts are finished: hacked",
        "6,144 steps will be run instead of 5,000, since whole rollouts are finished: repaired",
    ]


def test_more_runs_than_one_means_are_refused_with_their_number_and_what_they_take() -> None:
    refuse_large(10, MOST_RUNS // 10, 10**9, "seeds")
    with pytest.raises(BadInput) as refused:
        refuse_large(3, 10_000, 1_000_000, "seeds")
    told = str(refused.value)
    assert told.startswith(
        "seeds: got 3 variants with 10,000 seeds: 30,000 runs of 1,000,000 steps, 30,000,000,000 in all"
    )
    assert told.endswith("expected at most 1,000 runs; if it is meant, add --yes")
