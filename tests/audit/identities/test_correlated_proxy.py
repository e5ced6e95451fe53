"""Correlated proxies (Laidlaw, Singhal & Dragan 2024): the instance, no violation, and the better bound."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.audit.identities import CorrelatedProxy, correlated_policies, correlated_proxy
from rewardlab.errors import BadInput
from rewardlab.mdp import expected_return
from tests.audit.identities.drawn import drawn, one_choice, paying

UNIFORM = np.full(4, 0.25)


def instance(policy: list[float]) -> CorrelatedProxy:
    return correlated_proxy([0, 1, 2, 9], [0, 1, 2, 3], UNIFORM, policy)


def random_case(rng: np.random.Generator) -> CorrelatedProxy | None:
    size = int(rng.integers(2, 9))
    meant = rng.normal(size=size)
    paid = meant + rng.choice([0.1, 1.0, 3.0]) * rng.normal(size=size)
    base, policy = rng.dirichlet(np.ones(size)), rng.dirichlet(np.full(size, rng.choice([0.2, 1.0])))
    try:
        return correlated_proxy(paid, meant, base, policy)
    except BadInput:
        return None


def test_the_instance() -> None:
    # Variances 1.25 and 12.5, covariance 3.5: r = 3.5 / sqrt(15.625). chi2 = (3 * 0.15^2 + 0.45^2) / 0.25 = 1.08.
    answer = instance([0.1, 0.1, 0.1, 0.7])
    assert answer.correlation == pytest.approx(0.885438, abs=5e-7)
    assert answer.chi_squared == pytest.approx(1.08)
    assert answer.objective_gain == pytest.approx(0.804984, abs=5e-7)
    assert answer.bound == pytest.approx(0.604495, abs=5e-7)
    # The policy moves within what proxy and objective span, and away from the rest of the objective: nothing is left.
    assert answer.best_bound == pytest.approx(answer.objective_gain)
    assert answer.holds


def test_no_violation_in_two_thousand_cases() -> None:
    rng = np.random.default_rng(0)
    answers = [answer for _ in range(4000) if (answer := random_case(rng)) is not None]
    assert len(answers) >= 2000
    assert all(answer.holds for answer in answers)
    assert all(answer.best_bound >= answer.bound - 1e-9 for answer in answers)
    assert sum(answer.best_bound > answer.bound + 0.1 for answer in answers) > 500
    # Both promise a gain in the same cases, and the better one promises more.
    assert all(answer.best_bound * answer.bound >= -1e-9 for answer in answers)


@pytest.mark.parametrize("unit", [1e-15, 1e15])
def test_rewards_in_another_unit_promise_the_same(unit: float) -> None:
    answer = correlated_proxy(
        np.array([0, 1, 2, 9]) * unit, np.array([0, 1, 2, 3]) * unit, UNIFORM, [0.1, 0.1, 0.1, 0.7]
    )
    assert answer.bound == pytest.approx(0.604495, abs=5e-7)


def test_the_better_bound_cannot_be_improved() -> None:
    # Three cells and two orthogonal rewards span all differences of visits, so that the worst objective with a given
    # correlation is attained: R = r * proxy + sqrt(1 - r^2) * other, and the policy moves against `other`.
    base = np.full(3, 1 / 3)
    proxy, other = np.sqrt(1.5) * np.array([-1.0, 0, 1]), np.sqrt(0.5) * np.array([-1.0, 2, -1])
    for r in (0.2, 0.7, 0.95):
        policy = base * (1 + 0.2 * proxy - 0.3 * other)
        answer = correlated_proxy(proxy, r * proxy + np.sqrt(1 - r**2) * other, base, policy)
        assert answer.correlation == pytest.approx(r)
        assert answer.objective_gain == pytest.approx(answer.best_bound, abs=1e-12)
        assert answer.objective_gain == pytest.approx(0.2 * r - 0.3 * np.sqrt(1 - r**2))


def test_both_are_equal_where_they_promise_nothing() -> None:
    # The gain is sqrt(1 - r^2) of the root of the divergence: the angles add up to 90 degrees, and both promise 0.
    r, size = 0.8, 0.3
    proxy, other = np.sqrt(1.5) * np.array([-1.0, 0, 1]), np.sqrt(0.5) * np.array([-1.0, 2, -1])
    policy = (1 + size * (0.6 * proxy - 0.8 * other)) / 3
    answer = correlated_proxy(proxy, r * proxy + 0.6 * other, np.full(3, 1 / 3), policy)
    assert [answer.bound, answer.best_bound, answer.objective_gain] == pytest.approx([0, 0, 0], abs=1e-12)


def test_the_divergence_is_of_visits_and_not_of_actions() -> None:
    # The four cells as one choice of four actions that ends at once: of a time of 10 discounted steps one is spent on
    # it, so the visits differ by a tenth of what the action distributions do.
    model = one_choice(4)
    paid, meant = paying(model, [0, 1, 2, 9]), paying(model, [0, 1, 2, 3])
    policy = np.array([[0.1, 0.1, 0.1, 0.7]] * 2)
    answer = correlated_policies(model, paid, meant, np.full((2, 4), 0.25), policy, 0.9)
    assert answer.chi_squared == pytest.approx(0.1 * 1.08)
    assert answer.holds


def test_policies_of_any_model() -> None:
    judged = 0
    for seed in range(100):
        case = drawn(seed)
        base = case.model.legal / case.model.legal.sum(axis=1, keepdims=True)
        paid = case.table + 0.5 * case.rng.normal(size=case.table.shape)
        try:
            answer = correlated_policies(case.model, paid, case.table, base, case.policy, case.gamma)
        except BadInput:
            continue  # one action everywhere, or no positive correlation
        judged += 1
        assert answer.holds
        # The uniform policy goes wherever one can go, so that no rounding may send another policy elsewhere.
        assert np.isfinite(answer.chi_squared)
        # The gains are those of the returns, in other units.
        for table, gain in ((paid, answer.proxy_gain), (case.table, answer.objective_gain)):
            returns = [expected_return(case.model, table, policy, case.gamma) for policy in (case.policy, base)]
            assert np.sign(np.round(returns[0] - returns[1], 9)) == np.sign(np.round(gain, 9))
    assert judged > 50


def test_going_where_the_base_policy_never_goes_promises_nothing() -> None:
    answer = correlated_proxy([0, 1, 5], [0, 1, -5], [0.5, 0.5, 0], [0.1, 0.1, 0.8])
    assert (answer.chi_squared, answer.bound, answer.best_bound) == (np.inf, -np.inf, -np.inf)
    assert answer.objective_gain < 0 < answer.proxy_gain
    assert answer.holds


def test_a_proxy_that_is_the_objective_promises_all() -> None:
    answer = correlated_proxy([0, 2, 4, 6], [0, 1, 2, 3], UNIFORM, [0.1, 0.1, 0.1, 0.7])
    assert [answer.correlation, answer.bound, answer.best_bound] == pytest.approx([1, *[answer.objective_gain] * 2])


def test_refusals() -> None:
    with pytest.raises(BadInput, match="proxy: got a correlation of -1"):
        correlated_proxy([3, 2, 1, 0], [0, 1, 2, 3], UNIFORM, UNIFORM)
    with pytest.raises(BadInput, match="objective: got a constant"):
        correlated_proxy([3, 2, 1, 0], [1, 1, 1, 1], UNIFORM, UNIFORM)
    with pytest.raises(
        BadInput, match=r"base: got numbers that are no distribution[\s\S]*policy: got numbers that are"
    ):
        correlated_proxy([3, 2, 1, 0], [0, 1, 2, 3], UNIFORM / 2, [2, -1, 0, 0])
    with pytest.raises(BadInput, match=r"objective: got shape \(2,\)"):
        correlated_proxy([3, 2, 1, 0], [0, 1], UNIFORM, UNIFORM)
