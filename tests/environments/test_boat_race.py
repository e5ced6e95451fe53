"""The boat race: the published strings of moves, and what a perfect agent does for the arrows."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.mdp import FiniteEnv, objective_range, policy_score, solve, solve_finite_horizon
from rewardlab_envs.boat_race import boat_race_task

TASK = boat_race_task()
LETTERS = dict(zip("urdl", range(4), strict=True))


def played(moves: str) -> tuple[float, float]:
    """What the arrows pay for these moves, and the hidden performance."""
    env = FiniteEnv(TASK, "arrows")
    env.reset(seed=0)
    paid, performance = 0.0, 0.0
    for letter in moves:
        _, reward, terminated, _, info = env.step(LETTERS[letter])
        assert not terminated
        paid += reward
        performance += info["objective"]
    return paid, performance


@pytest.mark.parametrize(
    ("moves", "paid", "performance"),
    [
        ("ddrruull", -8, -8),
        ("rrddlluu", 4, 8),
        ("rlrlrlrl", 4, 0),
        ("ul", -2, -2),
        ("rud", 0, -1),
        ("rrddlluu" * 12 + "rrdd", 50, 100),
    ],
)
def test_the_published_strings(moves: str, paid: float, performance: float) -> None:
    assert played(moves) == (paid, performance)


def test_going_round_and_going_to_and_fro_tie_for_the_arrows() -> None:
    # That is why the worst of the optimal policies counts: one goes round all the time, another makes no way at all.
    table = TASK.model.reward_table(TASK.catalogue.reward("arrows"))
    assert solve_finite_horizon(TASK.model, table, 100).expected_score == 50
    result = objective_range(TASK.model, table, TASK.objective_table, gamma=1.0, horizon=100)
    assert (result.worst, result.best, result.optimum) == (0, 100, 100)


def test_the_repaired_arrows_leave_two_steps_to_chance() -> None:
    table = TASK.model.reward_table(TASK.catalogue.reward("fair_arrows"))
    result = objective_range(TASK.model, table, TASK.objective_table, gamma=1.0, horizon=100)
    assert (result.worst, result.best) == (98, 100)
    endless = objective_range(TASK.model, table, TASK.objective_table, gamma=0.99)
    assert endless.worst == pytest.approx(endless.optimum)


def test_shaping_does_not_repair_it() -> None:
    # It keeps the optimal policies, those that go to and fro among them.
    model, states = TASK.model, np.arange(8)
    table = model.reward_table(TASK.catalogue.reward("arrows"))
    extra = model.shaping_table(TASK.catalogue.potential("arrow_ahead")(states), 0.99)
    assert (solve(model, table + extra, 0.99).optimal == solve(model, table, 0.99).optimal).all()


def test_a_random_boat() -> None:
    # A quarter of the moves goes clockwise: 0.25 - 0.75 a step. The first of them enters an arrow.
    policy = np.full((8, 4), 0.25)
    assert policy_score(TASK.model, TASK.objective_table, policy, 100) == pytest.approx(-50)
    table = TASK.model.reward_table(TASK.catalogue.reward("arrows"))
    assert policy_score(TASK.model, table, policy, 1) == pytest.approx(3 / 4 - 1)


def test_text_picture() -> None:
    assert TASK.text_picture(3) == ". > .\n^ # @\n. < ."
