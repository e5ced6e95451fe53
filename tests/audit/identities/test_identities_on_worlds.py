"""The identities on whole environments: a town, grids with and without slip, ice, and a ring without end."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.audit.identities import (
    arbitrary_advice,
    bootstrapped_shaping,
    correlated_policies,
    discount_mismatch,
    heuristic_gap,
    heuristic_guided,
    look_ahead_advice,
)
from rewardlab.mdp import FiniteTask, objective_range, solve
from tests.audit.worlds import ENDLESS, GAMMA, WORLDS, some_potential
from tests.mdp.tiny_models import uniform_policy

EVERYWHERE = pytest.mark.parametrize("task", [*WORLDS.values(), *ENDLESS.values()], ids=[*WORLDS, *ENDLESS])


@EVERYWHERE
def test_advice(task: FiniteTask) -> None:
    model, table, rng = task.model, task.objective_table, np.random.default_rng(0)
    # Large enough to drown what the world pays.
    ahead = look_ahead_advice(model, table, 30 * rng.normal(size=model.legal.shape), GAMMA)
    assert ahead.identity.holds
    assert (ahead.biased == solve(model, table, GAMMA).optimal).all()
    assert not ahead.unbiased_is_safe
    any_reward = 30 * rng.normal(size=table.shape)
    answer = arbitrary_advice(model, table, any_reward, uniform_policy(model), GAMMA)
    assert answer.identity.holds
    assert answer.corrected.holds
    assert not answer.safe
    # What a policy that is optimal by a false measure may lose is known from another function too.
    known = objective_range(model, table + any_reward * model.feasible, table, gamma=GAMMA)
    assert answer.loss == pytest.approx(known.optimum - known.worst, abs=1e-9)


@EVERYWHERE
def test_bootstrapped_shaping(task: FiniteTask) -> None:
    answer = bootstrapped_shaping(task.model, task.objective_table, GAMMA, 0.01)
    assert answer.within_bound
    assert answer.values is not None
    assert answer.action_values is not None
    assert answer.values.holds
    assert answer.action_values.holds
    assert answer.same_optimal_set


@EVERYWHERE
def test_heuristics_and_discounts(task: FiniteTask) -> None:
    model, table, potential = task.model, task.objective_table, 30 * some_potential(task)
    assert heuristic_gap(model, table, potential, uniform_policy(model), GAMMA, 0.7).identity.holds
    guided = heuristic_guided(model, table, potential, GAMMA, 0.7)
    assert guided.identity.holds
    assert guided.same_choice
    assert not guided.safe
    mismatch = discount_mismatch(model, table, potential, GAMMA, 1.0)
    assert mismatch.identity.holds
    assert mismatch.error <= mismatch.bound + 1e-9
    harmless = discount_mismatch(model, table, potential, GAMMA, GAMMA + 1e-10)
    assert harmless.proven_safe
    assert not harmless.misled.any()


@EVERYWHERE
def test_a_correlated_proxy(task: FiniteTask) -> None:
    model, table = task.model, task.objective_table
    noise = np.random.default_rng(0).normal(size=table.shape)
    base = uniform_policy(model)
    best = np.eye(model.n_actions)[solve(model, table, GAMMA).optimal.argmax(axis=1)]
    answer = correlated_policies(model, table + 0.01 * noise, table, base, 0.5 * (base + best), GAMMA)
    assert answer.holds
    assert answer.objective_gain > 0
