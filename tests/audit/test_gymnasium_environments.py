"""FrozenLake, CliffWalking and Taxi: raw, shaped rightly and wrongly, clipped, shifted; solved exactly to confirm."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import gymnasium as gym
import numpy as np
import pytest
from numpy.typing import NDArray

from rewardlab.audit.auditing import audit
from rewardlab.mdp import FiniteModel, FiniteTask, objective_range, solve, toy_text_task
from tests.audit.worlds import shaping_of, some_potential

NAMES = ("FrozenLake-v1", "CliffWalking-v1", "Taxi-v4")
GAMMA = 0.97


@lru_cache
def task_of(name: str) -> FiniteTask:
    return toy_text_task(gym.make(name), max_episode_steps=200)


def values_as_potential(task: FiniteTask) -> NDArray[np.float64]:
    """The optimal values, but something else where the task is over, as a careless user's function would say."""
    values = solve(task.model, task.objective_table, GAMMA).values
    return np.where(task.model.terminal, values.max() + 5, values)


def only_feasible(task: FiniteTask, table: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(task.model.feasible, table, 0.0)


CHANGES: dict[str, Callable[[FiniteTask], NDArray[np.float64]]] = {
    "raw": lambda task: task.objective_table,
    "shaped": lambda task: task.objective_table + shaping_of(task, 20 * some_potential(task), GAMMA),
    "shaped by its values": lambda task: task.objective_table + shaping_of(task, values_as_potential(task), GAMMA),
    "shaped with another gamma": lambda task: task.objective_table + shaping_of(task, 20 * some_potential(task), 1.0),
    "terminal potential kept": lambda task: (
        task.objective_table + shaping_of(task, values_as_potential(task), GAMMA, terminal_kept=True)
    ),
    "clipped to [-1, 1]": lambda task: np.clip(task.objective_table, -1, 1),
    "clipped to [-1, 0]": lambda task: np.clip(task.objective_table, -1, 0),
    "shifted up": lambda task: only_feasible(task, task.objective_table + 1.5),
    "shifted down": lambda task: only_feasible(task, task.objective_table - 1.5),
    "scaled": lambda task: 0.01 * task.objective_table,
    "negated": lambda task: -task.objective_table,
}

SAFE_EVERYWHERE = {"raw", "shaped", "shaped by its values", "scaled"}
SHAPING = {"raw", "shaped", "shaped by its values"}


def confirmed(model: FiniteModel, proxy: NDArray[np.float64], meant: NDArray[np.float64]) -> tuple[bool, float, float]:
    """Whether all proxy-optimal policies are optimal, by plain solutions of the whole model, and what they achieve."""
    found = objective_range(model, proxy, meant, gamma=GAMMA)
    return found.worst >= found.optimum - 1e-7 * max(1.0, abs(found.optimum)), found.worst, found.optimum


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", NAMES)
def test_the_verdict_is_that_of_the_exact_solution(name: str, change: str) -> None:
    task = task_of(name)
    proxy = CHANGES[change](task)
    answer = audit(task, proxy, gamma=GAMMA)
    safe, worst, optimum = confirmed(task.model, proxy, task.objective_table)
    assert answer.safe == safe
    data = answer.finding("optimal_set").data
    assert (data["objective_worst"], data["objective_optimum"]) == pytest.approx((worst, optimum))
    if change in SAFE_EVERYWHERE:
        assert answer.safe
        assert answer.finding("policy_order").level == "fine"
    untouched = (proxy == task.objective_table).all()
    assert (answer.finding("shaping_form").level == "fine") == (change in SHAPING or untouched)


@pytest.mark.parametrize(
    ("name", "change", "safe"),
    [
        # A reward of 1 at the goal and 0 elsewhere is not touched by a clip to [-1, 1]; one to [-1, 0] leaves nothing.
        ("FrozenLake-v1", "clipped to [-1, 1]", True),
        ("FrozenLake-v1", "clipped to [-1, 0]", False),
        # -1 a step and -100 for the cliff: clipped, to fall costs no more than a step, but loses the way just the same.
        ("CliffWalking-v1", "clipped to [-1, 1]", True),
        # Paid for living, nobody arrives.
        ("FrozenLake-v1", "shifted up", False),
        ("CliffWalking-v1", "shifted up", False),
        # Half a point a step for ever is worth 0.5 / 0.03 = 16.7: less than to deliver, a dozen steps away, for 21.5.
        ("Taxi-v4", "shifted up", True),
        # Charged for living, the quickest way out of the lake is a hole; the others want to arrive anyway.
        ("FrozenLake-v1", "shifted down", False),
        ("CliffWalking-v1", "shifted down", True),
        *((name, "negated", False) for name in NAMES),
        *((name, "terminal potential kept", False) for name in NAMES[:1]),
    ],
)
def test_verdicts_that_can_be_told_in_words(name: str, change: str, safe: bool) -> None:
    assert audit(task_of(name), CHANGES[change](task_of(name)), gamma=GAMMA).safe == safe


@pytest.mark.parametrize("name", NAMES)
def test_slips_are_named(name: str) -> None:
    task = task_of(name)
    named = {
        change: audit(task, CHANGES[change](task), gamma=GAMMA).finding("shaping_form").data["slips"]
        for change in ("shaped with another gamma", "terminal potential kept", "scaled")
    }
    assert "gamma mismatch" in named["shaped with another gamma"]
    assert "terminal potential kept" in named["terminal potential kept"]
    assert "scaled" in named["scaled"]


@pytest.mark.parametrize("name", NAMES)
def test_the_environment_itself_can_be_given(name: str) -> None:
    answer = audit(gym.make(name), gamma=GAMMA)
    assert answer.safe
    asked = ("optimal_set", "exploit", "shaping_form", "policy_order", "hackability", "distances", "under_pressure")
    assert {answer.finding(question).level for question in asked} == {"fine"}
