"""Gymnasium's toy-text tables as finite models: the published optima, and the same streams as the originals."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.mdp import (
    FiniteEnv,
    FiniteModel,
    FiniteVectorEnv,
    solve,
    solve_finite_horizon,
    toy_text_model,
    toy_text_task,
)
from rewardlab.rewards import Reward

OWN = Reward.from_event_weights({"reward": 1.0})
MADE: dict[str, dict[str, Any]] = {
    "FrozenLake-v1": {"is_slippery": False},
    "FrozenLake8x8-v1": {"is_slippery": False},
    "CliffWalking-v1": {"max_episode_steps": 50},
    "Taxi-v4": {},
}


def model_of(env_id: str, **settings: Any) -> FiniteModel:
    base: Any = gym.make(env_id, **settings).unwrapped
    return toy_text_model(base.P, base.initial_state_distrib)


def values_at_gamma_one(model: FiniteModel, horizon: int) -> np.ndarray:
    """The best undiscounted totals over a horizon that is long enough for them to have settled."""
    return solve_finite_horizon(model, model.reward_table(OWN), horizon).values[0]


def test_cliff_walking_takes_thirteen_steps() -> None:
    model = model_of("CliffWalking-v1")
    values = values_at_gamma_one(model, 100)
    assert values[36] == -13
    # One step up, then along the edge: eleven more, and one down.
    assert values[24:36].tolist() == [*range(-12, 0)]
    assert np.flatnonzero(model.terminal).tolist() == [47]


def test_frozen_lake_is_won_fourteen_times_in_seventeen() -> None:
    model = model_of("FrozenLake-v1", is_slippery=True)
    # A horizon of 1,500 steps leaves less than 1e-12 of the games undecided.
    assert values_at_gamma_one(model, 1500)[0] == pytest.approx(14 / 17, abs=1e-12)
    assert np.flatnonzero(model.terminal).tolist() == [5, 7, 11, 12, 15]


def test_the_large_frozen_lake_is_always_won_in_the_end() -> None:
    values = values_at_gamma_one(model_of("FrozenLake8x8-v1", is_slippery=True), 3000)
    assert values[0] == pytest.approx(1.0, abs=1e-6)


def test_taxi() -> None:
    # At best: 1 for each step but the last, which pays 20; the longest way is known to have 18 steps, the shortest 6.
    model = model_of("Taxi-v4")
    assert (model.n_states, int(model.terminal.sum())) == (504, 4), "a terminal twin for each place"
    starts = values_at_gamma_one(model, 50)[model.start > 0]
    assert (starts.max(), starts.min()) == (20 - 5, 20 - 17)
    assert starts.mean() == pytest.approx(7.93, abs=5e-3)


@pytest.mark.parametrize("env_id", MADE)
def test_the_same_actions_give_the_same_stream_as_in_the_original(env_id: str) -> None:
    settings = MADE[env_id]
    original = gym.make(env_id, **settings)
    task = toy_text_task(original)
    env, rng = FiniteEnv(task), np.random.default_rng(0)
    endings = np.zeros(2, dtype=int)
    for episode in range(30):
        state, _ = original.reset(seed=episode)
        env.reset(seed=0, options={"state": int(state)})
        for step in range(task.max_episode_steps):
            action = int(rng.integers(task.model.n_actions))
            theirs, ours = original.step(action), env.step(action)
            assert ours[1:3] == theirs[1:3], f"episode {episode}, step {step}"
            assert ours[0] == theirs[0] or (theirs[2] and ours[0] >= original.observation_space.n)
            if theirs[2] or theirs[3]:
                endings += theirs[2], theirs[3]
                assert theirs[2] or step + 1 == task.max_episode_steps
                break
    assert endings.sum() == 30


@pytest.mark.parametrize(
    "env_id", ["FrozenLake-v1", "CliffWalking-v1", pytest.param("Taxi-v4", marks=pytest.mark.slow)]
)
def test_slippery_ones_have_the_originals_chances(env_id: str) -> None:
    slippery = {"is_rainy": True} if env_id == "Taxi-v4" else {"is_slippery": True}
    base: Any = gym.make(env_id, **slippery).unwrapped
    model = toy_text_model(base.P, base.initial_state_distrib)
    for state in np.flatnonzero(~model.terminal[: len(base.P)]):
        for action in range(model.n_actions):
            for chance, reached, reward, ended in base.P[int(state)][action]:
                same = model.successor[state, action] == reached
                if ended and not same.any():
                    same = model.terminal[model.successor[state, action]]
                same &= model.events["reward"][state, action] == reward
                same &= model.terminal[model.successor[state, action]] == ended
                assert model.probability[state, action][same].sum() >= chance - 1e-12
    assert solve(model, model.reward_table(OWN), 0.9).expected_return > -100


def test_the_vector_environment_runs_it() -> None:
    env = FiniteVectorEnv(toy_text_task(gym.make("FrozenLake-v1")), 64)
    observations, _ = env.reset(seed=0)
    assert (observations == 0).all()
    won = 0.0
    for _ in range(300):
        _, rewards, terminations, truncations, infos = env.step(env.action_space.sample())
        assert (infos["objective"] == rewards).all()
        assert not (truncations & terminations).any()
        won += rewards.sum()
    assert won > 0


def test_a_state_that_is_also_entered_alive_keeps_its_number_and_gets_a_twin() -> None:
    # From 0 action 0 leads to 1 for good, action 1 leads there and goes on; from 1 everything pays 3 and ends in 0.
    table = {
        0: {0: [(1.0, 1, 5.0, True)], 1: [(1.0, 1, 0.0, False)]},
        1: {0: [(1.0, 0, 3.0, True)], 1: [(0.5, 0, 3.0, True), (0.5, 1, 3.0, True)]},
    }
    model = toy_text_model(table, [1.0, 0.0])
    assert model.terminal.tolist() == [False, False, True, True]
    assert model.successor[0, :, 0].tolist() == [3, 1]
    solution = solve(model, model.reward_table(OWN), 0.5)
    assert solution.action_values[:2].tolist() == [[5, 1.5], [3, 3]]


def test_an_end_that_loops_on_is_an_end_all_the_same() -> None:
    table = {0: {0: [(0.5, 1, 1.0, True), (0.5, 0, 0.0, False)]}, 1: {0: [(1.0, 1, 7.0, False)]}}
    model = toy_text_model(table, [1.0, 0.0])
    assert model.terminal.tolist() == [False, True]
    assert solve(model, model.reward_table(OWN), 0.5).values.tolist() == pytest.approx([0.5 / 0.75, 0])


def test_what_is_refused() -> None:
    with pytest.raises(BadInput, match=r"env: got .*CartPole.*, expected a toy-text environment, with a table `P`"):
        toy_text_task(gym.make("CartPole-v1"))
    with pytest.raises(BadInput, match="max_episode_steps: got None, expected a time limit"):
        toy_text_task(gym.make("CliffWalking-v1"))
    assert toy_text_task(gym.make("CliffWalking-v1"), max_episode_steps=9).max_episode_steps == 9
    with pytest.raises(BadInput, match="fickle_passenger=True, expected dynamics that the table holds"):
        toy_text_task(gym.make("Taxi-v4", fickle_passenger=True))
    with pytest.raises(BadInput, match="table: got other states or actions"):
        toy_text_model({1: {0: [(1.0, 1, 0.0, False)]}}, [1.0])
    with pytest.raises(BadInput, match="table: got next state 2, expected one of the 1 states"):
        toy_text_model({0: {0: [(1.0, 2, 0.0, False)]}}, [1.0])
