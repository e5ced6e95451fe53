"""Bootstrapped shaping (Adamczyk et al. 2025): where it rests, and the bound beyond which two states diverge."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.audit.identities import bootstrapped_shaping
from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteModel
from rewardlab.rewards.learned_potential import largest_eta
from tests.audit.identities.drawn import drawn
from tests.mdp.tiny_models import PAID, exit_or_stay

GAMMA = 0.9
BOUND = 0.1 / 1.9


def swap_chain() -> tuple[FiniteModel, np.ndarray]:
    """Two states that lead to each other, whatever is done; the first pays 1."""
    successor = np.array([[[1]], [[0]]])
    model = FiniteModel(successor, np.ones(successor.shape), np.zeros(2, dtype=bool), np.array([1.0, 0.0]))
    return model, np.array([[[1.0]], [[0.0]]])


@pytest.mark.parametrize("eta", [-0.9, -0.5, 0.0, 0.5 * BOUND, 0.98 * BOUND])
def test_inside_the_bound_it_rests_where_it_should(eta: float) -> None:
    model, table = swap_chain()
    answer = bootstrapped_shaping(model, table, GAMMA, eta, start=[1.0, 0.0], sweeps=100_000)
    assert answer.within_bound
    assert answer.iteration.settled
    assert answer.values is not None
    assert answer.values.holds
    # V* = (1 / 0.19, 0.9 / 0.19), and the estimate is 1 / (1 + eta) of it.
    assert answer.iteration.values == pytest.approx(np.array([1, 0.9]) / 0.19 / (1 + eta), rel=1e-9)


@pytest.mark.parametrize("eta", [-1.05, -3.0, 1.02 * BOUND, 0.5])
def test_beyond_the_bound_two_states_diverge(eta: float) -> None:
    model, table = swap_chain()
    answer = bootstrapped_shaping(model, table, GAMMA, eta, start=[1.0, 0.0], sweeps=100_000)
    assert not answer.within_bound
    assert answer.iteration.diverged
    assert (answer.values, answer.action_values, answer.same_optimal_set) == (None, None, None)


def test_on_the_bound_it_neither_rests_nor_explodes() -> None:
    # The difference of the two states is multiplied by -(gamma * (1 + eta) + eta) = -1 in each sweep.
    model, table = swap_chain()
    answer = bootstrapped_shaping(model, table, GAMMA, BOUND, start=[1.0, 0.0], sweeps=1000)
    assert (answer.iteration.settled, answer.iteration.diverged) == (False, False)
    assert answer.iteration.change > 0.1


def test_the_bound_is_that_of_the_potential() -> None:
    model, table = swap_chain()
    assert bootstrapped_shaping(model, table, 0.99, 0.001, sweeps=1).bound == largest_eta(0.99)


def test_other_models_may_bear_more() -> None:
    # Beyond the bound, but the one state that is not terminal leads to itself: V <- (0.9 * (1 + eta) - eta) * V + ...,
    # a factor of 0.9 - 0.1 * eta, that of the exit is -eta.
    model = exit_or_stay()
    answer = bootstrapped_shaping(model, model.reward_table(PAID), GAMMA, 0.5)
    assert not answer.within_bound
    assert answer.iteration.settled
    assert answer.same_optimal_set


@pytest.mark.parametrize("seed", range(60))
def test_values_action_values_and_best_actions_on_any_model(seed: int) -> None:
    case = drawn(seed)
    bound = largest_eta(case.gamma)
    eta = float(case.rng.uniform(-0.8, 0.9 * bound))
    answer = bootstrapped_shaping(case.model, case.table, case.gamma, eta, start=case.potential)
    assert answer.iteration.settled
    assert answer.values is not None
    assert answer.action_values is not None
    assert answer.values.holds
    assert answer.action_values.holds
    assert answer.same_optimal_set


def test_refusals() -> None:
    model, table = swap_chain()
    with pytest.raises(BadInput, match="eta: got -1, expected any other number"):
        bootstrapped_shaping(model, table, GAMMA, -1.0)
    with pytest.raises(BadInput, match=r"eta: got NaN[\s\S]*start: got shape"):
        bootstrapped_shaping(model, table, GAMMA, np.nan, start=[1.0])
