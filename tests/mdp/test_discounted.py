"""Exact solutions under a discount, against answers worked out by hand, in a book, or by trying every policy."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.mdp import (
    FiniteModel,
    Solution,
    expected_return,
    policy_iteration,
    policy_values,
    solve,
    solve_finite_horizon,
)
from tests.mdp.tiny_models import (
    PAID,
    every_policy,
    exit_or_stay,
    random_model,
    slippery_fork,
    stay_or_switch,
    sutton_barto_grid,
    uniform_policy,
)


def solved(model: FiniteModel, gamma: float) -> Solution:
    return solve(model, model.reward_table(PAID), gamma)


def test_stay_or_switch_by_hand() -> None:
    # Switching for ever earns 1 every second step: from state 0, Q(switch) = 1 + g^2 Q(switch) = 1 / (1 - g^2), and
    # staying first costs one discount; from state 1 the 1 comes a step later.
    g = 0.9
    solution = solved(stay_or_switch(), g)
    by_hand = np.array([[g, 1.0], [g**2, g]]) / (1 - g**2)
    np.testing.assert_allclose(solution.action_values, by_hand, rtol=1e-13)
    np.testing.assert_allclose(by_hand.ravel(), [4.736842, 5.263158, 4.263158, 4.736842], atol=5e-7)  # as published
    assert solution.optimal.tolist() == [[False, True], [False, True]]
    assert solution.expected_return == pytest.approx((by_hand[0, 1] + by_hand[1, 1]) / 2)


def test_returns_of_all_policies_of_stay_or_switch_by_hand() -> None:
    # Start uniform. Stay in 0: nothing ever. Switch in 0, stay in 1: 1 once from state 0, half of the starts: 0.5.
    # Switch in both: (1 + g) / (1 - g^2) / 2 = 1 / (1 - g) / 2 = 5.
    model = stay_or_switch()
    table = model.reward_table(PAID)
    returns = [expected_return(model, table, policy, 0.9) for policy in every_policy(model)]
    assert returns == pytest.approx([0, 0, 0.5, 5])


def test_sutton_and_barto_example_3_5_under_the_random_policy() -> None:
    model = sutton_barto_grid()
    values = policy_values(model, model.reward_table(PAID), uniform_policy(model), 0.9).reshape(5, 5)
    assert values[0].round(1).tolist() == [3.3, 8.8, 4.4, 5.3, 1.5]
    # The Bellman equation of the cell A, which always leads to A' for 10.
    assert values[0, 1] == pytest.approx(10 + 0.9 * values[4, 1])


def test_sutton_and_barto_example_3_5_solved() -> None:
    solution = solved(sutton_barto_grid(), 0.9)
    values = solution.values.reshape(5, 5)
    assert values[0].round(1).tolist() == [22.0, 24.4, 22.0, 19.4, 17.5]
    # From A the best is to fall to A', pay nothing for four steps up, and fall again: 10 / (1 - g^5).
    assert values[0, 1] == pytest.approx(10 / (1 - 0.9**5), rel=1e-13)
    # At A every move does the same; in the corner below left of A' north and east are tied.
    assert solution.optimal[1].all()
    assert solution.optimal[20].tolist() == [True, True, False, False]


@pytest.mark.parametrize("seed", range(20))
def test_the_optimum_is_the_best_of_all_policies(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = random_model(rng, states=4, actions=3, outcomes=2)
    gamma = [0.0, 0.5, 0.9, 0.999][seed % 4]
    table = model.reward_table(PAID)
    values = np.stack([policy_values(model, table, policy, gamma) for policy in every_policy(model)])
    solution = solved(model, gamma)
    scale = 1 / (1 - gamma)
    np.testing.assert_allclose(solution.values, values.max(axis=0), rtol=0, atol=1e-12 * scale)
    # Whatever the table says about leaving an end, where nothing is paid any more.
    assert (solution.action_values[model.terminal][model.legal[model.terminal]] == 0).all()
    worst = solve(model, -table, gamma)
    np.testing.assert_allclose(-worst.values, values.min(axis=0), rtol=0, atol=1e-12 * scale)


@pytest.mark.parametrize("seed", range(20))
def test_the_optimal_set_holds_every_optimal_action_and_no_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = random_model(rng, states=4, actions=3, outcomes=1)
    table = model.reward_table(PAID)
    solution = solved(model, 0.5)
    in_some_optimal_policy = np.zeros_like(solution.optimal)
    for policy in every_policy(model):
        if np.allclose(policy_values(model, table, policy, 0.5), solution.values, rtol=0, atol=1e-9):
            in_some_optimal_policy |= (policy > 0) & ~model.terminal[:, None]
    assert (solution.optimal == in_some_optimal_policy).all()


def test_ties_are_kept_as_a_set() -> None:
    assert solved(exit_or_stay(exits=(1.0, 1.0, 0.5)), 0.9).optimal[0].tolist() == [False, True, True, False]
    assert solved(exit_or_stay(exits=(0.0, 0.0)), 0.9).optimal[0].all()


def test_an_almost_tie_is_a_tie_and_costs_nothing() -> None:
    for gap in (1e-10, 5e-11, 1e-12):
        solution = solved(exit_or_stay(exits=(1.0, 1.0 + gap)), 0.9)
        assert solution.optimal[0].tolist() == [False, True, True]
        assert solution.values[0] == 1.0 + gap
    assert solved(exit_or_stay(exits=(1.0, 1.0 + 1e-7)), 0.9).optimal[0].tolist() == [False, False, True]


def test_what_pays_only_in_the_very_long_run_is_seen() -> None:
    # In state 0: leave for 5 (action 0), or go to state 1 (action 1), which pays 0.001 a step for ever: at gamma 0.9999
    # that is 0.9999 * 0.001 / 0.0001 = 9.999. Thousands of sweeps of value iteration still take the 5.
    successor = np.array([[[2], [1]], [[1], [1]], [[2], [2]]])
    paid = np.zeros(successor.shape)
    paid[0, 0], paid[1] = 5.0, 0.001
    start = np.array([1.0, 0.0, 0.0])
    model = FiniteModel(successor, np.ones(successor.shape), np.arange(3) == 2, start, events={"paid": paid})
    solution = solved(model, 0.9999)
    assert solution.expected_return == pytest.approx(9.999, rel=1e-10)
    assert solution.optimal[0].tolist() == [False, True]


def test_terminal_states_are_worth_nothing_and_illegal_actions_minus_infinity() -> None:
    model = slippery_fork()
    solution = solved(model, 0.9)
    assert solution.values[model.terminal].tolist() == [0, 0, 0]
    assert not solution.optimal[model.terminal].any()
    assert (solution.action_values[~model.legal] == -np.inf).all()
    assert not solution.optimal[~model.legal].any()


def test_values_obey_the_bellman_equation_to_rounding() -> None:
    model = slippery_fork()
    table = model.reward_table(PAID)
    solution = solved(model, 0.99)
    ahead = (model.probability * (table + 0.99 * solution.values[model.successor])).sum(axis=2)
    going_on = model.legal & ~model.terminal[:, None]
    np.testing.assert_allclose(solution.action_values[going_on], ahead[going_on], rtol=1e-13)


def test_allowed_narrows_the_choice() -> None:
    model = exit_or_stay(exits=(1.0, 2.0))
    allowed = np.array([[True, True, False]] * 3)
    assert solve(model, model.reward_table(PAID), 0.9, allowed=allowed).values[0] == 1.0
    with pytest.raises(BadInput, match="allowed: got a state without a legal action"):
        solve(model, model.reward_table(PAID), 0.9, allowed=np.zeros((3, 3), dtype=bool))


def corridor(cells: int) -> FiniteModel:
    """In each cell leave for 0.5 (action 0) or go on for -0.0001 (action 1); the last step onwards pays 10."""
    successor = np.full((cells + 1, 2, 1), cells)
    successor[:cells, 1, 0] = np.arange(cells) + 1
    paid = np.zeros(successor.shape)
    paid[:cells, 0], paid[:cells, 1], paid[cells - 1, 1] = 0.5, -0.0001, 10.0
    terminal = np.arange(cells + 1) == cells
    return FiniteModel(successor, np.ones(successor.shape), terminal, np.eye(cells + 1)[0], events={"paid": paid})


@pytest.mark.parametrize("cells", [50, 150, 3000])
@pytest.mark.parametrize("gamma", [1.0, 0.9999])
def test_the_end_of_a_long_corridor_is_seen_from_its_beginning(cells: int, gamma: float) -> None:
    # Each improvement carries the news one cell further, and there are more cells than anybody would do rounds: without
    # sweeps in between, 0.5 was thought to be the best in a corridor of 3,000.
    steps = cells - 1
    cost = 0.0001 * (steps if gamma == 1 else (1 - gamma**steps) / (1 - gamma))
    solution = solved(corridor(cells), gamma)
    assert solution.expected_return == pytest.approx(10 * gamma**steps - cost, rel=1e-10)
    assert solution.optimal[:cells].tolist() == [[False, True]] * cells


@pytest.mark.parametrize("seed", range(20))
def test_without_a_discount_where_no_state_comes_twice(seed: int) -> None:
    # Every step leads to a state of a higher number, and the last one is the end.
    rng = np.random.default_rng(seed)
    model = random_model(rng, states=5, actions=3, outcomes=2)
    onwards = np.array([rng.integers(state + 1, 5, size=(3, 2)) for state in range(4)] + [np.full((3, 2), 4)])
    model = FiniteModel(onwards, model.probability, model.terminal, model.start, model.legal, model.events)
    assert model.ends_surely
    table = model.reward_table(PAID)
    values = np.stack([policy_values(model, table, policy, 1.0) for policy in every_policy(model)])
    solution = solved(model, 1.0)
    np.testing.assert_allclose(solution.values, values.max(axis=0), rtol=0, atol=1e-12)
    np.testing.assert_allclose(solved(model, 1 - 1e-9).values, solution.values, rtol=0, atol=1e-7)


@pytest.mark.parametrize("gamma", [1, 1.0])
def test_gamma_one_is_sent_to_the_finite_horizon(gamma: float) -> None:
    with pytest.raises(BadInput, match=r"gamma: got 1, expected a number in \[0, 1\); .*use solve_finite_horizon"):
        solved(stay_or_switch(), gamma)


def test_a_table_that_is_none_is_refused() -> None:
    model = stay_or_switch()
    with pytest.raises(BadInput, match=r"reward_table: got a table of shape \(2, 2\), expected \(2, 2, 1\) finite"):
        solve(model, np.zeros((2, 2)), 0.9)
    with pytest.raises(BadInput, match="reward_table: got a table with NaN or an infinity"):
        solve(model, np.full((2, 2, 1), np.nan), 0.9)


def test_a_policy_that_is_none_is_refused() -> None:
    model = slippery_fork()
    table = model.reward_table(PAID)
    with pytest.raises(BadInput, match=r"policy: got shape \(6, 2\), expected \(6, 3\)"):
        policy_values(model, table, np.ones((6, 2)), 0.9)
    with pytest.raises(BadInput, match="policy: got rows that do not sum to 1"):
        policy_values(model, table, uniform_policy(model) / 2, 0.9)
    with pytest.raises(BadInput, match="policy: got an action that is not legal, expected legal actions only"):
        policy_values(model, table, np.ones((6, 3)) / 3, 0.9)
    with pytest.raises(BadInput, match="policy: got a negative or NaN entry"):
        policy_values(model, table, np.tile([2.0, -0.5, -0.5], (6, 1)), 0.9)


@pytest.mark.parametrize("unit", [1e-12, 1e-9, 1e9])
@pytest.mark.parametrize("seed", range(5))
def test_the_unit_of_rewards_changes_no_optimal_action(seed: int, unit: float) -> None:
    # Counted in millions or millionths, the same rewards ask for the same, however the solution is come by.
    model = random_model(np.random.default_rng(seed), states=6, actions=3, outcomes=2)
    table = model.reward_table(PAID)
    plain = [solve(model, table, 0.9), policy_iteration(model, table, 0.9).solution]
    other = [solve(model, unit * table, 0.9), policy_iteration(model, unit * table, 0.9).solution]
    for one, changed in zip(plain, other, strict=True):
        np.testing.assert_array_equal(changed.optimal, one.optimal)
        np.testing.assert_allclose(changed.values, unit * one.values, rtol=1e-9)
    horizons = [solve_finite_horizon(model, size * table, 5).optimal for size in (1.0, unit)]
    np.testing.assert_array_equal(*horizons)
