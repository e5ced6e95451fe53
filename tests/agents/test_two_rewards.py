"""Two rewards side by side in a vector, and their mixture: against the reward of the steps that were really taken."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, VectorEnv

from rewardlab.agents.two_rewards import VectorMixture, VectorTwoRewards
from rewardlab.errors import BadInput
from rewardlab.rewards import Reward
from rewardlab_envs.delivery import delivery_vector_env

# What a step came from and led to, so that a state remembered wrongly shows.
DRIFT = Reward.from_function(lambda steps: _first(steps.next_state) - 2 * _first(steps.state), name="drift")


def _first(places: Any) -> Any:
    return places.reshape(len(places), -1)[:, 0].astype(np.float64)


def cartpoles() -> VectorEnv[Any, Any, Any]:
    disabled = {"autoreset_mode": AutoresetMode.DISABLED}
    return gym.make_vec("CartPole-v1", 5, vectorization_mode="sync", vector_kwargs=disabled)


def deliveries() -> VectorEnv[Any, Any, Any]:
    return delivery_vector_env(5, orders=1, town_map="DA.", autoreset_mode="Disabled", max_episode_steps=7)


@pytest.mark.parametrize("make", [cartpoles, deliveries])
def test_rewards_are_those_of_the_steps_taken_also_after_partial_resets(make: Any) -> None:
    two = VectorTwoRewards(make(), DRIFT, Reward.from_function(lambda steps: _first(steps.state), name="before"))
    mixture = VectorMixture(two, two, 2.0, -3.0)
    mixture.action_space.seed(0)
    observations, infos = mixture.reset(seed=0)
    now, resets = _first(infos.get("state", observations)), 0
    for _ in range(60):
        observations, rewards, terminations, truncations, infos = mixture.step(mixture.action_space.sample())
        reached = _first(infos.get("state", observations))
        assert two.objective == pytest.approx(now)
        assert infos["objective"] == pytest.approx(now)
        assert rewards == pytest.approx(2 * (reached - 2 * now) - 3 * now)
        assert "ledger" not in infos, "the lines of another reward do not add up to this one"
        ended, now = terminations | truncations, reached
        if ended.any():
            resets += int(not ended.all())
            observations, infos = mixture.reset(options={"reset_mask": ended.copy()})
            now = np.where(ended, _first(infos.get("state", observations)), now)
    assert resets > 0 or make is deliveries


def test_by_default_an_environment_says_what_it_means_or_means_what_it_pays() -> None:
    for make, own in ((cartpoles, lambda rewards, infos: rewards), (deliveries, lambda rewards, infos: infos["own"])):
        plain, two = make(), VectorTwoRewards(make(), None, None)
        plain.reset(seed=0), two.reset(seed=0)
        actions = np.ones(5, dtype=np.int64)
        _, rewards, _, _, infos = plain.step(actions)
        _, paid, _, _, _ = two.step(actions)
        assert paid.tolist() == rewards.tolist()
        assert two.objective.tolist() == own(rewards, {"own": infos.get("objective")}).tolist()


def test_another_mode_is_refused() -> None:
    with pytest.raises(BadInput, match="expected DISABLED"):
        VectorTwoRewards(delivery_vector_env(2), None, None)
