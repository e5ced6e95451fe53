"""Hackability: the worked examples, finite sets of policies, and all stationary ones."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest

from rewardlab.audit.case import audit_case
from rewardlab.audit.hackability import hackability_finding, hackable_pairs, hackable_witness
from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteTask, expected_return
from tests.audit.worlds import ENDLESS, WORLDS, case_of, shaping_of, some_potential
from tests.mdp.tiny_models import PAID, every_policy, stay_or_switch

EVERYWHERE = pytest.mark.parametrize("task", [*WORLDS.values(), *ENDLESS.values()], ids=[*WORLDS, *ENDLESS])


def returns_of(proxy: np.ndarray) -> list[float]:
    """Of the deterministic policies 00, 01, 10, 11 of `stay_or_switch` (0 stays, 1 switches)."""
    return [expected_return(stay_or_switch(), proxy, policy, 0.9) for policy in every_policy(stay_or_switch())]


MEANT = stay_or_switch().reward_table(PAID)


@pytest.mark.parametrize(
    ("extra", "at", "returns", "pairs"),
    [
        (0.0, (0, 0), [0, 0, 0.5, 5], []),
        (0.6, (1, 0), [3, 0, 6.2, 5], [(2, 3)]),  # 10 over 11
        (0.3, (0, 0), [1.5, 2.85, 0.5, 5], [(0, 2), (1, 2)]),
    ],
)
def test_two_states_by_hand(
    extra: float, at: tuple[int, int], returns: list[float], pairs: list[tuple[int, int]]
) -> None:
    # theory.md b: stay or switch, gamma 0.9, uniform start, 1 for the switch from the first state; the proxy pays
    # something for staying in one of them.
    proxy = MEANT.copy()
    proxy[at] += extra
    assert returns_of(proxy) == pytest.approx(returns)
    found = hackable_pairs(returns_of(proxy), returns_of(MEANT))
    assert [tuple(pair) for pair in found.pairs.tolist()] == pairs
    assert found.hackable == bool(pairs)
    case = audit_case(stay_or_switch(), proxy, MEANT, gamma=0.9)
    assert (hackable_witness(case) is None) == (extra == 0.0)


def test_twice_as_much_is_not_hackable() -> None:
    assert not hackable_pairs(returns_of(2 * MEANT), returns_of(MEANT)).hackable
    assert hackable_witness(audit_case(stay_or_switch(), 2 * MEANT, MEANT, gamma=0.9)) is None


ROOMS = [*chain.from_iterable(combinations(range(3), count) for count in range(4))]


def cleaned(worth: tuple[float, float, float]) -> list[float]:
    """What each set of rooms is worth."""
    return [sum(worth[room] for room in rooms) for rooms in ROOMS]


@pytest.mark.parametrize(
    ("meant", "paid", "hackable"),
    [((3, 2, 1), (3, 2, 0), False), ((3, 2, 1.5), (3, 2, 0), True), ((1, 1, 1), (1, 0, 0), True)],
)
def test_dropping_a_term(meant: tuple[float, float, float], paid: tuple[float, float, float], hackable: bool) -> None:
    # theory.md b: rooms cleaned in any subset, one of which the proxy forgets.
    found = hackable_pairs(cleaned(paid), cleaned(meant))
    assert found.hackable == hackable
    # Not even the first is a simplification: {1} and {2, 3} are worth 3 each, and the proxy tells them apart.
    assert not found.simplification
    if meant == (3, 2, 1.5):
        # {2, 3} is worth 3.5 and {1} 3, and the proxy says 2 and 3.
        pairs = [(ROOMS[first], ROOMS[second]) for first, second in found.pairs.tolist()]
        assert ((0,), (1, 2)) in pairs


def test_a_simplification_merges_and_does_not_tell_apart_anew() -> None:
    assert hackable_pairs([0, 1, 1], [0, 1, 2]).simplification
    assert not hackable_pairs([0, 1, 2], [0, 1, 1]).simplification
    assert not hackable_pairs([0, 1, 2], [0, 1, 2]).simplification


def test_a_non_trivial_unhackable_pair_exists_on_a_finite_set() -> None:
    # Skalse et al. 2022, Theorem 2; and it is no simplification where nothing is merged.
    found = hackable_pairs([0, 1, 5], [0, 2, 3])
    assert not found.hackable
    assert not found.simplification


@EVERYWHERE
def test_all_stationary_policies(task: FiniteTask) -> None:
    clean = case_of(task, 2 * task.objective_table + shaping_of(task, some_potential(task)))
    assert hackability_finding(clean).level == "fine"
    # To pay nothing is not to mislead: no pair is preferred.
    assert hackable_witness(case_of(task, 0 * task.objective_table)) is None
    spoilt = task.objective_table.copy()
    spoilt[tuple(np.argwhere(task.model.feasible & (task.model.start > 0)[:, None, None])[0])] += 0.3
    case = case_of(task, spoilt)
    pair = hackable_witness(case)
    assert pair is not None
    evaluated = [
        expected_return(case.model, case.objective, policy, case.gamma) for policy in (pair.first, pair.second)
    ]
    assert evaluated == pytest.approx(pair.objective)
    assert pair.strict
    finding = hackability_finding(case)
    assert finding.level == "note"  # never more: SAFE is another question


def test_a_given_set_of_policies() -> None:
    proxy = MEANT.copy()
    proxy[1, 0] += 0.6
    case = audit_case(stay_or_switch(), proxy, MEANT, gamma=0.9)
    policies = [*every_policy(case.model)]
    finding = hackability_finding(case, policies)
    assert finding.data["pairs_among_given"] == [[2, 3]]
    assert hackability_finding(case, policies[:2]).data["pairs_among_given"] == []


def test_returns_that_do_not_fit_are_refused() -> None:
    for paid, meant in (([1, 2], [1]), ([np.nan], [1]), ([[1]], [[1]])):
        with pytest.raises(BadInput, match="as many finite numbers"):
            hackable_pairs(paid, meant)
    with pytest.raises(BadInput, match=r"objective_returns: got \[\[1, 2\], \[3\]\]"):
        hackable_pairs([1, 2], [[1, 2], [3]])
