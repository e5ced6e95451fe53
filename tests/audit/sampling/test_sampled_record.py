"""A record of episodes: what it holds, and that it is the same again."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit, TransformReward

from rewardlab.audit.sampling.recording import random_policy, record_episodes
from rewardlab.errors import BadInput, InvalidReward
from rewardlab.mdp import FiniteEnv
from rewardlab.rewards import Potential, Reward
from rewardlab.wrappers import PotentialShaping
from tests.mdp.tiny_models import slippery_fork, task_of
from tests.wrappers.scripted_env import ScriptedEnv, ScriptedEpisode, ScriptedStep

EPISODES = [
    ScriptedEpisode(0, [ScriptedStep(1, 1.0), ScriptedStep(2, 2.0, terminated=True)]),
    ScriptedEpisode(3, [ScriptedStep(4, 4.0, truncated=True)]),
    ScriptedEpisode(0, [ScriptedStep(5, 8.0, terminated=True, truncated=True)]),
]


def always(action: int) -> Any:
    return lambda observation: action


def test_what_was_played_is_what_is_kept() -> None:
    counted: list[int] = []
    env = ScriptedEnv(EPISODES, events=True)
    record = record_episodes(env, always(1), episodes=3, seed=0, on_progress=counted.append)
    assert record.steps.state.tolist() == [0, 1, 3, 0]
    assert record.steps.next_state.tolist() == [1, 2, 4, 5]
    assert record.steps.action.tolist() == [1] * 4
    assert record.steps.terminated.tolist() == [False, True, False, True]
    assert record.truncated.tolist() == [False, False, True, False], "what has terminated was not cut off"
    assert record.steps.event("odd").tolist() == [1, 0, 0, 1]
    assert record.proxy.tolist() == record.objective.tolist() == [1, 2, 4, 8]
    assert (record.first.tolist(), record.lengths.tolist()) == ([0, 2, 3], [2, 1, 1])
    # 1 + 0.5 * 2, 4 and 8.
    assert record.returns(record.proxy, 0.5).tolist() == [2, 4, 8]
    assert record.numbered
    assert counted == [1, 2, 3]


class OneOfEach(gym.Env[Any, Any]):
    """Three steps an episode; one array of a state and one dictionary of events, filled anew in each step."""

    observation_space = gym.spaces.Box(-9.0, 9.0, (1,))
    action_space = gym.spaces.Box(-9.0, 9.0, (1,))

    def __init__(self) -> None:
        self.place, self.events = np.zeros(1), {"moved": 0.0}

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        self.place[:] = 0.0
        return self.place, {"state": self.place}

    def step(self, action: Any) -> Any:
        self.place += action
        self.events["moved"] = float(action[0])
        return self.place, 1.0, bool(self.place[0] >= 6), False, {"state": self.place, "events": self.events}


def test_what_is_filled_anew_in_each_step_is_kept_as_it_was() -> None:
    given = np.zeros(1)

    def one_more(observation: Any) -> Any:
        given[:] = given + 1.0
        return given

    record = record_episodes(OneOfEach(), one_more, episodes=1, seed=0)
    assert record.steps.action[:, 0].tolist() == [1, 2, 3]
    assert record.steps.state[:, 0].tolist() == [0, 1, 3]
    assert record.steps.next_state[:, 0].tolist() == [1, 3, 6]
    assert record.steps.event("moved").tolist() == [1, 2, 3]


def test_observations_stand_for_states_that_have_no_number() -> None:
    record = record_episodes(ScriptedEnv(EPISODES, state_in_info=False), always(0), episodes=3, seed=0)
    assert not record.numbered
    assert record.steps.state[:, 0].tolist() == [0, 1, 3, 0]


def test_the_objective_is_the_environments_own_beneath_our_wrappers() -> None:
    potential = Potential.from_table(np.arange(6.0), name="number")
    record = record_episodes(
        PotentialShaping(ScriptedEnv(EPISODES), potential, gamma=1.0), always(0), episodes=3, seed=0
    )
    assert record.objective.tolist() == [1, 2, 4, 8]
    # The potential rises by 1; ends count 0 where the task is over, and as they are where it is cut off.
    assert record.lines["shaping"].tolist() == [1, -1, 1, 0]
    assert record.proxy.tolist() == [2, 1, 5, 8]


def test_an_objective_out_of_sight_is_refused_and_a_given_one_is_taken() -> None:
    env = TransformReward(ScriptedEnv(EPISODES), lambda amount: 2 * amount)
    with pytest.raises(BadInput, match=r"info\['objective'\]: got nothing, and a reward that TransformReward changes"):
        record_episodes(env, always(0), episodes=3, seed=0)
    meant = Reward.from_function(lambda steps: steps.next_state, name="where")
    record = record_episodes(env, always(0), episodes=3, seed=0, objective=meant)
    assert record.proxy.tolist() == [2, 4, 8, 16]
    assert record.objective.tolist() == [1, 2, 4, 5]


def test_a_reward_given_is_what_is_paid_term_by_term() -> None:
    paid = Reward.from_event_weights({"odd": 3.0})
    record = record_episodes(ScriptedEnv(EPISODES, events=True), always(0), episodes=3, seed=0, reward=paid)
    assert record.proxy.tolist() == record.lines["odd"].tolist() == [3, 0, 0, 3]
    assert record.objective.tolist() == [1, 2, 4, 8]


def test_a_reward_that_is_no_number_is_named() -> None:
    env = ScriptedEnv([ScriptedEpisode(0, [ScriptedStep(1, 1.0), ScriptedStep(1, np.nan)])])
    with pytest.raises(InvalidReward, match="episode 0, step 1: got reward nan"):
        record_episodes(env, always(0), episodes=1, seed=0)


def test_the_random_policy_keeps_to_legal_actions_and_takes_them_alike() -> None:
    model = slippery_fork()
    env = TimeLimit(FiniteEnv(task_of(model)), 20)
    record = record_episodes(env, random_policy(env, np.random.default_rng(0)), episodes=600, seed=1)
    assert model.legal[record.steps.state, record.steps.action].all()
    in_first = record.steps.action[record.steps.state == 0]
    # Each of three with 1/3: a standard error is sqrt(2 / 9 / n).
    shares = np.bincount(in_first, minlength=3) / len(in_first)
    assert np.abs(shares - 1 / 3).max() < 4 * np.sqrt(2 / 9 / len(in_first))


def test_the_same_seeds_give_the_same_record_and_leave_the_environments_draws_alone() -> None:
    def recorded() -> Any:
        env = gym.make("Pendulum-v1", max_episode_steps=5)
        env.action_space.seed(7)
        record = record_episodes(env, random_policy(env, np.random.default_rng(0)), episodes=3, seed=1)
        return record, env.action_space.sample()

    (first, drawn), (second, _) = recorded(), recorded()
    assert np.array_equal(first.steps.action, second.steps.action)
    assert np.array_equal(first.proxy, second.proxy)
    assert len(np.unique(first.steps.action)) == 15, "an action is drawn anew for each step"
    alone = gym.make("Pendulum-v1").action_space
    alone.seed(7)
    assert drawn == alone.sample()
