"""What every registered environment must keep: all that `rewardlab.testing` asks of anybody's, and what we ask more.

More are vectors that equal single ones in every number, pictures in which something moves, a loophole to show, and
potentials that are finite in every state.
"""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteTask
from rewardlab.rewards import Catalogue
from rewardlab.testing import check_environment, check_potential, problems_of
from tests.environments.registered import CASES, IDS, Case, without_chance
from tests.mdp.equality import assert_same
from tests.mdp.test_vector_equals_sync import made_both_ways, play_both

EACH_CASE = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
EACH_MODE = pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)


def catalogue_of(case: Case) -> Catalogue:
    catalogue = Catalogue.of(case.make())
    assert catalogue is not None
    return catalogue


def test_all_worlds_are_registered() -> None:
    short = {full.removeprefix("rewardlab_envs:rewardlab/") for full in IDS}
    assert short >= {
        "Delivery-v0",
        "Gridworld-v0",
        "BoatRace-v0",
        "TomatoGarden-v0",
        "TomatoWatering-v0",
        "DelayedCredit-v0",
    }


@EACH_CASE
def test_it_passes_the_battery_that_is_asked_of_anybodys(case: Case) -> None:
    # Of an id the battery asks more than of a function: its own vector, its pictures.
    answers = check_environment(case.make if case.settings else case.id, steps=150)
    assert problems_of(answers) == []
    assert [answer.question for answer in answers if answer.word != "ok"] == []


@EACH_CASE
def test_sb3_accepts_it(case: Case) -> None:
    from stable_baselines3.common.env_checker import check_env as sb3_check_env

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sb3_check_env(case.make().unwrapped, warn=True)


@EACH_CASE
@pytest.mark.parametrize("mode", ["ansi", "rgb_array"])
def test_its_pictures(case: Case, mode: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(case.make(render_mode=mode).unwrapped)
    env = case.make(render_mode=mode)
    env.reset(seed=0)
    env.action_space.seed(0)
    frames: list[Any] = [env.render()]
    for _ in range(30):
        masks = env.get_wrapper_attr("action_masks")().astype(np.int8) if env.has_wrapper_attr("action_masks") else None
        _, _, terminated, _, _ = env.step(env.action_space.sample(masks))
        frames.append(env.render())
        if terminated:
            break
    if mode == "rgb_array":
        assert {(frame.dtype, frame.shape) for frame in frames} == {(np.dtype(np.uint8), frames[0].shape)}
        assert max(frames[0].shape) <= 1000
        assert any((frame != frames[0]).any() for frame in frames), "something moves"
    else:
        assert all(isinstance(frame, str) and frame.strip() for frame in frames)
        assert any(frame != frames[0] for frame in frames)


@EACH_CASE
def test_a_seed_gives_the_same_stream_of_a_vector_again(case: Case) -> None:
    def stream() -> list[Any]:
        env: Any = gym.make_vec(case.id, num_envs=4, **case.settings)
        seen = [env.reset(seed=7)]
        env.action_space.seed(3)
        return seen + [env.step(env.action_space.sample()) for _ in range(60)]

    for step, (one, other) in enumerate(zip(stream(), stream(), strict=True)):
        assert_same(one, other, f"step {step}")


@EACH_CASE
@EACH_MODE
def test_the_native_vector_is_the_sync_vector(case: Case, mode: AutoresetMode) -> None:
    task = case.task()
    if task is None:
        if case.spec().vector_entry_point is not None:
            sync = gym.make_vec(case.id, 3, vectorization_mode="sync", vector_kwargs={"autoreset_mode": mode})
            native: Any = gym.make_vec(case.id, 3, autoreset_mode=mode)
            play_both((sync, native), 150, np.random.default_rng(1))  # type: ignore[arg-type]
        return
    steps = min(2 * task.max_episode_steps, 250)
    certain = without_chance(task)
    play_both(made_both_ways(certain, 3, mode), steps, np.random.default_rng(1))
    # What is paid has nothing to do with how an episode is followed by the next.
    for reward in task.catalogue.rewards if mode is AutoresetMode.SAME_STEP else ():
        play_both(made_both_ways(certain, 2, mode, reward=reward), 25, np.random.default_rng(2))


@EACH_CASE
@EACH_MODE
def test_gym_make_vec_makes_it(case: Case, mode: AutoresetMode) -> None:
    native = case.spec().vector_entry_point is not None
    settings: dict[str, Any] = {"autoreset_mode": mode} if native else {"vector_kwargs": {"autoreset_mode": mode}}
    env = gym.make_vec(case.id, num_envs=3, **case.settings, **settings)
    assert isinstance(env.unwrapped, SyncVectorEnv) != native
    assert env.metadata["autoreset_mode"] is mode
    other = gym.make_vec(
        case.id, num_envs=3, vectorization_mode="sync", vector_kwargs={"autoreset_mode": mode}, **case.settings
    )
    for name in ("observation_space", "action_space", "single_observation_space", "single_action_space"):
        assert getattr(env, name) == getattr(other, name), name
    env.reset(seed=0), other.reset(seed=0)
    ours, theirs = (vector.step(np.zeros(3, dtype=np.int64))[-1] for vector in (env, other))
    assert all_keys(ours) == all_keys(theirs)


def all_keys(infos: dict[str, Any]) -> dict[str, Any]:
    """The keys of nested dictionaries, whatever is at their ends."""
    return {key: all_keys(value) if isinstance(value, dict) else None for key, value in infos.items()}


@EACH_CASE
@pytest.mark.parametrize("count", [None, 2], ids=["one", "many"])
def test_an_action_that_is_no_whole_number_is_not_cut_off_to_one(case: Case, count: int | None) -> None:
    env: Any = case.make() if count is None else gym.make_vec(case.id, num_envs=count, **case.settings)
    env.reset(seed=0)
    with pytest.raises(BadInput, match=r"actions?: got "):
        env.unwrapped.step(1.5 if count is None else np.full(count, 1.5))


@EACH_CASE
def test_a_first_reset_is_of_all(case: Case) -> None:
    env = gym.make_vec(case.id, num_envs=2, **case.settings)
    if isinstance(env.unwrapped, SyncVectorEnv):
        return
    with pytest.raises(BadInput, match=r"reset_mask'\]: got some of the .*, expected all, before the first step"):
        env.reset(options={"reset_mask": np.array([True, False])})


@pytest.mark.parametrize(
    ("short", "settings", "said"),
    [
        ("Gridworld-v0", {"map": ["G."]}, r"map: got \['G.'\], expected a text, a number, or true or false"),
        ("Gridworld-v0", {"mapp": "ng"}, "mapp: got 'mapp', expected a known setting .* did you mean 'map'"),
        ("Gridworld-v0", {"moves": 4.0}, "moves: got 4.0, expected 4 or 8"),
        ("NoisyGridworld-v0", {"slipp": 0.1}, "slipp: got 'slipp', .* did you mean 'slip'"),
        ("Delivery-v0", {"orders": [2]}, r"orders: got \[2\], expected a text, a number"),
        ("Delivery-v0", {"town_map": 3}, "map: got 3, expected a text"),
        ("DelayedCredit-v0", {"delay": [3]}, r"delay: got \[3\], expected a text, a number"),
        ("TomatoGarden-v0", {"dry_probability": [0.1]}, r"dry_probability: got \[0.1\], expected a text, a number"),
        ("Endgame-v0", {"size": [4]}, r"size: got \[4\], expected a text, a number"),
    ],
)
def test_settings_that_are_none_are_refused_by_name(short: str, settings: dict[str, Any], said: str) -> None:
    full = next(each for each in IDS if each.endswith(f"/{short}"))
    for make in (lambda: gym.make(full, **settings), lambda: gym.make_vec(full, num_envs=2, **settings)):
        with pytest.raises(BadInput, match=said):
            make()


@EACH_CASE
def test_its_catalogue_is_complete(case: Case) -> None:
    catalogue = catalogue_of(case)
    for key, reward in catalogue.rewards.items():
        assert reward.summary.endswith("."), f"{key} is explained"
        if reward.exploit:
            assert reward.exploit.name.replace("_", "").islower()
            assert reward.exploit.summary.endswith("."), f"the exploit of {key} is explained"
    assert len(catalogue.rewards) >= 2
    assert any(reward.exploit for reward in catalogue.rewards.values()), "a world has a loophole to show"
    for key, potential in catalogue.potentials.items():
        assert potential.summary.endswith("."), f"{key} is explained"
    assert catalogue.potentials
    assert catalogue.shown_events


@EACH_CASE
def test_its_potentials_are_potentials_everywhere(case: Case) -> None:
    env, catalogue = case.make(), catalogue_of(case)
    env.observation_space.seed(0)
    seen = np.array([env.observation_space.sample() for _ in range(50)])
    task = case.task()
    for potential in catalogue.potentials.values():
        batch = seen if potential.reads == "observation" or task is None else np.arange(task.model.n_states)
        assert problems_of(check_potential(potential, batch)) == []


@EACH_CASE
def test_the_task_fits_its_registration(case: Case) -> None:
    spec = case.spec()
    task = case.task()
    if task is None:
        return
    assert spec.max_episode_steps == task.max_episode_steps
    sent: FiniteTask = pickle.loads(pickle.dumps(task))
    assert (sent.objective_table == task.objective_table).all()
    assert task.observations is not None
    alive = np.flatnonzero(~task.model.terminal)
    assert len(np.unique(task.observations[alive], axis=0)) <= len(alive)
