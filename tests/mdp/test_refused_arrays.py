"""What solvers, models and tasks refuse: arrays that would be broadcast, wrapped or cut short without a word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.mdp import (
    FiniteEnv,
    FiniteVectorEnv,
    policy_iteration,
    solve,
    solve_finite_horizon,
    toy_text_model,
    toy_text_task,
)
from tests.mdp.tiny_models import slippery_fork, task_of

MODEL = slippery_fork()
TABLE = MODEL.events["paid"]
TASK = task_of(MODEL)
LOOP = {0: {0: [(1.0, 1, 0.0, True)]}, 1: {0: [(1.0, 1, 0.0, True)]}}


@pytest.mark.parametrize(
    ("allowed", "said"),
    [
        (np.ones((2, 3), dtype=bool), r"allowed: got bool of shape \(2, 3\), expected bool of shape \(6, 3\)"),
        (np.array([True, False, True]), r"got bool of shape \(3,\)"),  # would be the same in every state
        (np.ones((6, 3)), r"got float64 of shape \(6, 3\)"),
    ],
)
def test_allowed_actions_that_do_not_fit(allowed: Any, said: str) -> None:
    for find in (
        lambda: solve(MODEL, TABLE, 0.9, allowed=allowed),
        lambda: policy_iteration(MODEL, TABLE, 0.9, allowed=allowed),
        lambda: solve_finite_horizon(MODEL, TABLE, 3, allowed=allowed),
    ):
        with pytest.raises(BadInput, match=said):
            find()


def test_allowed_actions_of_other_steps() -> None:
    by_step = np.ones((2, 6, 3), dtype=bool)
    with pytest.raises(BadInput, match=r"allowed: got shape \(2, 6, 3\), expected \(6, 3\) or \(3, 6, 3\)"):
        solve_finite_horizon(MODEL, TABLE, 3, allowed=by_step)
    with pytest.raises(BadInput, match=r"allowed: got shape \(2, 6, 3\), expected \(6, 3\)"):
        solve(MODEL, TABLE, 0.9, allowed=by_step)


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ([0, 0], r"first: got int64 of shape \(2,\), expected \(6,\) whole numbers"),
        ([0.7, 0, 1, 0, 0, 0], "first: got float64"),
        ([-1, 0, 1, 0, 0, 0], r"first: got actions from -1 to 1, expected in \[0, 3\)"),  # not the last action
        ([7, 0, 1, 0, 0, 0], "first: got actions from 0 to 7"),
        ([0, 2, 1, 0, 0, 0], "an action that is not legal"),
    ],
)
def test_first_actions_of_policy_iteration(first: list[Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        policy_iteration(MODEL, TABLE, 0.9, first=np.array(first))


def test_potentials_of_another_model() -> None:
    for potential in (np.zeros(5), np.zeros(7), np.zeros((6, 1)), 0.0):
        with pytest.raises(BadInput, match=r"potential: got shape .*, expected \(6,\), one for each state"):
            MODEL.shaping_table(potential, 0.9)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match=r"gamma: got 99, .* did you mean 0.99\?"):
        MODEL.shaping_table(np.zeros(6), 99)


@pytest.mark.parametrize(
    ("table", "start", "said"),
    [
        (LOOP, [1.0], r"start: got shape \(1,\), expected \(2,\)"),  # would be broadcast to all states
        ({0: {0: [(1.0, -1, 0.0, True)]}, 1: LOOP[1]}, [1.0, 0.0], "table: got next state -1, expected one of the 2"),
        ({0: {0: []}}, [1.0], "table: got an action without an outcome"),
    ],
)
def test_toy_text_tables_that_do_not_fit(table: Any, start: list[float], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        toy_text_model(table, start)


@pytest.mark.parametrize("limit", [0, -5, 1.5, True])
def test_a_time_limit_that_is_none(limit: Any) -> None:
    with pytest.raises(BadInput, match=rf"FiniteTask.max_episode_steps: got {limit}, expected a whole number"):
        replace(TASK, max_episode_steps=limit)
    with pytest.raises(BadInput, match=rf"max_episode_steps: got {limit}"):  # 0 is not "the registered one"
        toy_text_task(gym.make("FrozenLake-v1"), max_episode_steps=limit)


@pytest.mark.parametrize(("seen", "said"), [(7.0, "numbers from 7 to 7"), (np.nan, "numbers from nan to nan")])
def test_observations_outside_of_their_space(seen: float, said: str) -> None:
    with pytest.raises(BadInput, match=rf"FiniteTask.observations: got {said}, expected numbers in \[0, 1\]"):
        replace(TASK, observations=np.full((6, 2), seen, dtype=np.float32))


@pytest.mark.parametrize("action", [1.0, 0.9, np.nan, "1", None, np.array([1])])
def test_an_action_that_is_no_whole_number(action: Any) -> None:
    env = FiniteEnv(TASK)
    env.reset(options={"state": 1})
    with pytest.raises(BadInput, match=r"action: got .*, expected one of \[0, 1\]"):
        env.step(action)


@pytest.mark.parametrize("actions", [[0.9, 1.2], [np.nan, 0.0], [True, False]])
def test_actions_that_are_no_whole_numbers(actions: list[Any]) -> None:
    env = FiniteVectorEnv(TASK, 2)
    env.reset(options={"state": 1})
    with pytest.raises(BadInput, match=r"actions: got (float64|bool), expected whole numbers in \[0, 3\)"):
        env.step(np.array(actions))


@pytest.mark.parametrize(
    ("reset", "said"),
    [
        (lambda env: env.reset(seed=[1]), "seed: got 1 seeds, expected 2, one for each environment"),
        (
            lambda env: env.reset(options={"reset_mask": np.array([True, False])}),
            r"options\['reset_mask'\]: got some of the environments, expected all, before the first step",
        ),
    ],
)
def test_a_first_reset_that_leaves_environments_out(reset: Callable[[FiniteVectorEnv], Any], said: str) -> None:
    env = FiniteVectorEnv(TASK, 2)
    with pytest.raises(BadInput, match=said):
        reset(env)
    with pytest.raises(BadInput, match="a call before reset"):
        env.step(np.array([1, 1]))
