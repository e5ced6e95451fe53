"""Published answers to known grids, found again by the exact solvers on maps of ours."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest

from rewardlab.mdp import (
    FiniteTask,
    objective_range,
    policy_iteration,
    policy_values,
    solve,
    solve_finite_horizon,
    toy_text_task,
)
from rewardlab.rewards import Reward
from rewardlab_envs.gridworld import gridworld_task

COUNTING_STEPS = Reward.from_event_weights({"steps": -1.0})
ALMOST_ONE = 1 - 1e-9
"""Discounts of nearly 1 give the undiscounted values of a policy that is sure to end: the difference is at most
1e-9 times the expected square of the number of steps."""


def undiscounted(task: FiniteTask, reward: Reward | str, horizon: int) -> np.ndarray:
    """The best totals over a horizon that is long enough for them to have settled."""
    table = task.model.reward_table(task.catalogue.reward(reward))
    return solve_finite_horizon(task.model, table, horizon).values[0]


def test_sutton_and_barto_example_4_1_under_the_random_policy() -> None:
    task = gridworld_task("G...\n....\n....\n...G")
    table = task.model.reward_table(COUNTING_STEPS)
    values = policy_values(task.model, table, np.full((16, 4), 0.25), ALMOST_ONE).reshape(4, 4)
    published = [[0, -14, -20, -22], [-14, -18, -20, -20], [-20, -20, -18, -14], [-22, -20, -14, 0]]
    np.testing.assert_allclose(values, published, atol=1e-5)
    best = undiscounted(task, COUNTING_STEPS, 20).reshape(4, 4)
    assert best.tolist() == [[0, -1, -2, -3], [-1, -2, -3, -2], [-2, -3, -2, -1], [-3, -2, -1, 0]]


def test_russell_and_norvigs_four_by_three() -> None:
    # Undiscounted: 200 steps are enough, for the chance of still being under way falls by half or more every few.
    task = gridworld_task("four_by_three")
    values = undiscounted(task, "goal", 200)
    upper, middle, lower = values[:4], values[4:7], values[7:]
    np.testing.assert_allclose(upper[:3], [0.812, 0.868, 0.918], atol=5e-4)
    np.testing.assert_allclose(middle[:2], [0.762, 0.660], atol=5e-4)
    np.testing.assert_allclose(lower, [0.705, 0.655, 0.611, 0.388], atol=5e-4)
    assert (values[3], values[6]) == (0, 0), "the ends pay on entering and are worth nothing more"
    # The limit of the discounted solution is the same, and its policy the published one: west, not north, at (3, 1).
    limit = policy_iteration(task.model, task.objective_table, 1 - 1e-7).solution
    np.testing.assert_allclose(limit.values, values, atol=1e-5)
    actions = [task.action_names[action] for action in limit.optimal.argmax(axis=1)]
    assert actions[:3] == ["east"] * 3
    assert actions[4:6] == ["north"] * 2
    assert actions[7:] == ["north", "west", "west", "west"]


def test_where_the_four_by_three_changes_its_mind() -> None:
    # Russell & Norvig (2020), Figure 17.2: below -1.6497 a step, the agent runs for the nearest end, even the pit.
    for cost, direct in ((1.6496, False), (1.6498, True)):
        task = gridworld_task("four_by_three", step_cost=cost)
        best = solve(task.model, task.objective_table, ALMOST_ONE).optimal
        beside_the_pit = 5
        assert (task.action_names[best[beside_the_pit].argmax()] == "east") == direct, cost


def test_the_cliff_is_gymnasiums() -> None:
    # Sutton & Barto's Example 6.6: -1 a step, and -100 for a step over the edge.
    task = gridworld_task("cliff")
    values = undiscounted(task, Reward.from_event_weights({"steps": -1.0, "falls": -99.0}), 100)
    original = toy_text_task(gym.make("CliffWalking-v1"), max_episode_steps=100)
    theirs = undiscounted(original, "reward", 100)
    start = int(np.flatnonzero(task.model.start)[0])
    assert values[start] == theirs[36] == -13
    alive = np.setdiff1d(np.arange(47), np.arange(37, 47))  # nobody is ever on the cliff
    np.testing.assert_array_equal(values[alive], theirs[alive])


def test_the_ice_is_gymnasiums_frozen_lake() -> None:
    task = gridworld_task("ice")
    values = undiscounted(task, "sparse", 1500)
    theirs = undiscounted(toy_text_task(gym.make("FrozenLake-v1")), "reward", 1500)
    np.testing.assert_allclose(values, theirs, atol=1e-12)
    assert values[0] == pytest.approx(14 / 17, abs=1e-12)


def test_the_tutorials_robot_needs_five_steps() -> None:
    task = gridworld_task("robot")
    start = int(np.flatnonzero(task.model.start)[0])
    assert undiscounted(task, COUNTING_STEPS, 20)[start] == -5
    assert solve(task.model, task.model.reward_table(task.catalogue.reward("sparse")), 0.99).values[
        start
    ] == pytest.approx(0.99**4)


def test_shaping_with_the_true_values_leaves_nothing_to_wait_for() -> None:
    # Ng, Harada & Russell (1999): shaped by the optimal values themselves, an optimal step pays exactly 0 in advance.
    task = gridworld_task("ng")
    solution = solve(task.model, task.objective_table, 0.99)
    shaped = task.objective_table + task.model.shaping_table(solution.values, 0.99)
    again = solve(task.model, shaped, 0.99)
    np.testing.assert_allclose(again.values, 0, atol=1e-12)
    assert (again.optimal == solution.optimal).all()


@pytest.mark.parametrize("name", ["robot", "ng", "cliff", "four_rooms"])
def test_every_potential_keeps_what_a_perfect_agent_achieves(name: str) -> None:
    task = gridworld_task(name)
    table = task.model.reward_table(task.catalogue.reward("sparse"))
    plain = objective_range(task.model, table, task.objective_table, gamma=0.97)
    for potential in task.catalogue.potentials.values():
        extra = task.model.shaping_table(potential(np.arange(task.model.n_states)), 0.97)
        shaped = objective_range(task.model, table + extra, task.objective_table, gamma=0.97)
        assert (shaped.worst, shaped.best) == (pytest.approx(plain.worst), pytest.approx(plain.best)), potential.name
