"""Arbitrary advice (Harutyunyan et al. 2015) pays what it should, and that is its flaw (Behboudian et al. 2020)."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.audit.identities import arbitrary_advice
from rewardlab.errors import BadInput
from rewardlab.mdp import solve
from tests.audit.identities.drawn import drawn, one_choice, paying


def test_the_witness() -> None:
    # R = (1, 0), advice (0, 2), one step: potential (0, -2), shaping (0, 2), values (1, 2); plus potential (1, 0).
    model = one_choice()
    answer = arbitrary_advice(model, paying(model, [1, 0]), paying(model, [0, 2]), np.full((2, 2), 0.5), 0.9)
    assert answer.potential[0].tolist() == [0.0, -2.0]
    assert answer.shaping[0].tolist() == [0.0, 2.0]
    assert answer.action_values[0].tolist() == [1.0, 2.0]
    assert answer.corrected.left.tolist() == [1.0, 0.0]
    assert (answer.safe, answer.loss) == (False, 1.0)


def test_advice_that_agrees_is_harmless() -> None:
    model = one_choice()
    answer = arbitrary_advice(model, paying(model, [1, 0]), paying(model, [0, 0.9]), np.full((2, 2), 0.5), 0.9)
    assert (answer.safe, answer.loss) == (True, 0.0)
    assert answer.identity.holds


@pytest.mark.parametrize("seed", range(60))
def test_shaping_is_the_advice_in_expectation_under_any_policy(seed: int) -> None:
    case = drawn(seed)
    advice = case.rng.normal(size=case.table.shape)
    answer = arbitrary_advice(case.model, case.table, advice, case.policy, case.gamma)
    assert answer.identity.holds
    assert answer.corrected.holds
    together = solve(case.model, case.table + advice, case.gamma).optimal
    assert answer.safe == (not (together & ~solve(case.model, case.table, case.gamma).optimal).any())


def test_advice_is_often_unsafe_and_shaping_as_advice_never() -> None:
    unsafe = 0
    for seed in range(40):
        case = drawn(seed)
        advice = case.rng.normal(size=case.table.shape)
        unsafe += not arbitrary_advice(case.model, case.table, advice, case.policy, case.gamma).safe
        shaped = case.model.shaping_table(case.potential, case.gamma)
        assert arbitrary_advice(case.model, case.table, shaped, case.policy, case.gamma).safe
    assert unsafe > 10


def test_refusals() -> None:
    model = one_choice()
    with pytest.raises(BadInput, match=r"advice_table: got shape \(2,\)[\s\S]*policy: got shape \(1,\)"):
        arbitrary_advice(model, paying(model, [1, 0]), [0, 2], [1.0], 0.9)
    with pytest.raises(BadInput, match="policy: got rows that do not sum to 1"):
        arbitrary_advice(model, paying(model, [1, 0]), paying(model, [0, 2]), np.ones((2, 2)), 0.9)
