"""Delivery as an environment: what Gymnasium and SB3 ask of one, pictures, seeds, and what it refuses."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteEnv, FiniteVectorEnv
from rewardlab_envs.delivery import delivery_task
from rewardlab_envs.delivery.picture import CELL_PIXELS
from rewardlab_envs.delivery.rewards import REWARDS

ID = "rewardlab_envs:rewardlab/Delivery-v0"


@pytest.mark.parametrize("reward", REWARDS)
def test_gymnasium_and_sb3_accept_it(reward: str) -> None:
    from stable_baselines3.common.env_checker import check_env as sb3_check_env

    env = gym.make(ID, reward=reward)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # It has render modes, but a checked environment is asked to render in all of them, without being told how.
        check_env(env.unwrapped, skip_render_check=True)
        sb3_check_env(env.unwrapped, warn=True)


@pytest.mark.parametrize("mode", ["ansi", "rgb_array"])
def test_gymnasium_accepts_its_pictures(mode: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(gym.make(ID, render_mode=mode).unwrapped)


def test_gym_make_limits_the_episode_to_forty_steps() -> None:
    env = gym.make(ID)
    env.reset(seed=0)
    endings = [env.step(0)[2:4] for _ in range(40)]
    assert endings[-2:] == [(False, False), (False, True)]


def test_gym_make_vec_gives_the_native_environment() -> None:
    env = gym.make_vec(ID, num_envs=3, reward="speed", orders=1, autoreset_mode=AutoresetMode.SAME_STEP)
    assert isinstance(env, FiniteVectorEnv)
    assert (env.num_envs, env.max_episode_steps, env.table.reward.name) == (3, 40, "speed")
    assert env.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    assert gym.make_vec(ID, num_envs=2, max_episode_steps=7).unwrapped.max_episode_steps == 7


def test_gym_make_vec_sync_gives_gymnasiums_own() -> None:
    env = gym.make_vec(ID, num_envs=2, vectorization_mode="sync", orders=1)
    assert isinstance(env, gym.vector.SyncVectorEnv)
    assert env.reset(seed=0)[0].shape == (2, len(delivery_task(1).observations[0]))


def test_reset_and_step_infos() -> None:
    env = gym.make(ID, reward="pickup_bonus")
    _, info = env.reset(seed=0)
    assert set(info) == {"state"}
    _, reward, _, _, info = env.step(4)
    assert set(info) == {"state", "objective", "ledger", "events"}
    assert set(info["ledger"]) == {"speed_on_arrival", "picked_up"}
    assert reward == sum(info["ledger"].values())
    assert info["objective"] == pytest.approx(-0.001)


def test_text_picture() -> None:
    env = FiniteEnv(delivery_task(2, "A.D~\n#B.."), render_mode="ansi")
    env.reset(options={"state": int(np.flatnonzero(env.task.model.start)[-1])})
    assert env.render() == "A . D ~\n# B . &\nparcel for B in the bag, ordered 0 minutes ago; 2 left"
    env.step(5)
    assert env.render() == "A . D ~\n# B . @\nparcel for B at the depot, ordered 0 minutes ago; 2 left"


def test_image() -> None:
    env = FiniteEnv(delivery_task(1, "A.D~\n#B.."), render_mode="rgb_array")
    env.reset(options={"state": int(np.flatnonzero(env.task.model.start)[-1])})  # the parcel in the bag
    image = env.render()
    assert (image.shape, image.dtype) == ((2 * CELL_PIXELS, 4 * CELL_PIXELS, 3), np.uint8)
    before = image.copy()
    env.step(5)
    assert (env.render() != image).any(), "another state looks otherwise"
    assert (image == before).all(), "a frame once given is not drawn over"


def test_vector_pictures() -> None:
    env = gym.make_vec(ID, num_envs=2, render_mode="ansi")
    env.reset(seed=0)
    assert [type(frame) for frame in env.render()] == [str, str]
    assert gym.make_vec(ID, num_envs=2).render() is None


@pytest.mark.parametrize("made", [lambda: gym.make(ID), lambda: gym.make_vec(ID, num_envs=4)], ids=["one", "many"])
def test_a_seed_gives_the_same_episodes_again(made: Any) -> None:
    def stream(seed: int | None) -> np.ndarray:
        env = made()
        first, _ = env.reset(seed=seed)
        env.action_space.seed(3)
        return np.array([np.ravel(first), *(np.ravel(env.step(env.action_space.sample())[0]) for _ in range(30))])

    assert (stream(7) == stream(7)).all()
    assert (stream(7) != stream(8)).any()


def test_rewards_and_tasks_travel_between_processes() -> None:
    task = delivery_task(1, "ADB")
    for name, reward in task.catalogue.rewards.items():
        sent = pickle.loads(pickle.dumps(reward))
        assert (task.model.reward_table(sent) == task.model.reward_table(reward)).all(), name
    sent = pickle.loads(pickle.dumps(task))
    assert (sent.objective_table == task.objective_table).all()
    states = np.arange(task.model.n_states)
    assert (sent.catalogue.potential("distance")(states) == task.catalogue.potential("distance")(states)).all()


@pytest.mark.parametrize(
    ("town", "said"),
    [
        ("A.D\n..", "rows of different lengths, expected rows of one length"),
        ("A..", "0 depots 'D', expected exactly one"),
        ("AD\nD.", "2 depots 'D', expected exactly one"),
        ("D..", "customers '', expected A, B, C, E… each once"),
        ("DA.A", "customers 'AA', expected A, B, C, E… each once"),
        ("DB", "customers 'B', expected A, B, C, E… each once"),
        ("Da", "customers 'a', expected A, B, C, E… each once"),
        ("DA?", r"characters '\?AD', expected A-Z . ~ # D"),
        ("D#A", "customer 'A' behind buildings, expected a street from the depot to each"),
        ("DA.\n###\n...", "a street in row 2, column 0, behind buildings, expected a way from the depot to each cell"),
        ("", "0 depots"),
    ],
)
def test_bad_maps(town: str, said: str) -> None:
    with pytest.raises(BadInput, match=f"map: got {said}"):
        delivery_task(1, town)


def test_every_problem_at_once() -> None:
    with pytest.raises(BadInput) as refused:
        delivery_task(0, "AB?\n..", max_episode_steps=2.5)  # type: ignore[arg-type]
    assert [problem.where for problem in refused.value.problems] == ["orders", "max_episode_steps", *["map"] * 3]


@pytest.mark.parametrize("orders", [0, -1, True, 2.0, "2"])
def test_bad_orders_are_refused_even_after_good_ones(orders: object) -> None:
    assert delivery_task(1, "ADB") is not delivery_task(2, "ADB"), "what has been built is kept"
    with pytest.raises(BadInput, match=r"orders: got .*, expected a whole number, at least 1"):
        delivery_task(orders, "ADB")  # type: ignore[arg-type]


def test_bad_settings() -> None:
    with pytest.raises(BadInput, match=r"reward: got 'sped', .*did you mean 'speed'\?"):
        gym.make(ID, reward="sped")
    with pytest.raises(BadInput, match=r"reward.minuts: got 'minuts', .*did you mean 'minutes'\?"):
        gym.make(ID, reward={"minuts": -1.0})
    with pytest.raises(BadInput, match="render_mode: got 'human', expected None, 'ansi' or 'rgb_array'"):
        FiniteEnv(delivery_task(1), render_mode="human")
