"""Potentials that change while an episode runs: each state counts as at the time of its visit."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.rewards import Potential, ScheduledPotential, value_potential
from rewardlab.wrappers import PotentialShaping
from tests.wrappers.scripted_env import ScriptedEnv, ScriptedEpisode, ScriptedStep

A, B = 1, 0
GROWING = ScheduledPotential("time in A", lambda states, times: times * (states == A), "state")


def through(states: list[int]) -> ScriptedEnv:
    """An episode through these states that pays nothing itself and is cut off."""
    steps = [ScriptedStep(state, 0.0) for state in states[1:]]
    steps[-1] = ScriptedStep(states[-1], 0.0, truncated=True)
    return ScriptedEnv([ScriptedEpisode(states[0], steps)])


def paid(states: list[int], potential: Any, gamma: float = 1.0) -> list[float]:
    env = PotentialShaping(through(states), potential, gamma=gamma)
    env.reset()
    return [float(env.step(0)[1]) for _ in states[1:]]


@pytest.mark.parametrize(("steps", "right", "with_the_fault"), [(2, 2, 1), (4, 4, 2), (10, 10, 5)])
def test_going_to_and_fro_pays_no_more_than_staying(steps: int, right: int, with_the_fault: int) -> None:
    # Devlin & Kudenko (2012): the potential of A is the time, that of B is 0, and gamma is 1.
    to_and_fro = [A, B] * (steps // 2) + [A]
    assert sum(paid(to_and_fro, GROWING)) == sum(paid([A] * (steps + 1), GROWING)) == right

    def both_with_the_present_potential(states: list[int]) -> int:
        return sum(t * ((after == A) - (now == A)) for t, (now, after) in enumerate(pairwise(states), start=1))

    assert both_with_the_present_potential(to_and_fro) == with_the_fault
    assert both_with_the_present_potential([A] * (steps + 1)) == 0


def test_the_discounted_sum_telescopes_however_the_potential_moves() -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(30, 5))
    potential = ScheduledPotential("any", lambda states, times: table[times, states], "state")
    states = rng.integers(5, size=30).tolist()
    total = sum(0.9**t * amount for t, amount in enumerate(paid(states, potential, 0.9)))
    assert total == pytest.approx(0.9**29 * table[29, states[-1]] - table[0, states[0]], abs=1e-12)


def test_an_estimate_that_learns_in_between_telescopes_too() -> None:
    estimate = np.zeros(2)
    env = PotentialShaping(through([A, B, A]), value_potential(estimate.take, reads="state"), gamma=1.0)
    estimate[:] = 3.0, 5.0
    env.reset()
    first = env.step(0)[1]
    estimate[:] = 100.0, 200.0
    assert [first, env.step(0)[1]] == [3.0 - 5.0, 200.0 - 3.0]


def test_a_faded_potential_fades_over_all_episodes() -> None:
    potential = ScheduledPotential.faded(Potential("ten", lambda states: 10.0 + 0 * states, "state"), over_steps=4)
    env = PotentialShaping(through([A, B, A]), potential, gamma=1.0)
    seen = []
    for _ in range(3):
        env.reset()
        seen += [float(env.step(0)[1]) for _ in range(2)]
    assert seen == [-2.5, -2.5, -2.5, -2.5, 0.0, 0.0]
    with pytest.raises(BadInput, match="over_steps: got 0, expected a number of steps, at least 1"):
        ScheduledPotential.faded(Potential("one", lambda states: states, "state"), over_steps=0)
