"""The form of the shaping, from records: slips planted in wrapped environments, and clean ones."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit, TransformReward

from rewardlab.audit.sampling.recording import Record, random_policy, record_episodes
from rewardlab.audit.sampling.sampled_shaping import sampled_shaping, sampled_shaping_finding
from rewardlab.mdp import FiniteEnv
from rewardlab.rewards import Potential
from rewardlab.wrappers import PotentialShaping, RewardClipping
from rewardlab_envs.boat_race import boat_race_task
from rewardlab_envs.delivery import delivery_task
from rewardlab_envs.gridworld import gridworld_task

TASKS = {
    "delivery": delivery_task(1, "DA."),
    "gridworld": gridworld_task(map="two_exits"),
    "boat_race": boat_race_task(),
}
GAMMA = 0.9


class Slipping(gym.Wrapper[Any, Any, Any, Any]):
    """Shapes by a table of potentials as people do, with one slip: what a next state counts as."""

    def __init__(self, env: gym.Env[Any, Any], potential: np.ndarray, slip: str) -> None:
        super().__init__(env)
        self._potential, self._slip, self._now = potential, slip, 0.0

    def reset(self, **arguments: Any) -> tuple[Any, dict[str, Any]]:
        observation, info = self.env.reset(**arguments)
        self._now = self._potential[info["state"]]
        return observation, info

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(action)
        after = self._potential[info["state"]]
        if (terminated and self._slip != "terminal kept") or (truncated and self._slip == "truncation zeroed"):
            after = 0.0
        gamma = 0.8 if self._slip == "other gamma" else GAMMA
        added, self._now = gamma * after - self._now, after
        return observation, float(reward) + added, terminated, truncated, info


def bare(name: str, steps: int = 6) -> gym.Env[Any, Any]:
    return TimeLimit(FiniteEnv(TASKS[name]), steps)


def potential_of(name: str) -> np.ndarray:
    return np.random.default_rng(5).normal(size=TASKS[name].model.n_states)


def record_of(env: gym.Env[Any, Any], episodes: int = 300) -> Record:
    return record_episodes(env, random_policy(env, np.random.default_rng(0)), episodes=episodes, seed=0)


@pytest.mark.parametrize("name", TASKS)
def test_honest_shaping_is_clean_with_the_potential_that_it_has(name: str) -> None:
    table = potential_of(name)
    env = PotentialShaping(bare(name), Potential.from_table(table, name="table"), gamma=GAMMA)
    record = record_of(env)
    answer = sampled_shaping([record], GAMMA)
    assert record.truncated.any()
    assert answer.is_shaping is True
    assert answer.spare > 0
    finding = sampled_shaping_finding([record], GAMMA)
    assert (finding.level, finding.basis) == ("fine", "sampled")
    # From a state from which an end is certain the potential is what it was made of; elsewhere too, below gamma 1.
    left = ~TASKS[name].model.terminal[answer.states]
    assert answer.form.fit.potential[left] == pytest.approx(table[answer.states][left], abs=1e-6)


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("slip", ["truncation zeroed", "other gamma"])
def test_a_planted_slip_is_found_and_named(name: str, slip: str) -> None:
    record = record_of(Slipping(bare(name), potential_of(name), slip))
    finding = sampled_shaping_finding([record], GAMMA)
    assert finding.level == "note"
    assert finding.data["is_shaping"] is False
    assert ("gamma mismatch" if slip == "other gamma" else slip) in finding.data["slips"]


def test_a_potential_kept_at_the_end_is_found_and_named() -> None:
    record = record_of(Slipping(bare("gridworld", 60), potential_of("gridworld"), "terminal kept"))
    assert record.steps.terminated.any()
    finding = sampled_shaping_finding([record], GAMMA)
    assert finding.data["slips"][0] == "terminal potential kept"


@pytest.mark.parametrize("name", TASKS)
def test_the_same_wrapper_without_a_slip_is_clean(name: str) -> None:
    assert sampled_shaping([record_of(Slipping(bare(name), potential_of(name), "none"))], GAMMA).is_shaping is True


def test_clipping_after_shaping_is_found() -> None:
    table = potential_of("gridworld")
    shaped = PotentialShaping(bare("gridworld"), Potential.from_table(table, name="table"), gamma=GAMMA)
    finding = sampled_shaping_finding([record_of(RewardClipping(shaped, -0.5, 0.5))], GAMMA)
    assert "clipped after shaping" in finding.data["slips"]


def test_what_does_not_differ_is_said_not_to() -> None:
    finding = sampled_shaping_finding([record_of(bare("delivery"))], GAMMA)
    assert finding.level == "fine"
    assert "do not differ" in finding.verdict


def test_a_record_that_fits_anything_says_that_it_cannot_tell() -> None:
    # One short episode that comes to no state twice: six equations or fewer, and a potential for each state.
    doubled = TransformReward(gym.make("CliffWalking-v1", max_episode_steps=3), lambda amount: 2 * amount)
    meant = (
        TASKS["delivery"].catalogue.rewards["on_time"].from_function(lambda steps: np.zeros(len(steps)), name="none")
    )
    walk = iter([0, 0, 0])
    record = record_episodes(doubled, lambda observation: next(walk), episodes=1, seed=0, objective=meant)
    assert len(np.unique(record.steps.next_state)) == 3
    assert sampled_shaping([record], GAMMA).is_shaping is None
    finding = sampled_shaping_finding([record], GAMMA)
    assert finding.level == "note"
    assert finding.verdict.startswith("Cannot be told")


def test_states_without_numbers_are_not_asked_about() -> None:
    finding = sampled_shaping_finding([record_of(gym.make("CartPole-v1"), episodes=3)], GAMMA)
    assert finding.basis == "not asked"
