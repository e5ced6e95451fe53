"""The signal as a random policy finds it, against what is known exactly."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit

from rewardlab.audit.sampling.recording import Record, random_policy, record_episodes
from rewardlab.audit.sampling.sampled_signal import sampled_signal, sampled_signal_finding
from rewardlab.mdp import FiniteEnv
from rewardlab.rewards import Reward
from tests.mdp.tiny_models import exit_or_stay, task_of
from tests.wrappers.scripted_env import ScriptedEnv, ScriptedEpisode, ScriptedStep

RNG = np.random.default_rng


def record_of(env: gym.Env[Any, Any], episodes: int, seed: int = 0, reward: Reward | None = None) -> Record:
    return record_episodes(
        env, random_policy(env, RNG(seed)), episodes=episodes, seed=seed, name="random", reward=reward
    )


def test_steps_to_the_first_payment_by_hand() -> None:
    # Paid after 2 steps, never in 3, paid after 1: 6 steps for two payments.
    scripted = [
        ScriptedEpisode(0, [ScriptedStep(1, 0.0), ScriptedStep(1, 1.0), ScriptedStep(1, 1.0, truncated=True)]),
        ScriptedEpisode(0, [ScriptedStep(1, 0.0), ScriptedStep(1, 0.0), ScriptedStep(1, 0.0, truncated=True)]),
        ScriptedEpisode(0, [ScriptedStep(1, -3.0, terminated=True)]),
    ]
    answer = sampled_signal(record_of(ScriptedEnv(scripted), 3), 0.9, RNG(0))
    assert answer.first_payment.value == 3.0
    assert (answer.paid_episodes, answer.episodes, answer.paid_steps) == (2, 3, 3 / 7)
    assert (answer.smallest, answer.largest) == (1, 3)


def test_the_interval_holds_the_exact_number_as_often_as_stated() -> None:
    # Stay or leave with 1/2 each; only leaving pays. 2 steps on average, however soon a time limit cuts off: of
    # episodes of at most 2 steps, 1.5 steps each are played and 3/4 are paid.
    held = 0
    for seed in range(60):
        env = TimeLimit(FiniteEnv(task_of(exit_or_stay())), 2)
        first = sampled_signal(record_of(env, 60, seed), 0.9, RNG(seed)).first_payment
        held += first.low <= 2.0 <= first.high
    # 57 are expected, with a deviation of 1.7.
    assert held >= 51


def test_what_is_never_paid_is_bounded_by_the_rule_of_three() -> None:
    silent = [ScriptedEpisode(0, [ScriptedStep(1, 0.0)] * 9 + [ScriptedStep(1, 0.0, truncated=True)])]
    record = record_of(ScriptedEnv(silent), 100)
    answer = sampled_signal(record, 0.9, RNG(0))
    # At most 3 in 100 episodes of 10 steps: at least 1000 / 3 steps.
    assert (answer.first_payment.value, answer.first_payment.low) == (np.inf, pytest.approx(1000 / 3))
    assert answer.terms["environment"].at_most == pytest.approx(0.03)
    finding = sampled_signal_finding(record, 0.9, RNG(0))
    assert finding.level == "caution"
    assert "never fired in 1000 steps of 100 episodes: in at most 3 % of episodes" in " ".join(finding.evidence)
    assert finding.data["first_payment"] == [None, pytest.approx(1000 / 3), None]


@pytest.mark.parametrize("episodes", [30, 100])
def test_the_rule_of_three_holds(episodes: int) -> None:
    # What happens in more than 3/n of episodes is missed in n of them with probability (1 - 3/n)^n < e^-3 < 0.05.
    assert (1 - 3 / episodes) ** episodes < 0.05


def test_terms_are_measured_one_by_one() -> None:
    env = gym.make("rewardlab_envs:rewardlab/Delivery-v0", reward="pickup_bonus")
    record = record_of(env, 50)
    answer = sampled_signal(record, 0.97, RNG(0))
    assert set(answer.terms) == {"speed_on_arrival", "picked_up"}
    bonus = answer.terms["picked_up"]
    assert (bonus.mean, bonus.largest) == (pytest.approx(0.1), pytest.approx(0.1))
    assert bonus.share == pytest.approx((record.steps.event("picked_up") > 0).mean())


def test_a_planted_term_that_never_fires_is_named_and_a_clean_reward_is_not() -> None:
    env = gym.make("rewardlab_envs:rewardlab/TomatoWatering-v0")
    planted = Reward.from_event_weights({"watered": 0.02}).terms
    never = Reward.from_function(lambda steps: 5.0 * (steps.event("watered") > 12), name="all_of_them").terms
    finding = sampled_signal_finding(record_of(env, 20, reward=Reward("both", planted + never)), 0.99, RNG(0))
    assert finding.level == "note"
    assert "Never seen to fire: all_of_them." in finding.verdict
    assert sampled_signal_finding(record_of(env, 20), 0.99, RNG(0)).level == "fine"


def test_a_sparse_reward_is_told_from_a_dense_one() -> None:
    sparse = sampled_signal_finding(record_of(gym.make("FrozenLake-v1", map_name="8x8"), 100), 0.99, RNG(0))
    dense = sampled_signal_finding(record_of(gym.make("CartPole-v1"), 50), 0.99, RNG(0))
    # A random walk crosses the frozen lake of 64 cells in about one of 1,000 episodes.
    assert (sparse.level, sparse.data["paid_episodes"] < 5) == ("caution", True)
    assert (dense.level, dense.data["paid_steps"]) == ("fine", 1.0)
