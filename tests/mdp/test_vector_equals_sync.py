"""The native vector environment is Gymnasium's SyncVectorEnv of N single ones, in every number, info key and mask."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from rewardlab.mdp import FiniteEnv, FiniteTask, FiniteVectorEnv
from rewardlab_envs.delivery import delivery_task
from tests.mdp.equality import assert_same
from tests.mdp.tiny_models import slippery_fork, task_of

MODES = list(AutoresetMode)
Pair = tuple[SyncVectorEnv, FiniteVectorEnv]


def certain_delivery() -> FiniteTask:
    """Delivery whose shifts all begin in one state, next to the first customer, so that nothing is left to chance."""
    task = delivery_task(1, "A.D\n.#B", 6)
    starts = np.flatnonzero(task.model.start)
    begin = starts[np.argmax(task.catalogue.potential("distance")(starts))]
    return replace(task, model=replace(task.model, start=np.eye(task.model.n_states)[begin]))


TASKS = {
    "delivery": certain_delivery(),
    "three outcomes, restricted": task_of(slippery_fork(certain=True), max_episode_steps=4),
    "state index observed": task_of(slippery_fork(certain=True), max_episode_steps=5, seen=False),
}


@pytest.fixture(params=TASKS, ids=lambda name: name.replace(" ", "_"))
def task(request: pytest.FixtureRequest) -> FiniteTask:
    return TASKS[request.param]


def made_both_ways(task: FiniteTask, count: int, mode: AutoresetMode, **settings: Any) -> Pair:
    spec = EnvSpec("Tiny-v0", entry_point=lambda: FiniteEnv(task, **settings), max_episode_steps=task.max_episode_steps)
    sync = SyncVectorEnv([lambda: gym.make(spec)] * count, autoreset_mode=mode)
    return sync, FiniteVectorEnv(task, count, autoreset_mode=mode, **settings)


def legal_actions(env: FiniteVectorEnv, rng: np.random.Generator) -> np.ndarray:
    masks = env.action_masks()
    return np.argmax(rng.random(masks.shape) * masks, axis=1)


def play_both(pair: Pair, steps: int, rng: np.random.Generator) -> np.ndarray:
    """Step both, comparing everything; in DISABLED mode reset what ended and now and then something more."""
    sync, native = pair
    assert_same(native.reset(seed=1), sync.reset(seed=1), "reset")
    endings = np.zeros(2, dtype=int)
    for step in range(steps):
        actions = legal_actions(native, rng)
        ours, theirs = native.step(actions), sync.step(actions)
        assert_same(ours, theirs, f"step {step}")
        ended = ours[2] | ours[3]
        endings += ours[2].sum(), ours[3].sum()
        restart = ended if native.autoreset_mode is AutoresetMode.DISABLED else np.zeros_like(ended)
        restart = restart | (rng.random(native.num_envs) < 0.02)
        if restart.any():
            ours, theirs = (env.reset(options={"reset_mask": restart.copy()}) for env in (native, sync))
            assert_same(ours, theirs, f"reset after step {step}")
    return endings


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("count", [1, 2, 7])
def test_equal_to_sync_vector_env(task: FiniteTask, mode: AutoresetMode, count: int) -> None:
    endings = play_both(made_both_ways(task, count, mode), 300, np.random.default_rng(count))
    assert (endings >= count).all(), "the streams must be full of terminations and truncations for this to be a test"


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
def test_equal_under_any_reward(mode: AutoresetMode) -> None:
    for reward in ("speed", "progress_bonus", {"delivered": 2.0, "minutes": -0.25}):
        play_both(made_both_ways(TASKS["delivery"], 3, mode, reward=reward), 40, np.random.default_rng(5))


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
def test_both_begin_in_a_chosen_state(task: FiniteTask, mode: AutoresetMode) -> None:
    state = int(np.flatnonzero(~task.model.terminal)[2])
    sync, native = made_both_ways(task, 3, mode)
    assert_same(native.reset(options={"state": state}), sync.reset(options={"state": state}), "reset")
    mask = np.array([True, False, True])
    ours, theirs = (env.reset(options={"state": 1, "reset_mask": mask.copy()}) for env in (native, sync))
    assert_same(ours, theirs, "masked reset")


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
def test_both_have_the_same_spaces_and_metadata(task: FiniteTask, mode: AutoresetMode) -> None:
    sync, native = made_both_ways(task, 4, mode)
    for name in ("observation_space", "action_space", "single_observation_space", "single_action_space", "metadata"):
        assert getattr(native, name) == getattr(sync, name), name


def test_disabled_mode_refuses_to_step_what_has_ended() -> None:
    _, native = made_both_ways(TASKS["delivery"], 2, AutoresetMode.DISABLED)
    native.reset()
    for _ in range(6):
        _, _, terminations, truncations, _ = native.step(np.array([0, 0]))
    assert (terminations | truncations).all()
    native.reset(options={"reset_mask": np.array([True, False])})
    with pytest.raises(ValueError, match=r"environments \[1\] that have ended.*reset_mask"):
        native.step(np.array([0, 0]))
