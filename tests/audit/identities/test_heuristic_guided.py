"""HuRL (Cheng, Kolobov & Swaminathan 2021): the gap identity, and a discount that is too small on purpose."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.audit.identities import heuristic_gap, heuristic_guided
from rewardlab.errors import BadInput
from rewardlab.mdp import solve
from tests.audit.identities.drawn import drawn
from tests.mdp.tiny_models import PAID, exit_or_stay

MODEL = exit_or_stay()
TABLE = MODEL.reward_table(PAID)
STAY, LEAVE = np.eye(2)[[0, 0]], np.eye(2)[[1, 0]]


def test_the_gap_by_hand() -> None:
    # gamma 0.9, mixing 0.5, heuristic 20, so the discount is 0.45 and staying pays 0.5 * 0.9 * 20 = 9 a step: the
    # guided optimum is 9 / 0.55 = 16.3636 (stay), leaving is worth 1. The policy leaves at once: no true gap.
    optimum = 9 / 0.55
    gap = heuristic_gap(MODEL, TABLE, [20, 0], LEAVE, 0.9, 0.5)
    assert gap.start_regret == pytest.approx(0.5 * (optimum - 1))
    # It is in state 0 for one step only, a tenth of its normalised visits; 0.5 / 0.1 * 0.1 * regret.
    assert gap.visited_regret == pytest.approx(0.5 * (optimum - 1))
    assert gap.bias_of_optimum == pytest.approx(1 - optimum)
    assert gap.bias_of_heuristic == pytest.approx(0)
    assert gap.identity.left == pytest.approx(0)
    assert gap.identity.holds
    # The policy that stays is guided-optimal: no regret, the gap of 1 is all bias.
    gap = heuristic_gap(MODEL, TABLE, [20, 0], STAY, 0.9, 0.5)
    assert [gap.start_regret, gap.visited_regret] == pytest.approx([0, 0], abs=1e-12)
    assert [gap.bias_of_optimum, gap.bias_of_heuristic] == pytest.approx(
        [1 - optimum, 0.9 * 0.5 / 0.1 * (20 - optimum)]
    )
    assert float(gap.identity.left) == pytest.approx(1)
    assert gap.identity.holds


@pytest.mark.parametrize("seed", range(100))
def test_the_gap_on_any_model_policy_heuristic_and_mixing(seed: int) -> None:
    case = drawn(seed)
    mixing = float(case.rng.choice([0.0, 0.3, 0.9, 1.0]))
    gap = heuristic_gap(case.model, case.table, case.potential, case.policy, case.gamma, mixing)
    assert gap.identity.holds
    assert float(gap.identity.left) >= -1e-9
    assert gap.start_regret >= -1e-9
    assert gap.visited_regret >= -1e-9


@pytest.mark.parametrize("seed", range(60))
def test_it_is_shaping_with_the_full_discount_solved_with_the_smaller(seed: int) -> None:
    case = drawn(seed)
    mixing = float(case.rng.choice([0.0, 0.3, 0.9, 1.0]))
    answer = heuristic_guided(case.model, case.table, case.potential, case.gamma, mixing)
    assert answer.identity.holds
    assert answer.same_choice
    if mixing == 1.0:
        assert answer.safe


@pytest.mark.parametrize(("mixing", "safe"), [(1.0, True), (0.99, False), (0.5, False)])
def test_a_heuristic_that_flatters_flips_the_choice_unless_mixing_is_one(mixing: float, safe: bool) -> None:
    # Staying is worth (1 - mixing) * 0.9 * 20 / (1 - 0.9 * mixing): 16.36 at 0.5, and 0.18 / 0.109 = 1.65 at 0.99.
    answer = heuristic_guided(MODEL, TABLE, [20, 0], 0.9, mixing)
    assert (answer.safe, answer.loss) == (safe, pytest.approx(0 if safe else 1))


def test_with_the_optimal_values_as_heuristic_any_mixing_is_safe() -> None:
    for seed in range(30):
        case = drawn(seed)
        truth = solve(case.model, case.table, case.gamma).values
        answer = heuristic_guided(case.model, case.table, truth, case.gamma, float(case.rng.random()))
        assert answer.safe
        np.testing.assert_allclose(answer.identity.left, 0, atol=1e-8)


def test_what_a_heuristic_says_of_the_end_is_not_heard() -> None:
    assert heuristic_guided(MODEL, TABLE, [20, 7], 0.9, 0.5).identity.holds
    assert heuristic_gap(MODEL, TABLE, [20, 7], STAY, 0.9, 0.5) != heuristic_gap(MODEL, TABLE, [19, 7], STAY, 0.9, 0.5)
    one, other = (heuristic_gap(MODEL, TABLE, [20, end], STAY, 0.9, 0.5).bias_of_heuristic for end in (0, 7))
    assert one == other


def test_refusals() -> None:
    with pytest.raises(BadInput, match=r"mixing: got 1\.5"):
        heuristic_guided(MODEL, TABLE, [20, 0], 0.9, 1.5)
    with pytest.raises(BadInput, match="gamma: got 1, expected a number in"):
        heuristic_gap(MODEL, TABLE, [20, 0], STAY, 1.0, 0.5)
    with pytest.raises(BadInput, match="heuristic: got shape"):
        heuristic_guided(MODEL, TABLE, [20], 0.9, 0.5)
