"""Soft-optimal policies: worked by hand, the fixed point they solve, and that pay never falls as they get colder."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteModel, solve
from rewardlab.mdp.policy_space import PolicySpace
from rewardlab.mdp.reachable import reachable_part
from rewardlab.mdp.soft_optimal import soft_optimal_limit, soft_optimal_policies
from rewardlab.mdp.timed_model import timed_model
from tests.mdp.tiny_models import exit_or_stay, random_model


def drawn(number: int) -> tuple[PolicySpace, NDArray[np.float64]]:
    """A random model with illegal actions, under a discount or over a horizon without one, and rewards of its rows."""
    rng = np.random.default_rng(number)
    model = random_model(rng, states=int(rng.integers(2, 8)), actions=3, outcomes=2, ends=int(rng.integers(0, 2)))
    gamma = float(rng.choice([0.0, 0.5, 0.9, 0.99]))
    if number % 4 == 0:
        model, gamma = timed_model(model, 5).model, 1.0
    space = PolicySpace(reachable_part(model).model, gamma)
    return space, rng.normal(size=len(space.state))


def one_decision(exits: int) -> PolicySpace:
    """A state and so many ways to end at once; staying is not legal."""
    model = exit_or_stay(exits=(0.0,) * exits)
    legal = model.legal.copy()
    legal[0, 0] = False
    return PolicySpace(FiniteModel(model.successor, model.probability, model.terminal, model.start, legal), 0.9)


def test_one_decision_is_a_softmax() -> None:
    # max over p of sum p r - t sum p log(3 p) has p in proportion to exp(r / t).
    rewards = np.array([1.0, 0.0, -2.0])
    for temperature in (10.0, 1.0, 0.1):
        (policy,) = soft_optimal_policies(one_decision(3), rewards, np.array([temperature]))
        weights = np.exp(rewards / temperature)
        assert policy.choice == pytest.approx(weights / weights.sum(), rel=1e-6)
        assert policy.visits == pytest.approx(policy.choice)


def test_to_stay_or_to_leave_by_hand() -> None:
    # Leaving pays 1, staying 0, gamma 0.9, temperature 1: the soft value v solves v = log((exp(1) + exp(0.9 v)) / 2).
    space = PolicySpace(exit_or_stay(), 0.9)
    (policy,) = soft_optimal_policies(space, np.array([0.0, 1.0]), np.array([1.0]))
    value = 0.0
    for _ in range(1000):
        value = float(np.log((np.e + np.exp(0.9 * value)) / 2))
    assert policy.choice[1] == pytest.approx(np.e / (np.e + np.exp(0.9 * value)), rel=1e-5)


@pytest.mark.parametrize("number", range(40))
def test_they_solve_the_soft_bellman_equation(number: int) -> None:
    space, rewards = drawn(number)
    temperature = 0.3
    (policy,) = soft_optimal_policies(space, rewards, np.array([temperature]))
    table = space.table(rewards)
    values = np.zeros(space.model.n_states)
    for _ in range(3000 if space.gamma < 1 else 10):
        ahead = np.einsum("sak,sak->sa", space.model.probability, values[space.model.successor])
        action_values = np.where(space.model.legal, table + space.gamma * ahead, -np.inf)
        best = action_values.max(axis=1)
        weights = space.uniform * np.exp((action_values - best[:, None]) / temperature)
        values = np.where(space.model.terminal, 0.0, best + temperature * np.log(weights.sum(axis=1)))
    expected = weights / weights.sum(axis=1, keepdims=True)
    assert policy.choice == pytest.approx(expected[space.state, space.action], abs=1e-5)
    assert policy.visits == pytest.approx(space.visits(space.table(policy.choice)), abs=1e-9)


@pytest.mark.parametrize("number", range(60))
def test_what_they_are_paid_never_falls_and_ends_at_the_optimum(number: int) -> None:
    space, rewards = drawn(number)
    temperatures = 10.0 ** np.arange(3.0, -5.0, -0.5)
    policies = soft_optimal_policies(space, rewards, temperatures)
    solution = solve(space.model, np.repeat(space.table(rewards)[:, :, None], 2, axis=2), space.gamma)
    limit = soft_optimal_limit(space, solution.optimal)
    paid = np.array([policy.visits @ rewards for policy in [*policies, limit]])
    assert np.diff(paid).min() >= -1e-6
    assert paid[0] == pytest.approx(space.visits(space.uniform) @ rewards, abs=0.05 * np.abs(rewards).max() * 100)
    assert paid[-1] == pytest.approx(solution.expected_return)
    assert paid[-2] == pytest.approx(paid[-1], abs=0.05)


@pytest.mark.parametrize("number", range(20))
def test_shaping_changes_no_soft_optimal_policy(number: int) -> None:
    space, rewards = drawn(number)
    potential = np.random.default_rng(number).normal(size=space.shaping_matrix.shape[1])
    plain, shaped = (
        soft_optimal_policies(space, amounts, np.array([0.2]))[0].choice
        for amounts in (rewards, rewards + space.shaping_matrix @ potential)
    )
    assert shaped == pytest.approx(plain, abs=1e-5)


@pytest.mark.parametrize("number", range(20))
def test_the_limit_is_where_cold_policies_go(number: int) -> None:
    space, _ = drawn(number)
    # Rewards in whole numbers tie, so that the limit is not one action in each state.
    rewards = np.random.default_rng(number).integers(0, 2, size=len(space.state)).astype(np.float64)
    solution = solve(space.model, np.repeat(space.table(rewards)[:, :, None], 2, axis=2), space.gamma)
    limit = soft_optimal_limit(space, solution.optimal)
    cold = soft_optimal_policies(space, rewards, 10.0 ** np.arange(1.0, -4.5, -0.5))[-1]
    assert cold.visits == pytest.approx(limit.visits, abs=1e-3)
    assert limit.choice[~solution.optimal[space.state, space.action]].max(initial=0.0) == 0.0


def test_temperatures_that_are_none_are_refused() -> None:
    for temperature in (0.0, -1.0, np.inf, np.nan):
        with pytest.raises(BadInput, match="positive finite"):
            soft_optimal_policies(one_decision(2), np.zeros(2), np.array([1.0, temperature]))
