"""Shaping with another discount: exact parts, a bound that is reached, and when the bound proves it harmless."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.audit.identities import discount_mismatch
from rewardlab.errors import BadInput
from tests.audit.identities.drawn import drawn
from tests.mdp.tiny_models import PAID, exit_or_stay, stay_or_switch

MODEL = exit_or_stay()
TABLE = MODEL.reward_table(PAID)


@pytest.mark.parametrize(
    ("shaping_gamma", "potential", "misled"),
    [
        (1.0, 20, True),
        (0.995, 20, True),
        (0.99, 20, False),
        (1.0, 0.99, False),
        (1.0, 1.01, True),
        (0.995, 1.99, False),
        (0.995, 2.01, True),
    ],
)
def test_the_exit_and_its_flip_points(shaping_gamma: float, potential: float, misled: bool) -> None:
    # gamma 0.99, exit 1: staying is paid (g_F - 0.99) * Phi / 0.01 too much, which beats the lead of 1 for g_F = 1 at
    # Phi > 1 and for g_F = 0.995 at Phi > 2. Its value with right shaping is 0.99 - Phi, for the exit is next.
    answer = discount_mismatch(MODEL, TABLE, [potential, 0], 0.99, shaping_gamma)
    assert answer.identity.holds
    assert answer.misled.tolist() == [misled, False]
    assert answer.bound == pytest.approx((shaping_gamma - 0.99) * potential / 0.01)
    assert answer.error <= answer.bound + 1e-9
    if misled:
        assert answer.error == pytest.approx(answer.bound - 0.99)


def test_the_bound_is_reached_where_nothing_ends() -> None:
    # Every step of a task without end is paid 0.01 * 20 too much, 20 in all, whatever is done.
    answer = discount_mismatch(stay_or_switch(), stay_or_switch().reward_table(PAID), [20, 20], 0.99, 1.0)
    assert (answer.error, answer.bound) == pytest.approx((20, 20))
    assert not answer.misled.any()


def test_the_gap_must_exceed_twice_the_bound() -> None:
    # Leaving is worth 1, staying once and then leaving 0.99: the gap is 0.01, whatever staying for ever is worth.
    answer = discount_mismatch(MODEL, TABLE, [0.0049, 0], 0.99, 1.0)
    assert answer.smallest_gap == pytest.approx(0.01)
    assert answer.proven_safe
    assert not discount_mismatch(MODEL, TABLE, [0.0051, 0], 0.99, 1.0).proven_safe


@pytest.mark.parametrize("seed", range(150))
def test_parts_bound_and_proof_on_any_model(seed: int) -> None:
    case = drawn(seed)
    other = float(np.clip(case.gamma + case.rng.choice([-0.1, -1e-3, -1e-5, 1e-5, 1e-3, 0.03]), 0, 1))
    answer = discount_mismatch(case.model, case.table, case.potential, case.gamma, other)
    assert answer.identity.holds
    assert answer.error <= answer.bound + 1e-9 * max(1.0, float(np.abs(case.potential).max()))
    if answer.proven_safe:
        assert not answer.misled.any()


def test_the_proof_is_there_for_some_and_the_fault_for_others() -> None:
    verdicts = []
    for seed in range(150):
        case = drawn(seed)
        shift = float(case.rng.choice([1e-6, 0.03]))
        answer = discount_mismatch(case.model, case.table, 10 * case.potential, case.gamma, case.gamma + shift)
        verdicts.append((answer.proven_safe, bool(answer.misled.any())))
    # Both kinds are there, or the law would say nothing.
    assert verdicts.count((True, False)) > 10
    assert verdicts.count((False, True)) > 10
    assert (True, True) not in verdicts


def test_the_terminal_potential_counts_for_nothing() -> None:
    assert discount_mismatch(MODEL, TABLE, [0, 1000], 0.99, 1.0).bound == 0


def test_refusals() -> None:
    with pytest.raises(BadInput, match=r"shaping_gamma: got 1\.01"):
        discount_mismatch(MODEL, TABLE, [1, 0], 0.99, 1.01)
    with pytest.raises(BadInput, match="gamma: got 1, expected a number in"):
        discount_mismatch(MODEL, TABLE, [1, 0], 1.0, 0.99)
