"""Evaluation episodes are whole, in order, and scored under every reward."""

from __future__ import annotations

from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from rewardlab.agents import evaluation_scores, make_vector, play_episodes
from rewardlab.errors import BadInput, RunFailed
from rewardlab.mdp import solve_finite_horizon
from rewardlab.rewards import Catalogue, Exploit

DELIVERY = "rewardlab_envs:rewardlab/Delivery-v0"
ENDGAME = "rewardlab_envs:rewardlab/Endgame-v0"


def played(policy, episodes: int = 40, seed: int = 0):
    env = make_vector(DELIVERY, {}, "speed", episodes, AutoresetMode.DISABLED)
    return env, play_episodes(env, policy(env), seed)


def random_policy(env):
    rng = np.random.default_rng(5)
    return lambda observations, *_: rng.integers(0, 6, len(observations))


def optimal_policy(env):
    """Plays the objective's optimum; reads the states from the environment, as a test may."""
    task = env.task
    best = solve_finite_horizon(task.model, task.objective_table, task.max_episode_steps).optimal
    clock = iter(range(task.max_episode_steps))
    return lambda *_: best[next(clock)][env._states].argmax(axis=1)


def test_episodes_are_whole_and_in_order() -> None:
    env, episodes = played(random_policy)
    assert len(episodes) == 40
    for episode in episodes:
        steps = episode.steps
        np.testing.assert_array_equal(steps.state[1:], steps.next_state[:-1])
        assert not steps.terminated[:-1].any()
        assert steps.terminated[-1] or len(steps) == env.max_episode_steps
        assert env.task.model.start[steps.state[0]] > 0


def test_the_exact_optimum_is_reached_by_the_optimal_policy_from_the_same_starts() -> None:
    env, episodes = played(optimal_policy)
    task = env.task
    values = solve_finite_horizon(task.model, task.objective_table, task.max_episode_steps).values[0]
    for episode in episodes:
        assert episode.objective.sum() == pytest.approx(values[episode.steps.state[0]], abs=1e-12)


def test_scores_agree_with_what_the_environment_paid() -> None:
    env, episodes = played(random_policy)
    catalogue = Catalogue.of(env)
    scores = evaluation_scores(episodes, catalogue.reward("speed"), catalogue)
    assert scores["paid"] == scores["rewards"]["speed"]
    assert scores["objective"] == pytest.approx(scores["rewards"]["on_time"], abs=1e-12)
    assert set(scores["exploits"]) == {"drop_at_once", "farm_pickups", "drive_in_circles"}
    assert scores["events"]["minutes"] > 0


def test_an_exploit_in_every_episode_has_a_share_of_exactly_one() -> None:
    env, episodes = played(random_policy)
    catalogue = Catalogue.of(env)
    every = Exploit("always", "", lambda steps: True)
    watched = replace(
        catalogue, rewards={name: replace(reward, exploit=every) for name, reward in catalogue.rewards.items()}
    )
    # 49 times 1/49 added up is 0.9999999999999999, and 100 times 1/100 more than 1.
    assert evaluation_scores((episodes * 49)[:49], None, watched)["exploits"] == {"always": 1.0}


def test_an_environment_that_restarts_by_itself_is_refused() -> None:
    env = gym.make_vec(DELIVERY, 2, autoreset_mode="SameStep")
    with pytest.raises(BadInput, match="expected DISABLED"):
        play_episodes(env, random_policy(env), 0)


def test_an_episode_without_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rewardlab.agents.evaluation.MAX_EPISODE_STEPS", 500)
    env = make_vector("MountainCar-v0", {"max_episode_steps": 10_000}, "environment", 2, AutoresetMode.DISABLED)
    with pytest.raises(RunFailed, match="evaluation: got no end after 500 steps; give the environment a time limit"):
        play_episodes(env, lambda *_: np.ones(2, dtype=np.int64), 0)


def test_masks_reach_the_policy_from_copies_and_from_a_native_vector() -> None:
    seen = []

    def first_legal(observations, states, masks):
        seen.append(masks)
        return masks.argmax(axis=1)

    play_episodes(make_vector(DELIVERY, {}, "speed", 2, AutoresetMode.DISABLED), first_legal, 0)
    copies = gym.make_vec(
        DELIVERY, 2, vectorization_mode="sync", vector_kwargs={"autoreset_mode": AutoresetMode.DISABLED}
    )
    play_episodes(copies, first_legal, 0)
    assert {masks.shape for masks in seen} == {(2, 6)}
    assert all(masks.dtype == bool for masks in seen)


def test_where_not_all_is_legal_a_policy_is_told_the_state_that_it_acts_in() -> None:
    # Games end at different times. Those that have are begun anew and played on, though nothing of it is kept.
    env = make_vector(ENDGAME, {"illegal_moves": "refused"}, "mate", 30, AutoresetMode.DISABLED)
    legal, rng = env.task.model.legal, np.random.default_rng(0)

    def by_state(observations, states, masks):
        np.testing.assert_array_equal(masks, legal[states])
        return (masks * rng.random(masks.shape)).argmax(axis=1)

    episodes = play_episodes(env, by_state, 0)
    assert len({len(episode.steps) for episode in episodes}) > 5
    assert all((episode.steps.next_state[:-1] == episode.steps.state[1:]).all() for episode in episodes)


def test_an_event_may_be_averaged_where_another_occurs() -> None:
    env = make_vector(ENDGAME, {}, "mate", 60, AutoresetMode.DISABLED)
    rng = np.random.default_rng(1)
    episodes = play_episodes(env, lambda observations, *_: rng.integers(0, 32, len(observations)), 0)
    catalogue = Catalogue.of(env)
    assert catalogue.averaged_where == {"wasted_moves": "mate"}
    won = [episode.steps for episode in episodes if episode.objective.sum() == 1]
    assert 0 < len(won) < 60
    events = evaluation_scores(episodes, None, catalogue)["events"]
    assert events["wasted_moves"] == np.mean([steps.event("wasted_moves").sum() for steps in won])
    assert events["moves"] == np.mean([episode.steps.event("moves").sum() for episode in episodes])
    lost = [episode for episode in episodes if episode.objective.sum() == 0]
    assert set(events) - set(evaluation_scores(lost, None, catalogue)["events"]) == {"wasted_moves"}
