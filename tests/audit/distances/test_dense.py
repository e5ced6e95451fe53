"""Dense arrays of a model: the convention for what cannot happen, and what EPIC makes of it."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.audit.distances import (
    dard_distance,
    dense_reward,
    dense_shaping,
    dense_transitions,
    epic_distance,
    starc_distance,
)
from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteModel, reachable_part
from tests.mdp.tiny_models import exit_or_stay, random_model, slippery_fork

GAMMA = 0.9


def test_the_convention_by_hand() -> None:
    # Two places and an end. In place 0 action 0 leads to 1 by two outcomes (paid 4 and 8, 1/4 each) or stays (paid 2);
    # action 1 is not legal. In place 1 both lead on: to 0 for 1, to the end for 10.
    successor = np.array([[[1, 1, 0], [0, 0, 0]], [[0, 0, 0], [2, 2, 2]], [[2, 2, 2], [2, 2, 2]]])
    probability = np.array([[[0.25, 0.25, 0.5], [1, 0, 0]], [[1, 0, 0], [1, 0, 0]], [[1, 0, 0], [1, 0, 0]]])
    legal = np.array([[True, False], [True, True], [True, True]])
    model = FiniteModel(successor, probability, np.array([False, False, True]), np.array([1.0, 0, 0]), legal)
    table = np.array([[[4.0, 8, 2], [77, 0, 0]], [[1, 0, 0], [10, 0, 0]], [[55, 0, 0], [55, 0, 0]]])
    chances = dense_transitions(model)
    assert chances[0].tolist() == [[0.5, 0.5, 0], [0.5, 0.5, 0]]  # what is not legal does what is
    assert chances[1].tolist() == [[1, 0, 0], [0, 0, 1]]
    assert chances[2].tolist() == [[0, 0, 1], [0, 0, 1]]
    # To state 1: (4 + 8) / 2 = 6. Nowhere else: 1/4 4 + 1/4 8 + 1/2 2 = 4.
    dense = dense_reward(model, table, GAMMA, fill="mean")
    assert dense[0].tolist() == [[2, 6, 4], [2, 6, 4]]
    assert dense[1].tolist() == [[1, 1, 1], [10, 10, 10]]
    assert dense[2].tolist() == [[0, 0, 0], [0, 0, 0]]


def test_what_can_happen_is_paid_its_table_whatever_the_convention() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        model = random_model(rng, states=5, actions=2, outcomes=2, ends=seed % 2)
        table = rng.normal(size=model.successor.shape)
        for fill in ("advantage", "mean"):
            dense = dense_reward(model, table, GAMMA, fill=fill)  # type: ignore[arg-type]
            chances = dense_transitions(model)
            assert chances.sum(axis=2) == pytest.approx(np.ones(chances.shape[:2]))
            expected = np.einsum("sat,sat->sa", chances, dense)
            acted = model.legal & ~model.terminal[:, None]
            assert expected[acted] == pytest.approx(model.expected(table)[acted], abs=1e-12)


def test_shaping_in_a_table_is_nothing_if_what_is_filled_in_are_advantages() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        model = random_model(rng, states=5, actions=3, outcomes=2, ends=seed % 3)
        table = rng.normal(size=model.successor.shape) * model.feasible
        potential = np.where(model.terminal, 0.0, 3 * rng.normal(size=model.n_states))
        shaped = table + model.shaping_table(potential, GAMMA)
        one, two = (dense_reward(model, amounts, GAMMA) for amounts in (table, shaped))
        assert two - one == pytest.approx(dense_shaping(potential, GAMMA, 3), abs=1e-12)
        chances = dense_transitions(model)
        assert epic_distance(one, two, GAMMA) == pytest.approx(0, abs=1e-12)
        assert dard_distance(one, two, chances, GAMMA) == pytest.approx(0, abs=1e-12)
        # Filled in from the table as it is, shaping is no shaping where it cannot happen; added by its formula it is.
        one, two = (dense_reward(model, amounts, GAMMA, fill="mean") for amounts in (table, shaped))
        assert epic_distance(one, two, GAMMA) > 0.1
        assert epic_distance(one, one + dense_shaping(potential, GAMMA, 3), GAMMA) == pytest.approx(0, abs=1e-12)


def test_where_nothing_is_left_to_chance_epic_on_advantages_is_starc() -> None:
    # The dense form less its shaping is then the advantage wherever the step leads, and its mean over actions is 0.
    for seed in range(20):
        rng = np.random.default_rng(seed)
        drawn = random_model(rng, states=6, actions=3, outcomes=1, ends=seed % 3)
        model = reachable_part(FiniteModel(drawn.successor, drawn.probability, drawn.terminal, drawn.start)).model
        tables = rng.normal(size=(2, *model.successor.shape)) * model.feasible
        dense = [dense_reward(model, table, GAMMA) for table in tables]
        starc = starc_distance(model, tables[0], tables[1], GAMMA)
        assert 0.1 < starc < 0.999
        assert epic_distance(dense[0], dense[1], GAMMA) == pytest.approx(starc, abs=1e-12)


def test_epic_depends_on_the_convention_and_starc_does_not_ask() -> None:
    # theory.md, trap iii: two dense rewards of one model that differ only where nothing can happen.
    model = slippery_fork()
    table = np.random.default_rng(0).normal(size=model.successor.shape) * model.feasible
    one, two = (dense_reward(model, table, GAMMA, fill=fill) for fill in ("advantage", "mean"))  # type: ignore[arg-type]
    possible = (dense_transitions(model) > 0) & model.legal[:, :, None] & ~model.terminal[:, None, None]
    assert (one - two)[possible] == pytest.approx(0 * two[possible], abs=1e-12)
    assert epic_distance(one, two, GAMMA) > 0.1
    back = [np.take_along_axis(dense, model.successor, axis=2) * model.feasible for dense in (one, two)]
    assert starc_distance(model, back[0], back[1], GAMMA) == pytest.approx(0, abs=1e-12)


def test_a_model_that_is_too_large_is_refused_with_a_way_out() -> None:
    states = 401
    successor = np.arange(states)[:, None, None].repeat(2, axis=1)
    model = FiniteModel(successor, np.ones(successor.shape), np.zeros(states, dtype=bool), np.full(states, 1 / states))
    with pytest.raises(BadInput, match="401 states, expected at most 400; use STARC"):
        dense_transitions(model)
    with pytest.raises(BadInput, match="401 states"):
        dense_reward(model, np.zeros(successor.shape), GAMMA)


def test_what_is_refused() -> None:
    model = exit_or_stay()
    table = np.zeros(model.successor.shape)
    with pytest.raises(BadInput) as refused:
        dense_reward(model, table, 2.0, fill="average")  # type: ignore[arg-type]
    assert [problem.where for problem in refused.value.problems] == ["gamma", "fill"]
    with pytest.raises(BadInput, match="reward_table"):
        dense_reward(model, np.zeros((2, 2)), GAMMA)
    with pytest.raises(BadInput, match="potential"):
        dense_shaping([[1.0]], GAMMA, 2)
