"""The two environments of a finite task: chances, seeds, aliasing, and what they refuse."""

from __future__ import annotations

import copy
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteEnv, FiniteVectorEnv
from tests.mdp.equality import assert_same
from tests.mdp.tiny_models import slippery_fork, task_of

MODEL = slippery_fork()
TASK = task_of(MODEL)
SIGMAS = 5.0
"""Tolerance of the frequency tests, in standard deviations of a binomial: a false alarm has a chance below 1e-6."""


def assert_frequencies(counts: np.ndarray, probability: np.ndarray) -> None:
    total = counts.sum()
    deviation = np.sqrt(total * probability * (1 - probability))
    assert (np.abs(counts - total * probability) <= SIGMAS * deviation + 1e-9).all(), (counts, total * probability)


@pytest.mark.parametrize(("state", "action"), np.argwhere(MODEL.legal & ~MODEL.terminal[:, None]).tolist())
def test_outcomes_come_as_often_as_they_should_in_a_vector(state: int, action: int) -> None:
    env = FiniteVectorEnv(TASK, 40_000)
    env.reset(seed=state, options={"state": state})
    _, rewards, _, _, _ = env.step(np.full(40_000, action))
    # Each outcome pays another amount, so that what was paid tells which one it was, even if two lead to one state.
    paid = MODEL.events["paid"][state, action]
    assert_frequencies(np.array([(rewards == amount).sum() for amount in paid]), MODEL.probability[state, action])


def test_outcomes_come_as_often_as_they_should_in_one() -> None:
    env, counts = FiniteEnv(TASK), np.zeros(3)
    env.reset(seed=0)
    for _ in range(10_000):
        env.reset(options={"state": 1})
        counts += env.step(0)[1] == MODEL.events["paid"][1, 0]
    assert_frequencies(counts, MODEL.probability[1, 0])


def test_starts_come_as_often_as_they_should() -> None:
    _, infos = FiniteVectorEnv(TASK, 40_000).reset(seed=0)
    assert_frequencies(np.bincount(infos["state"], minlength=6), MODEL.start)
    env = FiniteEnv(TASK)
    env.reset(seed=0)
    assert_frequencies(np.bincount([env.reset()[1]["state"] for _ in range(5000)], minlength=6), MODEL.start)


@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
def test_restarts_follow_the_start_distribution_too(mode: AutoresetMode) -> None:
    env = FiniteVectorEnv(TASK, 40_000, autoreset_mode=mode, max_episode_steps=1)
    env.reset(seed=0, options={"state": 2})
    *_, infos = env.step(np.full(40_000, 1))
    if mode is AutoresetMode.NEXT_STEP:
        *_, infos = env.step(np.full(40_000, -1))  # whatever the action, where all are being reset
    if mode is AutoresetMode.DISABLED:
        _, infos = env.reset()
    assert_frequencies(np.bincount(infos["state"], minlength=6), MODEL.start)


def test_copies_are_independent() -> None:
    env = FiniteVectorEnv(TASK, 20_000)
    env.reset(seed=0, options={"state": 0})
    states = env.step(np.zeros(20_000, dtype=int))[-1]["state"].reshape(-1, 2)
    both = np.histogram2d(states[:, 0], states[:, 1], bins=[np.arange(7)] * 2)[0]
    alone = np.bincount(MODEL.successor[0, 0], MODEL.probability[0, 0], minlength=6)
    assert_frequencies(both, np.outer(alone, alone))


@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
def test_arrays_that_were_returned_are_never_written_to_again(mode: AutoresetMode) -> None:
    env, rng = FiniteVectorEnv(TASK, 6, autoreset_mode=mode), np.random.default_rng(0)
    returned: list[tuple[Any, Any]] = []
    for step in range(60):
        result: Any = env.reset(seed=0) if step == 0 else env.step(choose(env, rng))
        returned.append((result, copy.deepcopy(result)))
        if mode is AutoresetMode.DISABLED and step and (result[2] | result[3]).any():
            result = env.reset(options={"reset_mask": result[2] | result[3]})
            returned.append((result, copy.deepcopy(result)))
    for now, then in returned:
        assert_same(now, then)


@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
def test_the_caller_may_write_to_what_it_is_given(mode: AutoresetMode) -> None:
    left_alone, scribbled_on = (FiniteVectorEnv(TASK, 6, autoreset_mode=mode) for _ in range(2))
    rng = np.random.default_rng(0)
    for env in (left_alone, scribbled_on):
        env.reset(seed=0)
    for _ in range(60):
        actions = choose(left_alone, rng)
        expected, result = left_alone.step(actions), scribbled_on.step(actions)
        assert_same(result, expected)
        ended = expected[2] | expected[3]
        scribble(list(result))
        if mode is AutoresetMode.DISABLED and ended.any():
            for env in (left_alone, scribbled_on):
                env.reset(options={"reset_mask": ended})


def scribble(entries: Any) -> None:
    """Overwrite every array that may be written to."""
    if isinstance(entries, np.ndarray):
        if entries.flags.writeable and entries.dtype != object:
            entries[...] = 1
    elif isinstance(entries, dict | list):
        for entry in entries.values() if isinstance(entries, dict) else entries:
            scribble(entry)


def choose(env: FiniteVectorEnv, rng: np.random.Generator) -> np.ndarray:
    masks = env.action_masks()
    return np.argmax(rng.random(masks.shape) * masks, axis=1)


def test_inputs_are_never_written_to() -> None:
    env = FiniteVectorEnv(TASK, 3, autoreset_mode="NextStep", max_episode_steps=1)
    states = np.array([0, 1, 2])
    options = {"state": states, "reset_mask": np.array([True, True, True])}
    env.reset(seed=0, options=options)
    assert set(options) == {"state", "reset_mask"}
    actions = np.array([1, 1, 1])
    env.step(actions)
    actions[:] = 77  # ignored by environments that are being reset
    env.step(actions)
    assert actions.tolist() == [77, 77, 77]
    assert states.tolist() == [0, 1, 2]


@pytest.mark.parametrize("seed", [5, [5, 6, 7]], ids=["number", "list"])
def test_seeds(seed: Any) -> None:
    def stream(seed: Any) -> np.ndarray:
        env, rng = FiniteVectorEnv(TASK, 3), np.random.default_rng(0)
        first = env.reset(seed=seed)[1]["state"]
        return np.array([first, *(env.step(choose(env, rng))[-1]["state"] for _ in range(40))])

    assert (stream(seed) == stream(seed)).all()
    assert (stream(seed) != stream([9, 9, 9])).any()
    assert (stream(None) != stream(None)).any()


@pytest.mark.parametrize("seen", [True, False], ids=["box", "discrete"])
def test_gymnasium_accepts_any_finite_task(seen: bool) -> None:
    everything_legal = task_of(
        type(MODEL)(MODEL.successor, MODEL.probability, MODEL.terminal, MODEL.start, events=MODEL.events), seen=seen
    )
    check_env(FiniteEnv(everything_legal), skip_render_check=True)


def test_masks_and_pictures() -> None:
    env = FiniteEnv(TASK, render_mode="ansi")
    with pytest.raises(gym.error.ResetNeeded, match="before the first step"):
        env.step(0)
    env.reset(options={"state": 1})
    assert env.action_masks().tolist() == [True, True, False]
    assert env.render() == "state 1"
    many = FiniteVectorEnv(TASK, 2, render_mode="ansi")
    many.reset(options={"state": np.array([1, 2])})
    assert many.action_masks().tolist() == [[True, True, False], [False, True, True]]
    assert many.render() == ("state 1", "state 2")


@pytest.mark.parametrize(
    ("action", "said"),
    [(2, r"action: got 2, expected one of \[0, 1\] in state 1; see action_masks"), (-1, "got -1"), (3, "got 3")],
)
def test_one_environment_refuses_illegal_actions(action: int, said: str) -> None:
    env = FiniteEnv(TASK)
    env.reset(options={"state": 1})
    with pytest.raises(BadInput, match=said):
        env.step(action)


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        ([0, 2], r"actions\[1\]: got 2, expected one of \[0, 1\]; see action_masks"),
        ([0, -1], r"actions\[1\]: got -1, expected a whole number in \[0, 3\)"),
        ([3, 0], r"actions\[0\]: got 3, expected a whole number in \[0, 3\)"),
        ([0, 0, 0], r"actions: got shape \(3,\), expected \(2,\)"),
        (0, r"actions: got shape \(\), expected \(2,\)"),
    ],
)
def test_a_vector_refuses_illegal_actions(actions: Any, said: str) -> None:
    env = FiniteVectorEnv(TASK, 2)
    env.reset(options={"state": 1})
    with pytest.raises(BadInput, match=said):
        env.step(np.array(actions))


@pytest.mark.parametrize("state", [-1, 6, 3, 1.5, "x"])
@pytest.mark.parametrize("made", [FiniteEnv, lambda task: FiniteVectorEnv(task, 2)], ids=["one", "many"])
def test_a_first_state_that_is_none_is_refused(made: Any, state: object) -> None:
    with pytest.raises(BadInput, match=r"options\['state'\]: got .*, expected .*not terminal"):
        made(TASK).reset(options={"state": state})


def test_a_vector_refuses_first_states_that_do_not_fit() -> None:
    env = FiniteVectorEnv(TASK, 2)
    with pytest.raises(BadInput, match=r"options\['state'\]"):
        env.reset(options={"state": np.array([0, 1, 2])})
    with pytest.raises(BadInput, match=r"options\['state'\]"):
        env.reset(options={"state": np.array([0, 3])})
    # What stands in a row that is not restarted does not matter.
    env.reset()
    env.reset(options={"state": np.array([0, 3]), "reset_mask": np.array([True, False])})


@pytest.mark.parametrize("mask", [[True, False], np.array([1, 0]), np.array([True]), np.array([False, False])])
def test_a_mask_that_is_none_is_refused(mask: Any) -> None:
    env = FiniteVectorEnv(TASK, 2)
    env.reset()
    with pytest.raises(BadInput, match=r"options\['reset_mask'\]: got .*, expected a bool array of shape \(2,\) with"):
        env.reset(options={"reset_mask": mask})


def test_settings_that_are_none_are_refused() -> None:
    with pytest.raises(BadInput, match="num_envs: got 0, expected at least 1"):
        FiniteVectorEnv(TASK, 0)
    with pytest.raises(BadInput, match="max_episode_steps: got 0, expected at least 1, or None"):
        FiniteVectorEnv(TASK, 1, max_episode_steps=0)
    with pytest.raises(
        BadInput, match="autoreset_mode: got 'same', expected one of 'NextStep', 'SameStep', 'Disabled'"
    ):
        FiniteVectorEnv(TASK, 1, autoreset_mode="same")
    with pytest.raises(BadInput, match="step: got a call before reset, expected reset"):
        FiniteVectorEnv(TASK, 1).step(np.array([0]))
    for made in (FiniteEnv, FiniteVectorEnv):
        with pytest.raises(BadInput, match="render_mode: got 'rgb_array', expected 'ansi'; this task has no image"):
            made(TASK, render_mode="rgb_array")
        with pytest.raises(BadInput, match="render_mode: got 'human', expected None, 'ansi' or 'rgb_array'"):
            made(TASK, render_mode="human")
