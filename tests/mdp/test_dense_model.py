"""Textbook arrays as models: the same dynamics, the same returns, and clear words for what is no such array."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.mdp import dense_model, dense_reward_table, policy_values, solve
from tests.mdp.tiny_models import slippery_fork, uniform_policy

STAY_OR_SWITCH = [[[1, 0], [0, 1]], [[0, 1], [1, 0]]]


def test_stay_or_switch_is_worth_what_is_published() -> None:
    # Skalse et al. 2024, the authors' toy: 1 for the step from state 0 to state 1, gamma 0.9.
    model = dense_model(STAY_OR_SWITCH)
    table = dense_reward_table(model, [[0, 1], [0, 0]])
    expected = [[4.736842, 5.263158], [4.263158, 4.736842]]
    np.testing.assert_allclose(solve(model, table, 0.9).action_values, expected, atol=5e-7)
    assert model.n_outcomes == 1, "nothing is left to chance, so that one outcome is enough"
    assert model.start.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("zeros", [0.0, 0.6])
def test_values_are_those_of_the_matrix_equation(seed: int, zeros: float) -> None:
    rng = np.random.default_rng(seed)
    chances = rng.random((5, 3, 5)) * (rng.random((5, 3, 5)) >= zeros)
    chances[:, :, 4] += chances.sum(axis=2) == 0
    chances /= chances.sum(axis=2, keepdims=True)
    reward = rng.normal(size=(5, 3, 5))
    model = dense_model(chances)
    table = dense_reward_table(model, reward)
    by_matrix = np.linalg.solve(np.eye(5) - 0.9 * chances.mean(axis=1), (chances * reward).sum(axis=2).mean(axis=1))
    np.testing.assert_allclose(policy_values(model, table, uniform_policy(model), 0.9), by_matrix, rtol=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_the_dynamics_can_be_read_back(seed: int) -> None:
    rng = np.random.default_rng(seed)
    chances = rng.multinomial(8, [0.25] * 4, size=(4, 2)) / 8
    model = dense_model(chances)
    back = np.zeros(chances.shape)
    place = np.indices(model.successor.shape)
    np.add.at(back, (place[0], place[1], model.successor), model.probability)
    assert (back == chances).all()


def test_a_row_of_zeros_is_an_action_that_is_not_legal() -> None:
    model = dense_model([[[0, 1], [0, 0]], [[1, 0], [0, 1]]])
    assert model.legal.tolist() == [[True, False], [True, True]]
    with pytest.raises(BadInput, match=r"FiniteModel.legal: got a state without actions"):
        dense_model([[[0, 0]], [[1, 0]]])


def test_an_end_needs_no_actions_and_episodes_begin_elsewhere() -> None:
    model = dense_model([[[0, 0, 1]], [[1, 0, 0]], [[0, 0, 0]]], terminal=[False, False, True])
    assert model.terminal.tolist() == [False, False, True]
    assert model.start.tolist() == [0.5, 0.5, 0.0]
    assert dense_model([[[0, 1]], [[0, 1]]], start=[1, 0]).start.tolist() == [1, 0]


def test_three_shapes_of_one_reward_are_one_table() -> None:
    model = slippery_fork()
    by_state = np.arange(6.0)[:, None] * np.ones((6, 3))
    tables = [dense_reward_table(model, by_state)]
    tables.append(dense_reward_table(model, np.broadcast_to(np.arange(6.0)[:, None, None], (6, 3, 6))))
    tables.append(dense_reward_table(model, np.broadcast_to(np.arange(6.0)[:, None, None], (6, 3, 3))))
    for table in tables:
        assert (table == np.where(model.feasible, np.arange(6.0)[:, None, None], 0.0)).all()


def test_a_reward_by_next_state_is_paid_where_that_state_is_reached() -> None:
    model = slippery_fork()
    table = dense_reward_table(model, np.broadcast_to(np.arange(6.0), (6, 3, 6)))
    assert (table == np.where(model.feasible, model.successor, 0)).all()


def test_where_outcomes_are_as_many_as_states_both_readings_agree() -> None:
    rng = np.random.default_rng(0)
    full = dense_model(rng.dirichlet(np.ones(3), size=(3, 2)))
    reward = rng.normal(size=(3, 2, 3))
    assert (full.successor == np.arange(3)).all()
    assert (dense_reward_table(full, reward) == reward).all()


def test_what_cannot_happen_may_be_anything() -> None:
    model = slippery_fork()
    paid = np.where(model.feasible, 1.0, np.nan)
    assert (dense_reward_table(model, paid) == model.feasible).all()
    with pytest.raises(BadInput, match=r"^goal: got NaN or an infinity for what can happen, expected finite numbers$"):
        dense_reward_table(model, np.full((6, 3), np.inf), "goal")


@pytest.mark.parametrize("shape", [(), (6,), (3, 6), (6, 3, 4), (6, 3, 3, 1)])
def test_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(BadInput, match=r"reward: got an array of shape \(.*, expected \(6, 3\) or \(6, 3, 3\) or"):
        dense_reward_table(slippery_fork(), np.zeros(shape))


@pytest.mark.parametrize("given", [[[1, 2], [3]], "words", [["a"]], [[1j]], [[object()]], {"a": 1}])
def test_what_is_no_array_of_numbers_is_refused(given: object) -> None:
    with pytest.raises(BadInput, match=r"^transitions: got .*; rows of one length, and a real number in each place$"):
        dense_model(given)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match=r"^reward: got .*, expected an array of numbers; rows of one length"):
        dense_reward_table(slippery_fork(), given)  # type: ignore[arg-type]


def test_arrays_that_do_not_fit_together_are_refused() -> None:
    for shape in [(2, 2), (2, 1, 3), (0, 1, 0)]:
        with pytest.raises(BadInput, match=r"transitions: got shape .*, expected \[S, A, S\], none of them 0"):
            dense_model(np.zeros(shape))
    with pytest.raises(BadInput, match=r"terminal: got shape \(3,\), expected \(2,\)"):
        dense_model(STAY_OR_SWITCH, terminal=[False] * 3)
    with pytest.raises(BadInput, match=r"start: got shape \(3,\), expected \(2,\)"):
        dense_model(STAY_OR_SWITCH, start=[1, 0, 0])
    with pytest.raises(BadInput, match="probability: got rows that do not sum to 1"):
        dense_model([[[0.5, 0.4]], [[0, 1]]])
    with pytest.raises(BadInput, match="probability: got a negative or NaN entry"):
        dense_model([[[2, -1]], [[0, 1]]])
    with pytest.raises(BadInput, match="start: got mass on a terminal state"):
        dense_model(STAY_OR_SWITCH, terminal=[True, False], start=[1, 0])
