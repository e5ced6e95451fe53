"""The worst and the best objective among proxy-optimal policies, against every policy tried out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rewardlab.mdp import (
    FiniteModel,
    expected_return,
    objective_range,
    policy_score,
    policy_values,
    solve_finite_horizon,
)
from rewardlab.rewards import Reward
from tests.mdp.tiny_models import PAID, every_policy, exit_or_stay, random_model

MEANT = Reward.from_event_weights({"meant": 1.0})


def test_ties_by_hand() -> None:
    # The proxy pays both exits 1; the objective means the second. A proxy-optimal agent may end in either.
    model = exit_or_stay(exits=(1.0, 1.0))
    meant = np.zeros(model.successor.shape)
    meant[0, 1:, 0] = 0.25, 2.0
    result = objective_range(model, model.reward_table(PAID), meant, gamma=0.9)
    assert (result.worst, result.best, result.optimum) == (0.25, 2.0, 2.0)
    result = objective_range(model, model.reward_table(PAID), meant, gamma=1.0, horizon=3)
    assert (result.worst, result.best, result.optimum) == (0.25, 2.0, 2.0)


@pytest.mark.parametrize("seed", range(25))
def test_discounted_range_by_trying_every_policy(seed: int) -> None:
    model = random_model(np.random.default_rng(seed), states=5, actions=2, outcomes=1 + seed % 2, ends=2)
    proxy, meant, gamma = model.reward_table(PAID), model.reward_table(MEANT), 0.5
    policies = list(every_policy(model))
    values = np.stack([policy_values(model, proxy, policy, gamma) for policy in policies])
    # Optimal in every state, not from the start alone.
    optimal = (values >= values.max(axis=0) - 1e-9).all(axis=1)
    objectives = np.array([expected_return(model, meant, policy, gamma) for policy in policies])
    result = objective_range(model, proxy, meant, gamma=gamma)
    assert result.worst == pytest.approx(objectives[optimal].min(), abs=1e-12)
    assert result.best == pytest.approx(objectives[optimal].max(), abs=1e-12)
    assert result.optimum == pytest.approx(objectives.max(), abs=1e-12)


def test_the_random_models_have_ties() -> None:
    spreads = []
    for seed in range(25):
        model = random_model(np.random.default_rng(seed), states=5, actions=2, outcomes=1 + seed % 2, ends=2)
        result = objective_range(model, model.reward_table(PAID), model.reward_table(MEANT), gamma=0.5)
        spreads.append(result.best - result.worst)
    assert sum(spread > 1e-3 for spread in spreads) >= 3, "or the tests above would not test ties"


@pytest.mark.parametrize("seed", range(8))
def test_range_over_a_horizon_by_trying_every_policy(seed: int) -> None:
    model = random_model(np.random.default_rng(seed), states=3, actions=2, outcomes=1 + seed % 2)
    proxy, meant, horizon = model.reward_table(PAID), model.reward_table(MEANT), 3
    policies = list(every_policy(model, steps=horizon))
    # A start in every state, and every later step counted alone, asks for optimality everywhere.
    optimal = [is_optimal_everywhere(model, proxy, policy, horizon) for policy in policies]
    objectives = np.array([policy_score(model, meant, policy, horizon) for policy in policies])
    result = objective_range(model, proxy, meant, gamma=1.0, horizon=horizon)
    assert result.worst == pytest.approx(objectives[optimal].min(), abs=1e-12)
    assert result.best == pytest.approx(objectives[optimal].max(), abs=1e-12)
    assert result.optimum == pytest.approx(objectives.max(), abs=1e-12)


def is_optimal_everywhere(model: FiniteModel, proxy: np.ndarray, policy: np.ndarray, horizon: int) -> bool:
    best = solve_finite_horizon(model, proxy, horizon).values
    for state in np.flatnonzero(~model.terminal):
        begun = replace(model, start=np.eye(model.n_states)[state])
        for step in range(horizon):
            if policy_score(begun, proxy, policy[step:], horizon - step) < best[step, state] - 1e-9:
                return False
    return True
