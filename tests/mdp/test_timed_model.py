"""Time as part of the state: the discounted solver then says what backward induction says, also without a discount."""

from __future__ import annotations

import time

import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.mdp import (
    FiniteModel,
    discounted_occupancy,
    expected_return,
    horizon_occupancy,
    policy_score,
    solve,
    solve_finite_horizon,
    timed_model,
)
from rewardlab.mdp.timed_model import LARGEST_TIMED_MODEL
from tests.mdp.tiny_models import PAID, exit_or_stay, random_model, slippery_fork, stay_or_switch, uniform_policy


def some_model(seed: int) -> FiniteModel:
    return random_model(np.random.default_rng(seed), states=6, actions=3, outcomes=2, ends=2)


def test_stay_or_switch_by_hand() -> None:
    # A switch from state 0 pays 1. In three steps from state 0: switch, switch back, switch: 2. From state 1: switch
    # back, switch, and whatever: 1. Episodes begin in either: 1.5.
    timed = timed_model(stay_or_switch(), 3)
    solution = solve(timed.model, timed.model.reward_table(PAID), 1.0)
    assert solution.values.reshape(4, 2).tolist() == [[2, 1], [1, 1], [1, 0], [0, 0]]
    assert solution.expected_return == 1.5


def test_states_stand_step_after_step_and_the_last_step_ends() -> None:
    model = slippery_fork()
    timed = timed_model(model, 2)
    assert (timed.horizon, timed.untimed_states, timed.model.n_states) == (2, 6, 18)
    ends = timed.model.terminal.reshape(3, 6)
    assert (ends[:2] == model.terminal).all()
    assert ends[2].all()
    assert (timed.model.start.reshape(3, 6) == [model.start, np.zeros(6), np.zeros(6)]).all()
    for step in range(2):
        here = slice(6 * step, 6 * step + 6)
        assert (timed.model.successor[here] == model.successor + 6 * (step + 1)).all()
        assert (timed.model.events["paid"][here] == model.events["paid"]).all()


def test_a_table_is_the_same_at_every_step() -> None:
    model = slippery_fork()
    timed = timed_model(model, 2)
    assert (timed.table(model.events["paid"]) == timed.model.events["paid"]).all()
    assert timed.table(np.arange(6.0)).tolist() == [*range(6)] * 3


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("gamma", [1.0, 0.9])
def test_it_is_solved_as_by_backward_induction(seed: int, gamma: float) -> None:
    model = some_model(seed)
    paid = model.reward_table(PAID)
    timed = timed_model(model, 5)
    solution = solve(timed.model, timed.table(paid), gamma)
    backward = solve_finite_horizon(model, paid, 5, gamma=gamma)
    np.testing.assert_allclose(solution.values.reshape(6, 6), backward.values, rtol=0, atol=1e-12)
    assert (solution.optimal.reshape(6, 6, 3)[:5] == backward.optimal).all()
    assert solution.expected_return == pytest.approx(backward.expected_score, abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("gamma", [1.0, 0.9])
def test_policies_are_worth_their_score(seed: int, gamma: float) -> None:
    model = some_model(seed)
    rng = np.random.default_rng(seed)
    by_step = rng.random((4, 6, 3)) * model.legal
    by_step /= by_step.sum(axis=2, keepdims=True)
    timed = timed_model(model, 4)
    policy = np.concatenate([*by_step, uniform_policy(model)])
    paid = model.reward_table(PAID)
    score = policy_score(model, paid, by_step, 4, gamma=gamma)
    assert expected_return(timed.model, timed.table(paid), policy, gamma) == pytest.approx(score, abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_visits_summed_over_the_steps_are_those_of_the_horizon(seed: int) -> None:
    model = some_model(seed)
    timed = timed_model(model, 5)
    visits = discounted_occupancy(timed.model, timed.table(uniform_policy(model)), 0.9).state_action
    expected = horizon_occupancy(model, uniform_policy(model), 5, gamma=0.9).state_action
    np.testing.assert_allclose(visits.reshape(6, 6, 3).sum(axis=0), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("horizon", [1, 2, 30])
def test_it_ends_surely_whatever_it_was_made_of(horizon: int) -> None:
    for model in (stay_or_switch(), slippery_fork(), exit_or_stay()):
        assert not model.ends_surely
        assert timed_model(model, horizon).model.ends_surely


def chain(*edges: tuple[int, int], states: int = 4, terminal: int = 3) -> FiniteModel:
    """State to state, an action for each edge; what has none leads to the end."""
    successor = np.full((states, len(edges), 1), terminal)
    for action, (left, entered) in enumerate(edges):
        successor[left, action] = entered
    return FiniteModel(successor, np.ones(successor.shape), np.arange(states) == terminal, np.eye(states)[0])


@pytest.mark.parametrize(
    ("edges", "ends"),
    [
        ([(0, 1), (1, 2), (2, 3)], True),
        ([(0, 2), (0, 1), (1, 2)], True),
        ([(0, 1), (1, 0)], False),
        ([(0, 1), (1, 2), (2, 0)], False),
        ([(0, 1), (1, 1)], False),
        ([(3, 3), (0, 1)], True),
        ([(3, 0), (0, 1)], True),
        ([(0, 3), (1, 2), (2, 1)], False),
    ],
    ids=["line", "short cut", "to and fro", "ring", "loop", "end that stays", "end that says it goes on", "unreached"],
)
def test_whether_a_model_ends_surely(edges: list[tuple[int, int]], ends: bool) -> None:
    assert chain(*edges).ends_surely is ends


def test_a_cycle_that_cannot_happen_is_none() -> None:
    # Back to state 0 by an action that is not legal, or by an outcome of probability 0.
    successor = np.array([[[1, 1], [1, 1]], [[2, 0], [0, 0]], [[2, 2], [2, 2]]])
    probability = np.zeros(successor.shape)
    probability[:, :, 0] = 1.0
    terminal, start = np.arange(3) == 2, np.eye(3)[0]
    illegal = np.array([[True, True], [True, False], [True, True]])
    assert FiniteModel(successor, probability, terminal, start, illegal).ends_surely
    assert not FiniteModel(successor, probability, terminal, start).ends_surely


def test_that_it_ends_is_seen_at_once_in_a_long_episode_too() -> None:
    # 10,000 steps; it took over 5 seconds when every step was gone through by itself.
    model = timed_model(stay_or_switch(), 10_000).model
    began = time.perf_counter()
    assert model.ends_surely
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("horizon", [0, -1, 2.5, True, "3", None])
def test_a_horizon_that_is_none_is_refused(horizon: object) -> None:
    with pytest.raises(BadInput, match=r"horizon: got .*, expected a whole number of steps, at least 1"):
        timed_model(stay_or_switch(), horizon)  # type: ignore[arg-type]


def test_a_model_that_would_grow_too_large_is_refused_before_it_is_made() -> None:
    # 2 states, 2 actions and 1 outcome at each of H + 1 steps.
    most = LARGEST_TIMED_MODEL // 4 - 1
    with pytest.raises(BadInput, match=r"2,000,004 outcomes in all, expected at most 2,000,000 outcomes; leave"):
        timed_model(stay_or_switch(), most + 1)
