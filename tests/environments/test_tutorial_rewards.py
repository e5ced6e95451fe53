"""The tutorial's problem on rewards (S144 to S165): what its own code and formulas give, by our public functions."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.mdp import FiniteModel, expected_return, objective_range, solve
from rewardlab.rewards import Reward, discounted_returns, normalized_episode, shaping
from rewardlab.transitions import Transitions
from rewardlab.wrappers.clip import clipped
from rewardlab_envs.delayed_credit import delayed_credit_task
from rewardlab_envs.delivery import delivery_task
from rewardlab_envs.delivery.rewards import EVENTS, REWARDS
from rewardlab_envs.gridworld import gridworld_task
from rewardlab_envs.gridworld.potentials import negative_distance

MINUTES = np.array([10, 30, 60, 0.1, 0.01])


def drops(*, arrived: bool) -> Transitions:
    """One drop for each of the tutorial's delivery times."""
    rows, size = np.arange(len(MINUTES)), len(MINUTES)
    events = dict.fromkeys(EVENTS, np.zeros(size))
    events |= {"dropped": np.ones(size), "delivered": np.full(size, float(arrived)), "order_minutes": MINUTES}
    return Transitions(rows, rows, rows, np.zeros(size, dtype=bool), events)


def test_s144_a_reward_is_a_cost_with_its_sign_turned() -> None:
    task = delivery_task(1, "A.D")
    model, rewards, costs = task.model, task.objective_table, -task.objective_table
    optimal = np.eye(model.n_actions)[solve(model, rewards, 0.9).optimal.argmax(axis=1)]
    anything = np.full(model.legal.shape, 1 / model.n_actions)
    returns = [expected_return(model, rewards, policy, 0.9) for policy in (optimal, anything)]
    assert returns == pytest.approx([-expected_return(model, costs, policy, 0.9) for policy in (optimal, anything)])
    assert returns[0] > returns[1], "the highest return is the lowest cost"


def test_s146_s147_speed_and_what_it_pays_for_a_parcel_thrown_down() -> None:
    paid = REWARDS["speed"](drops(arrived=False))
    np.testing.assert_allclose(paid, [0.1, 0.0333333, 0.0166667, 10, 100], atol=5e-8)
    # The loophole pays 100, 300 and 600 times an honest delivery, and its extreme ten times as much again; the
    # tutorial's comments say 10 and 100 times.
    np.testing.assert_allclose(paid[3] / paid[:3], [100, 300, 600])
    np.testing.assert_allclose(paid[4] / paid[:3], [1000, 3000, 6000])


def test_s145_s148_it_never_said_that_the_parcel_must_arrive() -> None:
    assert (REWARDS["fixed_speed"](drops(arrived=False)) == 0).all()
    np.testing.assert_array_equal(REWARDS["fixed_speed"](drops(arrived=True)), REWARDS["speed"](drops(arrived=True)))
    task = delivery_task(1, "A.D")
    for reward, optimal in (("speed", False), ("fixed_speed", True)):
        table = task.model.reward_table(REWARDS[reward])
        result = objective_range(task.model, table, task.objective_table, gamma=0.97)
        assert (result.worst == pytest.approx(result.optimum)) == optimal, reward


def test_s150_every_move_of_a_finished_game_has_a_return() -> None:
    # It is no signal at all for the single move, but each return carries the result, win or loss.
    for result in (1.0, -1.0):
        returns = discounted_returns([0.0] * 39 + [result], 0.99)
        np.testing.assert_allclose(returns, result * 0.99 ** np.arange(39, -1, -1))


def test_s151_to_s153_forty_moves() -> None:
    returns = discounted_returns([0.0] * 39 + [1.0], 0.99)
    np.testing.assert_allclose(
        returns[[0, 10, 20, 30, 38, 39]], [0.675729, 0.747172, 0.826169, 0.913517, 0.99, 1], atol=5e-7
    )
    assert np.log(0.5) / np.log(0.99) == pytest.approx(68.9676, abs=5e-5), "the half-life of a reward"


def test_s154_a_bonus_for_progress_brings_a_loophole() -> None:
    task = gridworld_task("robot")
    table = task.model.reward_table(task.catalogue.reward("progress_bonus"))
    result = objective_range(task.model, table, task.objective_table, gamma=0.99)
    assert result.best < 0 < result.optimum


def test_s155_what_the_guarantee_needs() -> None:
    # A chain 0 1 2 3 with the goal (paid 1) at its end; from each place one may also drop out, for nothing. Shaping
    # that leaves the potential of the dropped-out state at 5 makes dropping out the best; done right, nothing changes.
    successor = np.array([[[1], [5]], [[2], [5]], [[3], [5]], [[4], [5]], [[4], [4]], [[5], [5]]])
    paid = np.zeros(successor.shape)
    paid[3, 0] = 1.0
    terminal = np.arange(6) >= 4
    model = FiniteModel(successor, np.ones(successor.shape), terminal, np.eye(6)[0], events={"paid": paid})
    potential = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 5.0])
    plain = solve(model, paid, 0.9)
    right = solve(model, paid + model.shaping_table(potential, 0.9), 0.9)
    assert plain.optimal[:4].tolist() == right.optimal[:4].tolist() == [[True, False]] * 4
    batch = model.transitions
    potential[4] = 0.0  # the goal is 0 as it should be, the other end is forgotten
    never = np.zeros(len(batch), dtype=bool)
    forgotten = model.scatter(shaping(potential[batch.state], potential[batch.next_state], never, 0.9))
    assert solve(model, paid + forgotten, 0.9).optimal[0].tolist() == [False, True]


def test_s157_to_s159_the_robot() -> None:
    places = np.arange(5, -1, -1)[:, None] * np.ones(2)
    potential = negative_distance(places)
    assert potential[0] == pytest.approx(-7.07107, abs=5e-6)
    added = shaping(potential[:-1], potential[1:], np.zeros(5, dtype=bool), 0.99)
    np.testing.assert_allclose(added, [1.47078, 1.45664, 1.44250, 1.42836, 1.41421], atol=5e-6)
    assert (0.99 ** np.arange(5) * added).sum() == pytest.approx(7.07107, abs=5e-6)


def test_s160_positive_is_not_towards_the_goal() -> None:
    def added(here: float, there: float) -> float:
        ends = negative_distance([[here, here], [there, there]])
        return float(shaping(ends[:1], ends[1:], np.array([False]), 0.99)[0])

    assert added(5, 5) == pytest.approx(0.0707107, abs=5e-8)
    assert added(5, 5.05) == pytest.approx(0.000707107, abs=5e-10)
    break_even = 5 / 0.99
    assert added(5, break_even) == pytest.approx(0, abs=1e-12)
    assert negative_distance([break_even, break_even]) == pytest.approx(-7.14249, abs=5e-6)


def stream(task_reward: str = "raw") -> np.ndarray:
    """The rewards of a won episode of delayed credit."""
    task = delayed_credit_task()
    table = task.model.reward_table(task.catalogue.reward(task_reward))
    state, paid = 0, []
    while not task.model.terminal[state]:
        paid.append(table[state, 1, 0])
        state = int(task.model.successor[state, 1, 0])
    return np.array(paid)


def test_s161_a_million_to_one() -> None:
    rewards = stream()
    assert rewards.tolist() == [-0.001] * 39 + [1000.0]
    assert rewards.max() / np.abs(rewards).min() == pytest.approx(1_000_000)
    assert (rewards.mean(), rewards.std()) == (pytest.approx(24.9990, abs=5e-5), pytest.approx(156.125, abs=5e-4))


def test_s162_clipping_leaves_a_thousand_to_one_and_loses_the_rest() -> None:
    # The smallest stays -0.001, which lies inside the bounds; the tutorial prints -1.
    kept = clipped(stream(), -1.0, 1.0)
    assert (kept.max(), kept.min()) == (1.0, -0.001)
    assert kept.max() / -kept.min() == pytest.approx(1000)
    assert clipped([1.0, 1000.0], -1.0, 1.0).tolist() == [1.0, 1.0], "a small win and a big one are now the same"


def test_s163_normalising_an_episode_bounds_the_scale_and_erases_the_rest() -> None:
    won = normalized_episode(stream())
    # The root of 39 and its inverse, whatever was paid: one spike among n equal steps always comes to n - 1 to 1.
    np.testing.assert_allclose([won.max(), won.min()], [6.24500, -0.160128], atol=5e-6)
    np.testing.assert_allclose([won.max(), won.min()], [39**0.5, -(39**-0.5)], rtol=1e-9)
    assert won.max() / -won.min() == pytest.approx(39)
    assert won.sum() == pytest.approx(0, abs=1e-9), "every episode sums to 0"
    assert discounted_returns(won, 0.99)[0] == pytest.approx(-0.972564, abs=5e-7), "a win looks bad from its beginning"
    small = np.append(np.full(39, -0.001), 1.0)
    np.testing.assert_allclose(normalized_episode(small), won, rtol=1e-6)
    lost = np.append(np.full(39, -0.001), -1000.0)
    np.testing.assert_allclose(normalized_episode(lost), -won, rtol=1e-6)
    assert (normalized_episode(np.full(40, -0.5)) == 0).all()
    assert normalized_episode([3.0]).tolist() == [0.0]


def test_s164_credit_over_five_hundred_steps() -> None:
    assert discounted_returns([0.0] * 500 + [1.0], 0.99)[0] == pytest.approx(0.00657048, abs=5e-9)
    task = delayed_credit_task(500, 1.0, 0.0)
    assert solve(task.model, task.objective_table, 0.99).values[0] == pytest.approx(0.00657048, abs=5e-9)


def test_s165_what_helps_against_what() -> None:
    # Hacking: keep the objective apart and compare. Sparsity: shape by a potential, which keeps what is optimal.
    # Scale: divide by a constant, which keeps it too; clipping does not, when one big reward competes with small ones.
    task = delayed_credit_task()
    raw, scaled = (task.model.reward_table(task.catalogue.reward(name)) for name in ("raw", "scaled"))
    np.testing.assert_allclose(scaled * 1000, raw, rtol=1e-12)
    grid = gridworld_task("S...#\n#.#.G\n#9...", step_cost=0.0)
    tens = Reward.from_event_weights({"worth": 10.0, "steps": 0.0})
    table = grid.model.reward_table(tens)
    better = solve(grid.model, table, 0.99)
    cut = solve(grid.model, clipped(table.ravel(), -1.0, 1.0).reshape(table.shape), 0.99)
    start = int(np.flatnonzero(grid.model.start)[0])
    assert better.values[start] == pytest.approx(10 * 0.99**4)
    assert cut.values[start] == pytest.approx(0.99**2), "the nearer and poorer exit"
