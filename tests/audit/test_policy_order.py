"""The order of all policies: what keeps it, with factor and potential, and what does not, with two policies."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.audit.case import audit_case
from rewardlab.audit.policy_order import policy_order, policy_order_finding
from rewardlab.audit.policy_pair import PolicyPair
from rewardlab.mdp import FiniteModel, FiniteTask, expected_return
from tests.audit.worlds import ENDLESS, GAMMA, WORLDS, case_of, shaping_of, some_potential
from tests.mdp.tiny_models import every_policy, random_model

EVERYWHERE = pytest.mark.parametrize("task", [*WORLDS.values(), *ENDLESS.values()], ids=[*WORLDS, *ENDLESS])


@EVERYWHERE
def test_a_factor_and_shaping_keep_it_and_are_found(task: FiniteTask) -> None:
    potential = some_potential(task)
    case = case_of(task, 3 * task.objective_table + shaping_of(task, potential))
    answer = policy_order(case)
    assert answer.same
    assert answer.factor == pytest.approx(3)
    assert answer.potential == pytest.approx(np.where(case.model.terminal, 0, potential[case.states]), abs=1e-9)
    assert policy_order_finding(case).level == "fine"


@pytest.mark.parametrize("name", ["slippery", "frozen lake"])
def test_what_is_expected_to_be_nothing_keeps_it(name: str) -> None:
    task = WORLDS[name]
    luck = np.random.default_rng(0).normal(size=task.model.successor.shape) * task.model.feasible
    luck = (luck - task.model.expected(luck)[:, :, None]) * task.model.feasible
    assert np.abs(luck).max() > 0.1
    assert policy_order(case_of(task, task.objective_table + luck)).same


@EVERYWHERE
def test_one_payment_more_breaks_it_and_two_policies_show_it(task: FiniteTask) -> None:
    model = task.model
    place = np.argwhere(model.feasible & (model.start > 0)[:, None, None])[0]
    proxy = task.objective_table.copy()
    proxy[tuple(place)] += 0.3
    case = case_of(task, proxy)
    answer = policy_order(case)
    assert not answer.same
    pair = answer.witness
    assert pair is not None
    evaluated = [
        [expected_return(case.model, table, policy, GAMMA) for policy in (pair.first, pair.second)]
        for table in (case.proxy, case.objective)
    ]
    assert evaluated[0] == pytest.approx(pair.proxy, abs=1e-12)
    assert evaluated[1] == pytest.approx(pair.objective, abs=1e-12)
    assert pair.strict
    assert policy_order_finding(case).level == "note"


@EVERYWHERE
def test_the_opposite_is_not_the_same(task: FiniteTask) -> None:
    answer = policy_order(case_of(task, -2 * task.objective_table))
    assert not answer.same
    assert answer.factor == pytest.approx(-2)
    assert answer.witness is not None
    assert answer.witness.strict


def test_rewards_of_what_cannot_happen_do_not_matter() -> None:
    task = WORLDS["frozen lake"]
    assert not task.model.feasible.all()
    proxy = task.objective_table + 7.0 * ~task.model.feasible
    assert policy_order(case_of(task, proxy)).same


def test_returns_are_affine_in_each_other_with_the_factor_as_slope() -> None:
    # theory.md 0.2: the returns of all policies under 3 R + shaping + something expected to be 0 are affine in those
    # under R, with slope 3.
    rng = np.random.default_rng(4)
    model = random_model(rng, states=3, actions=2, outcomes=3, ends=0)
    meant = model.events["meant"]
    luck = rng.normal(size=meant.shape)
    luck -= model.expected(luck)[:, :, None]
    paid = 3 * meant + model.shaping_table(rng.normal(size=3), 0.9) + luck
    returns = np.array(
        [[expected_return(model, table, policy, 0.9) for table in (meant, paid)] for policy in every_policy(model)]
    )
    slope, constant = np.polyfit(*returns.T, 1)
    assert slope == pytest.approx(3, abs=1e-12)
    assert returns[:, 1] == pytest.approx(slope * returns[:, 0] + constant, abs=1e-12)
    assert policy_order(audit_case(model, paid, meant, gamma=0.9)).factor == pytest.approx(3, abs=1e-12)


def test_where_nothing_is_told_apart_the_order_is_the_same_only_if_both_say_nothing() -> None:
    task = WORLDS["slippery"]
    nothing = shaping_of(task, some_potential(task))
    model = task.model
    assert policy_order(audit_case(model, nothing, 0 * nothing, gamma=GAMMA)).same
    for paid, meant in ((task.objective_table, nothing), (nothing, task.objective_table)):
        answer = policy_order(audit_case(model, paid, meant, gamma=GAMMA))
        assert not answer.same
        assert answer.witness is not None
        # One of the two pays both policies alike: a tie that the other does not have.
        differences = np.array([np.ptp(answer.witness.proxy), np.ptp(answer.witness.objective)])
        assert differences.min() <= 1e-12 < 1e-6 < differences.max()


def test_a_model_without_choices_has_one_policy() -> None:
    model = FiniteModel(np.array([[[1]], [[0]]]), np.ones((2, 1, 1)), np.zeros(2, dtype=bool), np.array([1.0, 0.0]))
    assert policy_order(audit_case(model, np.array([[[1.0]], [[2.0]]]), np.zeros((2, 1, 1)), gamma=0.9)).same


@pytest.mark.parametrize(
    ("returns", "shown"),
    [
        ((2.0, 1.0), "paid 2 against 1"),
        ((1.00001, 1.0), "paid 1.00001 against 1"),
        ((1 / 3, 1 / 3), "paid 0.333333 against 0.333333"),
    ],
)
def test_returns_are_shown_with_the_digits_that_tell_them_apart(returns: tuple[float, float], shown: str) -> None:
    nobody = np.zeros((1, 1))
    pair = PolicyPair("two", nobody, nobody, returns, (0.0, 1.0))
    task = WORLDS["frozen lake"]
    case = case_of(task, task.objective_table)
    assert pair.lines(case) == (f"two: {shown}; {case.objective_name} 0 against 1",)
