"""What can be reached, by hand and against long walks; what is left out changes no return."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.mdp import FiniteModel, expected_return, reachable_part, reachable_states, solve
from tests.mdp.tiny_models import PAID, random_model, slippery_fork, uniform_policy


def two_islands() -> FiniteModel:
    """Deterministic, 0 -> 2 -> 4 (the end) and 1 -> 3 -> 1; action 1 is legal in state 2 alone, and leads to state 3.

    Episodes begin in state 0. An outcome of probability 0 leads from state 0 to state 5, which nothing else does.
    """
    successor = np.array(
        [
            [[2, 5], [1, 1]],
            [[3, 3], [0, 0]],
            [[4, 4], [3, 3]],
            [[1, 1], [0, 0]],
            [[4, 4], [4, 4]],
            [[0, 0], [0, 0]],
        ]
    )
    probability = np.zeros(successor.shape)
    probability[:, :, 0] = 1.0
    legal = np.ones((6, 2), dtype=bool)
    legal[[0, 1, 3, 5], 1] = False
    paid = np.arange(24.0).reshape(successor.shape)
    return FiniteModel(successor, probability, np.arange(6) == 4, np.eye(6)[0], legal, {"paid": paid})


def test_by_hand() -> None:
    # From 0 to 2, from there to the end 4 or to 3, and between 3 and 1 for ever. Only the impossible leads to 5.
    assert np.flatnonzero(reachable_states(two_islands())).tolist() == [0, 1, 2, 3, 4]


def test_allowed_narrows_it() -> None:
    first_only = np.tile([True, False], (6, 1))
    assert np.flatnonzero(reachable_states(two_islands(), allowed=first_only)).tolist() == [0, 2, 4]


def test_what_is_allowed_but_not_legal_leads_nowhere() -> None:
    assert not reachable_states(two_islands(), allowed=np.ones((6, 2), dtype=bool))[5]


def test_nothing_is_reached_through_an_end() -> None:
    # The end of state 0 says that it leads to state 2; an episode is over there.
    successor = np.array([[[1]], [[2]], [[2]]])
    model = FiniteModel(successor, np.ones(successor.shape), np.array([False, True, False]), np.eye(3)[0])
    assert reachable_states(model).tolist() == [True, True, False]


def test_the_part_is_numbered_in_the_old_order_and_keeps_every_array() -> None:
    model = slippery_fork(certain=True)
    part = reachable_part(model)
    assert part.states.tolist() == np.flatnonzero(reachable_states(model)).tolist()
    for name in ("probability", "terminal", "start", "legal"):
        assert (getattr(part.model, name) == getattr(model, name)[part.states]).all(), name
    feasible = part.model.feasible
    assert (part.states[part.model.successor][feasible] == model.successor[part.states][feasible]).all()
    assert (part.table(model.events["paid"]) == part.model.events["paid"]).all()


def test_what_cannot_happen_leads_nowhere_else() -> None:
    part = reachable_part(two_islands()).model
    here = np.broadcast_to(np.arange(5)[:, None, None], part.successor.shape)
    assert (part.successor[~part.feasible] == here[~part.feasible]).all()


def test_a_model_of_which_all_is_reached_stays_as_it_is() -> None:
    model = slippery_fork()
    part = reachable_part(model)
    assert part.states.tolist() == list(range(6))
    assert (part.model.successor[model.feasible] == model.successor[model.feasible]).all()


@pytest.mark.parametrize("seed", range(20))
def test_powers_of_the_transition_matrix_reach_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = random_model(rng, states=12, actions=2, outcomes=1, ends=2)
    model = FiniteModel(model.successor, model.probability, model.terminal, np.eye(12)[0], model.legal, model.events)
    chain = np.zeros((12, 12))
    state, action, outcome = np.nonzero(model.feasible)
    chain[state, model.successor[state, action, outcome]] = 1.0
    reached = np.linalg.matrix_power(np.eye(12) + chain, 12)[0] > 0
    assert (reachable_states(model) == reached).all()


@pytest.mark.parametrize("seed", range(20))
def test_no_return_depends_on_what_is_left_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = random_model(rng, states=12, actions=2, outcomes=2, ends=2)
    model = FiniteModel(model.successor, model.probability, model.terminal, np.eye(12)[3], model.legal, model.events)
    part = reachable_part(model)
    whole, less = model.reward_table(PAID), part.model.reward_table(PAID)
    assert (part.table(whole) == less).all()
    policy = uniform_policy(model)
    expected = expected_return(model, whole, policy, 0.9)
    assert expected_return(part.model, less, policy[part.states], 0.9) == pytest.approx(expected, abs=1e-12)
    assert solve(part.model, less, 0.9).expected_return == pytest.approx(solve(model, whole, 0.9).expected_return)


def test_a_part_has_no_further_part() -> None:
    part = reachable_part(two_islands())
    assert reachable_part(part.model).states.tolist() == list(range(part.model.n_states))
