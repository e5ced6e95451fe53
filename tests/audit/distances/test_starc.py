"""STARC: the authors' toy, the canonical forms computed in another way, and that 0 means the same order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rewardlab.audit.case import audit_case
from rewardlab.audit.distances import FORMS, NORMS, starc_canonical, starc_distance
from rewardlab.audit.policy_order import policy_order
from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteModel, dense_model, policy_values, solve
from tests.mdp.tiny_models import random_model, stay_or_switch, uniform_policy

GAMMA = 0.9
FORM = pytest.mark.parametrize("form", FORMS)
NORM = pytest.mark.parametrize("norm", NORMS)


def luck(model: FiniteModel, rng: np.random.Generator) -> NDArray[np.float64]:
    """What is expected to be 0 for each state and action: Skalse et al.'s redistribution over next states."""
    table = rng.normal(size=model.successor.shape) * model.feasible
    return (table - model.expected(table)[:, :, None]) * model.feasible


def models(count: int) -> list[tuple[FiniteModel, NDArray[np.float64], np.random.Generator]]:
    """Random models, a reward of each, and a generator."""
    found = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        ends = seed % 3
        model = random_model(rng, states=4 + ends, actions=3, outcomes=2, ends=ends)
        found.append((model, rng.normal(size=model.successor.shape) * model.feasible, rng))
    return found


def test_the_toy_of_the_authors() -> None:
    # s0 stay, s0 switch, s1 stay, s1 switch. From s0 the switch pays 1 and the way back nothing, so with g = 0.9 it is
    # worth 1 / (1 - g^2) there, and g times as much a step earlier.
    model = stay_or_switch()
    g, once = GAMMA, 1 / (1 - GAMMA**2)
    solution = solve(model, model.events["paid"], g)
    assert solution.action_values.ravel() == pytest.approx([g * once, once, g * g * once, g * once], abs=1e-12)
    assert solution.action_values.ravel() == pytest.approx([4.736842, 5.263158, 4.263158, 4.736842], abs=5e-7)
    # Under the uniform policy V0 = 1/2 + g (V0 + V1) / 2 and V1 = g (V0 + V1) / 2: V0 - V1 = 1/2, V0 + V1 = 5.
    # Advantages: 0 + g V0 - V0, 1 + g V1 - V0, g V1 - V1, g V0 - V1 with V0 = 2.75 and V1 = 2.25.
    canonical = starc_canonical(model, model.events["paid"], g)
    assert canonical == pytest.approx(np.array([[-0.275, 0.275], [-0.225, 0.225]]), abs=1e-12)


def test_the_value_form_is_what_the_dense_definition_says() -> None:
    for model, table, _ in models(20):
        policy = uniform_policy(model)
        values = policy_values(model, table, policy, GAMMA)
        expected = np.zeros(model.legal.shape)
        for s, a in np.argwhere(model.legal & ~model.terminal[:, None]):
            gain = table[s, a] + GAMMA * values[model.successor[s, a]] - values[s]
            expected[s, a] = model.probability[s, a] @ gain
        reached = reached_states(model)
        expected[~reached] = 0
        assert starc_canonical(model, table, GAMMA) == pytest.approx(expected, abs=1e-12)
        # The values of any other policy do as well, and give another form.
        other = np.where(model.legal, np.random.default_rng(0).random(model.legal.shape) + 0.1, 0)
        other = other / np.maximum(other.sum(axis=1, keepdims=True), 1e-9)
        form = starc_canonical(model, table, GAMMA, policy=other)
        assert (other * form).sum(axis=1) == pytest.approx(np.zeros(model.n_states), abs=1e-12)


def reached_states(model: FiniteModel) -> NDArray[np.bool_]:
    reached = model.start > 0
    for _ in range(model.n_states):
        for s, a, k in np.argwhere(model.feasible):
            if reached[s]:
                reached[model.successor[s, a, k]] = True
    return reached


def test_the_minimal_form_is_the_smallest_dense_reward() -> None:
    # By brute force on arrays [S, A, S]: least squares over all potentials and all that is expected to be 0.
    for seed in range(8):
        rng = np.random.default_rng(seed)
        chances = rng.dirichlet(np.ones(4), size=(4, 2)) * (rng.random((4, 2, 4)) < 0.7)
        chances[..., 0] += 1e-2
        chances = chances / chances.sum(axis=2, keepdims=True)
        model = dense_model(chances)
        reward = rng.normal(size=(4, 2, 4))
        columns = []
        for state in range(4):
            potential = np.eye(4)[state]
            columns.append(np.tile((GAMMA * potential - potential[:, None])[:, None, :], (1, 2, 1)).ravel())
        for s, a, t in np.ndindex(4, 2, 4):
            # Any table less what it is expected to be is expected to be 0.
            column = np.zeros((4, 2, 4))
            column[s, a, t] = 1.0
            column[s, a] -= chances[s, a, t] * np.ones(4)
            columns.append(column.ravel())
        matrix = np.stack(columns, axis=1)
        smallest = (reward.ravel() - matrix @ np.linalg.lstsq(matrix, reward.ravel())[0]).reshape(4, 2, 4)
        table = np.take_along_axis(reward, model.successor, axis=2)
        form = starc_canonical(model, table * model.feasible, GAMMA, form="minimal")
        signs = np.sign(np.einsum("sat,sat->sa", chances, smallest))
        assert form == pytest.approx(signs * np.linalg.norm(smallest, axis=2), abs=1e-10)


@FORM
@NORM
def test_factor_and_shaping_are_nothing_and_the_opposite_is_all(form: Any, norm: Any) -> None:
    for model, table, rng in models(12):
        shaping = model.shaping_table(10 * rng.normal(size=model.n_states), GAMMA)
        settings: dict[str, Any] = {"form": form, "norm": norm}
        forms = [starc_canonical(model, amounts, GAMMA, form=form) for amounts in (table, table + shaping)]
        assert forms[1] == pytest.approx(forms[0], abs=1e-11)
        if not np.abs(forms[0]).max() > 1e-6:
            continue
        assert starc_distance(model, table, 0.3 * table + shaping, GAMMA, **settings) == pytest.approx(0, abs=1e-11)
        assert starc_distance(model, table, shaping - 5 * table, GAMMA, **settings) == pytest.approx(1, abs=1e-11)


@pytest.mark.parametrize("form", ["value", "minimal"])
@NORM
def test_what_is_expected_to_be_0_is_nothing(form: Any, norm: Any) -> None:
    for model, table, rng in models(12):
        both = table + luck(model, rng)
        assert np.abs(both - table).max() > 0.1
        assert starc_distance(model, table, both, GAMMA, form=form, norm=norm) == pytest.approx(0, abs=1e-11)
        # VALPotential is stricter.
        assert starc_distance(model, table, both, GAMMA, form="value_potential", norm=norm) > 0.05


@FORM
@NORM
def test_it_is_a_pseudometric(form: Any, norm: Any) -> None:
    for model, table, rng in models(15):
        other = rng.normal(size=table.shape)
        third = rng.choice([-1, 0, 1]) * table + rng.normal() * other
        weights = rng.random(model.legal.shape) + 0.1

        def between(one: Any, two: Any, model: FiniteModel = model, weights: Any = weights) -> float:
            found = starc_distance(model, one, two, GAMMA, form=form, norm=norm, weights=weights)
            assert 0.0 <= found <= 1.0
            return found

        assert between(table, other) == pytest.approx(between(other, table), abs=1e-14)
        assert between(table, table) == 0.0
        assert between(table, third) <= between(table, other) + between(other, third) + 1e-12


def test_it_is_0_exactly_where_the_order_of_policies_is_the_same() -> None:
    same = 0
    for number, (model, table, rng) in enumerate(models(60)):
        # Integers and few outcomes, so that rewards agree by chance as well.
        others = [
            2 * table + model.shaping_table(rng.normal(size=model.n_states), GAMMA) + luck(model, rng),
            -table,
            table + np.where(rng.random(table.shape) < 0.1, 1.0, 0.0) * model.feasible,
        ]
        other = others[number % 3]
        verdict = policy_order(audit_case(model, other, table, gamma=GAMMA)).same
        for form in ("value", "minimal"):
            distance = starc_distance(model, table, other, GAMMA, form=form)  # type: ignore[arg-type]
            assert (distance < 1e-9) == verdict
        same += verdict
    assert 15 < same < 45


def test_a_reward_under_which_all_policies_are_equal() -> None:
    for model, table, rng in models(10):
        nothing = model.shaping_table(1e4 * rng.normal(size=model.n_states), GAMMA) + luck(model, rng)
        for form in ("value", "minimal"):
            for norm in NORMS:
                settings: dict[str, Any] = {"form": form, "norm": norm}
                assert starc_distance(model, nothing, 0 * table, GAMMA, **settings) == 0.0
                # s(R) = 0, and the authors' distance of 0 to any vector of length 1 is 1: half of it here.
                assert starc_distance(model, nothing, table, GAMMA, **settings) == pytest.approx(0.5, abs=1e-14)


def test_what_cannot_happen_or_be_reached_does_not_matter() -> None:
    # theory.md, trap iii. State 2 cannot be reached.
    model = dense_model([[[0.5, 0.5, 0], [1, 0, 0]], [[0, 1, 0], [1, 0, 0]], [[0, 0, 1], [1, 0, 0]]], start=[1, 0, 0])
    table = np.random.default_rng(0).normal(size=model.successor.shape)
    assert not model.feasible.all()
    other = np.where(model.feasible, table, 100.0)
    other[2] = 50.0
    for form in FORMS:
        assert starc_distance(model, table, other, GAMMA, form=form) == pytest.approx(0, abs=1e-14)
        assert (starc_canonical(model, other, GAMMA, form=form)[2] == 0).all()


def test_each_norm_is_its_formula_and_weights_count() -> None:
    model, table, rng = models(1)[0]
    other = rng.normal(size=table.shape)
    first, second = (starc_canonical(model, amounts, GAMMA) for amounts in (table, other))
    weights = rng.random(model.legal.shape) + 0.1
    formulas: dict[str, Any] = {
        "l1": lambda x: (weights * abs(x)).sum(),
        "l2": lambda x: np.sqrt((weights * x**2).sum()),
        "linf": lambda x: (weights * abs(x)).max(),
    }
    for norm, length in formulas.items():
        expected = length(first / length(first) - second / length(second)) / 2
        found = starc_distance(model, table, other, GAMMA, norm=norm, weights=weights)  # type: ignore[arg-type]
        assert found == pytest.approx(expected, abs=1e-13)
        assert found != pytest.approx(starc_distance(model, table, other, GAMMA, norm=norm), abs=1e-6)  # type: ignore[arg-type]


def test_an_outcome_that_is_split_in_two_changes_nothing() -> None:
    model, table, _ = models(1)[0]
    other = np.random.default_rng(5).normal(size=table.shape)
    split = FiniteModel(
        np.repeat(model.successor, 2, axis=2),
        np.repeat(model.probability, 2, axis=2) * np.tile([0.25, 0.75], model.n_outcomes),
        model.terminal,
        model.start,
        model.legal,
    )
    for form in ("value", "minimal"):
        once = starc_distance(model, table, other, GAMMA, form=form)  # type: ignore[arg-type]
        twice = starc_distance(split, np.repeat(table, 2, axis=2), np.repeat(other, 2, axis=2), GAMMA, form=form)  # type: ignore[arg-type]
        assert twice == pytest.approx(once, abs=1e-12)


@pytest.mark.parametrize(
    ("settings", "where"),
    [
        ({"form": "valeu"}, "form: .* did you mean 'value'"),
        ({"norm": "l3"}, "norm"),
        ({"weights": np.ones((2, 3))}, "weights"),
        ({"weights": np.array([[1.0, 0.0], [1.0, 1.0]])}, "weights: got 0 for a legal action"),
        ({"policy": np.array([[1.0, 0.0], [0.5, 0.5]])}, "policy: got a legal action that is never taken"),
        ({"policy": np.array([[0.7, 0.7], [0.5, 0.5]])}, "policy"),
        ({"policy": np.ones(2)}, "policy"),
        ({"policy": [[1.0], [0.5, 0.5]]}, "policy: got .*rows of one length"),
        ({"weights": [[1.0], [0.5, 0.5]]}, "weights: got"),
    ],
)
def test_what_is_refused(settings: dict[str, Any], where: str) -> None:
    model = stay_or_switch()
    paid = model.events["paid"]
    with pytest.raises(BadInput, match=where):
        starc_distance(model, paid, paid, GAMMA, **settings)


def test_gamma_1_and_tables_of_another_shape_are_refused() -> None:
    model = stay_or_switch()
    paid = model.events["paid"]
    with pytest.raises(BadInput, match="gamma"):
        starc_distance(model, paid, paid, 1.0)
    for bad in (np.ones((2, 2)), np.full((2, 2, 1), np.nan)):
        with pytest.raises(BadInput, match="reward_table"):
            starc_distance(model, paid, bad, GAMMA)
