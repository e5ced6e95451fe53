"""Exact scores over a number of steps, against every policy tried out, time-dependent ones included."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.mdp import policy_score, solve, solve_finite_horizon
from tests.mdp.tiny_models import PAID, every_policy, exit_or_stay, random_model, stay_or_switch, uniform_policy


def test_stay_or_switch_over_three_steps_by_hand() -> None:
    # From state 0 three switches pay 1, 0, 1. From state 1 they pay 0, 1, 0. Before the last step only state 0 can
    # still earn: 1, by switching; in state 1 either action earns nothing.
    model = stay_or_switch()
    solution = solve_finite_horizon(model, model.reward_table(PAID), 3)
    assert solution.values.tolist() == [[2, 1], [1, 1], [1, 0], [0, 0]]
    assert solution.expected_score == 1.5
    # From state 0 with two steps to go: switch now (1 + 0) or stay and switch then (0 + 1), a tie.
    assert solution.optimal[1, 0].tolist() == [True, True]
    assert solution.optimal[2].tolist() == [[False, True], [True, True]]


def test_the_best_action_changes_as_time_runs_out() -> None:
    # Staying pays 0.4 a step and leaving 1 for good: staying twice and leaving then is best of three, 1.8.
    model = exit_or_stay()
    table = model.reward_table(PAID)
    table[0, 0] = 0.4
    solution = solve_finite_horizon(model, table, 3)
    assert solution.expected_score == pytest.approx(0.4 + 0.4 + 1)
    assert solution.optimal[:, 0].tolist() == [[True, False], [True, False], [False, True]]
    assert not solution.optimal[:, 1].any(), "nothing is optimal where the task is over"


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("gamma", [1.0, 0.8])
def test_the_optimum_is_the_best_of_all_policies(seed: int, gamma: float) -> None:
    model = random_model(np.random.default_rng(seed), states=3, actions=3, outcomes=2)
    table = model.reward_table(PAID)
    scores = [policy_score(model, table, policy, 3, gamma=gamma) for policy in every_policy(model, steps=3)]
    best = solve_finite_horizon(model, table, 3, gamma=gamma)
    worst = solve_finite_horizon(model, -table, 3, gamma=gamma)
    assert best.expected_score == pytest.approx(max(scores), abs=1e-12)
    assert -worst.expected_score == pytest.approx(min(scores), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_a_score_is_the_mean_over_all_paths(seed: int) -> None:
    # The distribution of states is carried forward and each step's expected pay added up: the other way round.
    model = random_model(np.random.default_rng(seed), states=5, actions=2, outcomes=3, ends=2)
    table, policy = model.reward_table(PAID), uniform_policy(model)
    states, total = model.start.copy(), 0.0
    for step in range(6):
        flow = (states * ~model.terminal)[:, None, None] * policy[:, :, None] * model.probability
        total += 0.9**step * (flow * table).sum()
        states = np.bincount(model.successor.ravel(), flow.ravel(), minlength=5)
    assert policy_score(model, table, policy, 6, gamma=0.9) == pytest.approx(total, abs=1e-13)


def test_a_long_horizon_comes_to_the_discounted_solution() -> None:
    model = random_model(np.random.default_rng(3), states=6, actions=3, outcomes=2)
    table = model.reward_table(PAID)
    solution = solve_finite_horizon(model, table, 400, gamma=0.9)
    np.testing.assert_allclose(solution.values[0], solve(model, table, 0.9).values, atol=1e-12)


@pytest.mark.parametrize("horizon", [0, -1, 2.0, True, "3"])
def test_a_horizon_that_is_none_is_refused(horizon: object) -> None:
    model = stay_or_switch()
    with pytest.raises(BadInput, match=r"horizon: got .*, expected a whole number of steps, at least 1"):
        solve_finite_horizon(model, model.reward_table(PAID), horizon)  # type: ignore[arg-type]


def test_a_policy_that_does_not_fit_is_refused() -> None:
    model = stay_or_switch()
    table = model.reward_table(PAID)
    with pytest.raises(BadInput, match=r"policy: got shape \(4, 2, 2\), expected \(2, 2\) or \(3, 2, 2\)"):
        policy_score(model, table, np.ones((4, 2, 2)) / 2, 3)
    with pytest.raises(BadInput, match="policy: got rows that do not sum to 1"):
        policy_score(model, table, np.ones((2, 2)), 3)
