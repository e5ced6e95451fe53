"""What rounding may not do: order two policies otherwise, make shaping of what is none, or ties of what is none."""

from __future__ import annotations

import numpy as np
import pytest

import rewardlab
from rewardlab.audit.case import AuditCase, audit_case
from rewardlab.audit.hackability import hackability_finding
from rewardlab.audit.optimal_set import optimal_set
from rewardlab.audit.policy_order import policy_order, policy_order_finding
from rewardlab.audit.shaping_form import shaping_form_finding
from rewardlab.mdp import dense_model
from tests.mdp.tiny_models import random_model


def rare_fork(chance: float) -> AuditCase:
    """Nearly always 1 for ever; rarely a fork, of which the proxy prefers one way and the objective the other."""
    model = dense_model(
        [[[1, 0, 0], [1, 0, 0]], [[0, 0, 1], [0, 0, 1]], [[0, 0, 1], [0, 0, 1]]],
        terminal=[False, False, True],
        start=[1 - chance, chance, 0],
    )
    proxy, objective = np.ones((2, 3, 2, model.n_outcomes))
    proxy[1, 0] = objective[1, 1] = 2.0
    return audit_case(model, proxy, objective, gamma=0.99)


@pytest.mark.parametrize("chance", [0.5, 1e-6, 1e-9])
def test_two_policies_show_it_however_rare_what_matters_is(chance: float) -> None:
    # The returns are 100 (1 - chance) + chance * (1 or 2), so two policies differ by the chance at most.
    pair = policy_order(rare_fork(chance)).witness
    assert pair is not None
    assert pair.strict
    assert 0.0 < pair.proxy[0] - pair.proxy[1] <= 1.001 * chance + 1e-13


def test_returns_that_evaluation_cannot_tell_apart_are_not_shown_and_change_no_verdict() -> None:
    # 1e-14 beside 100: the returns of all policies are the same float64, or differ by rounding.
    case = rare_fork(1e-14)
    assert "witness" not in policy_order_finding(case).data
    finding = hackability_finding(case)
    assert finding.data == {"hackable": True, "witness": None}
    assert finding.verdict.startswith("Yes")


@pytest.mark.parametrize("seed", range(20))
def test_a_large_potential_drowns_no_pair(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = random_model(rng, states=6, actions=3, outcomes=2)
    objective = rng.normal(size=model.successor.shape)
    proxy = objective + rng.normal(size=objective.shape)
    shaped = proxy + model.shaping_table(1e9 * rng.normal(size=model.n_states), 0.99)
    plain, case = (audit_case(model, paid, objective, gamma=0.99) for paid in (proxy, shaped))
    pair = policy_order(case).witness
    assert pair is not None
    # Shaping pays all policies alike, so that without it the same two are in the same order.
    paid = [plain.space.visits(policy) @ plain.proxy_rows for policy in (pair.first, pair.second)]
    achieved = [plain.space.visits(policy) @ plain.objective_rows for policy in (pair.first, pair.second)]
    assert paid[0] > paid[1]
    assert achieved[0] < achieved[1]
    assert pair.strict


def test_what_a_large_potential_hides_is_no_shaping_if_it_changes_the_order() -> None:
    # 0.05 is little beside 1e8, and half of the difference between the two actions.
    model = dense_model([[[1, 0], [0, 1]], [[0, 1], [1, 0]]])
    meant = np.array([[0.0, 0.1], [0.0, 0.0]])
    paid = np.array([[0.05, 0.1], [0.0, 0.0]])
    shaped = {"against": meant, "shaping": [1e8, -1e8], "gamma": 0.9}
    assert rewardlab.audit(model, meant, **shaped).finding("shaping_form").data["is_shaping"]  # type: ignore[arg-type]
    answer = rewardlab.audit(model, paid, **shaped)  # type: ignore[arg-type]
    assert not answer.finding("policy_order").data["same"]
    assert not answer.finding("shaping_form").data["is_shaping"]


def test_amounts_that_drown_the_objective_are_no_shaping() -> None:
    model = dense_model([[[1], [1]]])
    objective = np.array([[[1e-9], [2e-9]]])
    case = audit_case(model, np.full((1, 2, 1), 1e9), objective, gamma=0.5)
    assert not policy_order(case).same
    finding = shaping_form_finding(case)
    assert not finding.data["is_shaping"]
    assert "how policies are ordered" in finding.evidence[-1]


def test_to_wait_is_no_tie_where_chance_would_lose_much() -> None:
    # From state 0 one may wait, take 1 and be done, or lose 100 at every step for ever. To wait once costs 1 - gamma.
    # The values of the uniform policy, of about -1e6 * 100 / 3, say nothing of what a perfect agent can have.
    gamma = 0.9999
    stay, done, lost = np.eye(3)
    model = dense_model(
        [[stay, done, lost], [done, done, done], [lost, lost, lost]], terminal=[False, True, False], start=[1, 0, 0]
    )
    paid = np.array([[0.0, 1.0, -100.0], [0.0] * 3, [-100.0] * 3])
    table = np.broadcast_to(paid[:, :, None], model.successor.shape)
    answer = optimal_set(audit_case(model, table, table, gamma=gamma))
    assert answer.safe
    assert answer.worst == pytest.approx(1.0)


@pytest.mark.parametrize("lead", [1e-6, 1e-9, 1e-10])
def test_no_order_is_called_the_same_of_which_the_ties_are_unsafe(lead: float) -> None:
    # Three exits. The objective likes the first a little better than the second, the proxy both alike.
    model = dense_model([[[0, 1]] * 3, [[0, 1]] * 3], terminal=[False, True])
    answer = rewardlab.audit(model, [[1, 1, 0], [0] * 3], against=[[1 + lead, 1, 0], [0] * 3], gamma=0.9)
    assert not answer.safe
    assert not answer.finding("policy_order").data["same"]
    assert answer.finding("hackability").data["hackable"]


def test_chances_written_with_ten_digits_make_no_tie_a_loss() -> None:
    # One of three ends for sure, each with 0.3333333333, or the last one at once: whatever is done is worth 1.
    ends = np.zeros((4, 2, 4))
    ends[0, 0, 1:] = 0.3333333333
    ends[0, 1, 3] = 1.0
    ends[1:, :, 3] = 1.0
    model = dense_model(ends, terminal=[False, True, True, True])
    answer = rewardlab.audit(model, np.zeros((4, 2)), against=np.ones((4, 2)), gamma=0.9)
    assert answer.safe
    assert model.probability[0, 0].sum() == pytest.approx(1.0, abs=1e-15)
    # What sums to 1 already keeps every bit.
    tenths = np.array([0.1, 0.2, 0.7])
    assert dense_model([[tenths] * 2] * 3).probability[0, 0].tolist() == tenths.tolist()
