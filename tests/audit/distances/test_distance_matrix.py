"""Matrices: the same numbers as pair by pair, on whatever has a model, and a table that can be read."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from rewardlab.audit.distances import (
    KINDS,
    DistanceMatrix,
    dard_distance,
    dense_reward,
    dense_transitions,
    distance_matrix,
    epic_distance,
    starc_distance,
    table_distances,
)
from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteModel, reachable_part
from rewardlab_envs.delivery import delivery_task
from rewardlab_envs.gridworld import gridworld_task
from tests.mdp.tiny_models import random_model, stay_or_switch

KIND = pytest.mark.parametrize("kind", KINDS)


@KIND
def test_the_entries_are_the_distances_of_the_pairs(kind: Any) -> None:
    rng = np.random.default_rng(0)
    model = random_model(rng, states=7, actions=2, outcomes=2, ends=1)
    tables = {name: rng.normal(size=model.successor.shape) for name in ("one", "two", "three")}
    matrix = table_distances(model, tables, kind=kind, gamma=0.9)
    part = reachable_part(model)
    for first in tables:
        for second in tables:
            pair = [part.table(tables[name]) for name in (first, second)]
            if kind == "starc":
                expected = starc_distance(model, tables[first], tables[second], 0.9)
            elif kind == "epic":
                expected = epic_distance(*(dense_reward(part.model, table, 0.9) for table in pair), 0.9)
            else:
                dense = [dense_reward(part.model, table, 0.9) for table in pair]
                expected = dard_distance(dense[0], dense[1], dense_transitions(part.model), 0.9)
            assert matrix.between(first, second) == pytest.approx(expected, abs=1e-13)
    assert (matrix.values == matrix.values.T).all()
    assert (np.diag(matrix.values) == 0).all()


@KIND
@pytest.mark.parametrize("task", [delivery_task(1, "ADB"), gridworld_task("four_by_three")], ids=["town", "grid"])
def test_of_a_catalogue_shaped_is_0_negated_is_1_and_the_rest_is_between(task: Any, kind: Any) -> None:
    model = task.model
    if kind != "starc" and reachable_part(model).model.n_states > 400:
        with pytest.raises(BadInput, match="at most 400; use STARC"):
            distance_matrix(task, kind=kind)
        return
    meant = task.objective_table
    potential = np.random.default_rng(0).normal(size=model.n_states)
    rewards: dict[str, Any] = {name: name for name in task.catalogue.rewards}
    rewards["shaped"] = 2 * meant + model.shaping_table(potential, 0.99)
    rewards["negated"] = -meant
    matrix = distance_matrix(task, rewards, kind=kind, gamma=0.99)
    objective = task.catalogue.objective
    assert matrix.between(objective, "shaped") == pytest.approx(0, abs=1e-9)
    assert matrix.between(objective, "negated") == pytest.approx(1, abs=1e-9)
    others = [matrix.between(objective, name) for name in task.catalogue.rewards if name != objective]
    assert 0.01 < min(others) <= max(others) < 0.99


def test_an_environment_a_task_and_a_model_with_arrays_will_do() -> None:
    lake = gym.make("FrozenLake-v1")
    paid = {"reward": "reward", "living": {"reward": 1.0}, "doubled": {"reward": 2.0}}
    matrix = distance_matrix(lake, paid)
    assert matrix.names == ("reward", "living", "doubled")
    assert matrix.values == pytest.approx(np.zeros((3, 3)), abs=1e-12)
    model = stay_or_switch()
    by_action = distance_matrix(model, {"a": [[0, 1], [0, 0]], "b": [[0, 0], [1, 0]]}, gamma=0.9, norm="linf")
    assert 0 < by_action.between("a", "b") < 1
    assert by_action.values[0, 1] != distance_matrix(model, {"a": [[0, 1], [0, 0]], "b": [[0, 0], [1, 0]]}).values[0, 1]


def test_the_table_for_terminals() -> None:
    matrix = DistanceMatrix("starc", 0.9, ("speed", "on_time"), np.array([[0, 0.25], [0.25, 0]]))
    assert matrix.as_text().splitlines() == [
        "               1      2",
        "1 speed    0.000  0.250",
        "2 on_time  0.250  0.000",
    ]
    assert matrix.as_dict()["values"] == [[0, 0.25], [0.25, 0]]
    with pytest.raises(BadInput, match="did you mean 'speed'"):
        matrix.between("sped", "on_time")


def test_thousands_of_states_are_no_trouble_for_starc() -> None:
    rng = np.random.default_rng(0)
    states = 5000
    successor = rng.integers(states, size=(states, 4, 3))
    probability = rng.dirichlet(np.ones(3), size=(states, 4))
    successor[:, 0, 0], probability[:, 0] = (np.arange(states) + 1) % states, [1.0, 0, 0]
    # Most steps lead near, as in environments; a graph without any shape fills the factors.
    successor[:, 1:] = (np.arange(states)[:, None, None] + rng.integers(-3, 4, size=(states, 3, 3))) % states
    model = FiniteModel(successor, probability, np.zeros(states, dtype=bool), np.eye(states)[0])
    tables = {str(number): rng.normal(size=successor.shape) for number in range(3)}
    for form in ("value", "minimal"):
        matrix = table_distances(model, tables, form=form)
        # Unrelated rewards are nearly at right angles.
        assert matrix.values[np.triu_indices(3, 1)] == pytest.approx(np.full(3, np.sqrt(0.5)), abs=0.05)


@pytest.mark.parametrize(
    ("rewards", "settings", "where"),
    [
        ({"a": "reward"}, {"kind": "epik"}, "kind: .* did you mean 'epic'"),
        ({}, {}, "rewards"),
        ({"a": "reward"}, {"coverage": 1}, "option"),
        ({"a": "reward"}, {"kind": "epic", "norm": "l1"}, "option"),
        ({"a": "reward"}, {"gamma": 99}, "gamma"),
        ({"a": "reward"}, {"kind": "dard", "gamma": 99}, "gamma"),
        ({"a": "reward"}, {"kind": "epic", "fill": "men"}, "fill: .* did you mean 'mean'"),
    ],
)
def test_what_is_refused(rewards: dict[str, Any], settings: dict[str, Any], where: str) -> None:
    with pytest.raises(BadInput, match=where):
        distance_matrix(gym.make("FrozenLake-v1"), rewards, **settings)


def test_all_rewards_that_are_wrong_are_named() -> None:
    with pytest.raises(BadInput) as refused:
        distance_matrix(gym.make("FrozenLake-v1"), {"a": "rewart", "b": np.zeros(3), "c": "reward"})
    assert [problem.where for problem in refused.value.problems] == ["rewards['a']", "rewards['b']"]
    with pytest.raises(BadInput, match="a bare model has no catalogue"):
        distance_matrix(stay_or_switch())
    with pytest.raises(BadInput, match="sampled_epic"):
        distance_matrix(gym.make("CartPole-v1"), {"a": {"x": 1.0}})
