"""PBIM and GRM (Forbes et al. 2024): every trajectory's discounted sum is 0."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardlab.audit.identities import boundary_term, delayed_matching, matched_rewards, settled_rewards
from rewardlab.errors import BadInput
from rewardlab.mdp import horizon_occupancy, solve
from tests.audit.identities.drawn import drawn, one_choice, paying
from tests.mdp.tiny_models import exit_or_stay, random_model

amounts_of_an_episode = st.lists(st.floats(-10, 10, allow_subnormal=False), min_size=1, max_size=20)


def test_settled_by_hand() -> None:
    # F = (1, 0.5, 2), gamma 0.9: the last becomes 2 - (1 / 0.81 + 0.5 / 0.9 + 2) = -1.79012...
    paid = settled_rewards([1, 0.5, 2], 0.9)
    assert paid.tolist() == pytest.approx([1, 0.5, -1.7901234567901234], abs=1e-15)
    assert paid @ 0.9 ** np.arange(3) == pytest.approx(0, abs=1e-15)


def test_matched_by_hand() -> None:
    # (1, 0.5, 2, -1), each taken back a step later: 0.5 - 1 / 0.9, 2 - 0.5 / 0.9, -1 - 2 / 0.9 + 1.
    paid = matched_rewards([1, 0.5, 2, -1], delayed_matching(4, 1), 0.9)
    assert paid.tolist() == pytest.approx([1, -0.6111, 1.4444, -2.2222], abs=5e-5)
    assert paid.tolist() == pytest.approx([1, 0.5 - 1 / 0.9, 2 - 0.5 / 0.9, -2 / 0.9], abs=1e-15)
    assert paid @ 0.9 ** np.arange(4) == pytest.approx(0, abs=1e-15)


@given(amounts_of_an_episode, st.floats(0.3, 1), st.integers(0, 2**32 - 1))
def test_any_matching_sums_to_nothing(amounts: list[float], gamma: float, seed: int) -> None:
    steps = len(amounts)
    matching = np.tril(np.random.default_rng(seed).random((steps, steps)) + 0.01)
    paid = matched_rewards(amounts, matching / matching.sum(axis=0), gamma)
    assert paid @ gamma ** np.arange(steps) == pytest.approx(0, abs=1e-10)


@given(amounts_of_an_episode, st.floats(0.3, 1))
def test_taken_back_at_the_last_step_is_the_one_and_at_once_is_nothing(amounts: list[float], gamma: float) -> None:
    steps = len(amounts)
    last = matched_rewards(amounts, delayed_matching(steps, steps), gamma)
    np.testing.assert_allclose(last, settled_rewards(amounts, gamma), rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(matched_rewards(amounts, delayed_matching(steps, 0), gamma), 0)


@pytest.mark.parametrize("delay", [0, 1, 2, None])
@pytest.mark.parametrize("seed", range(10))
def test_no_policy_gains_on_any_trajectory_of_a_model(seed: int, delay: int | None) -> None:
    case = drawn(seed)
    amounts = case.rng.normal(size=case.table.shape)
    answer = boundary_term(
        case.model,
        amounts,
        0.9,
        3,
        correct=lambda paid, gamma: matched_rewards(paid, delayed_matching(len(paid), delay), gamma),
        policy=case.policy,
    )
    assert answer.holds
    assert answer.deviation < 1e-9
    assert answer.expected_after == pytest.approx(0, abs=1e-9)
    assert answer.probability.sum() == pytest.approx(1)
    # What the policy gains before is known from its visits as well.
    visits = horizon_occupancy(case.model, case.policy, 3, gamma=0.9)
    assert answer.expected_before == pytest.approx(visits.expected_return(case.model.expected(amounts)))


def test_a_last_step_that_goes_uncorrected_is_found() -> None:
    # The fault: the correction is paid one step late, so that it is lost with the last step.
    def late(paid: np.ndarray, gamma: float) -> np.ndarray:
        return np.append(paid[:-1], 0.0) if len(paid) > 1 else paid

    rng = np.random.default_rng(0)
    model = random_model(rng, states=4, actions=2, outcomes=2, ends=1)
    amounts = rng.normal(size=model.successor.shape)
    assert boundary_term(model, amounts, 0.9, 3).holds
    answer = boundary_term(model, amounts, 0.9, 3, correct=late)
    assert not answer.holds
    assert len(answer.worst) <= 4
    assert answer.after[np.abs(answer.after).argmax()] in (answer.deviation, -answer.deviation)


def test_trajectories_are_those_there_are() -> None:
    # Stay or leave, three steps: leave at 1, 2 or 3, or stay throughout.
    answer = boundary_term(exit_or_stay(), paying(exit_or_stay(), [1, 0]), 1.0, 3)
    assert sorted(answer.before.tolist()) == [0, 1, 2, 3]
    assert sorted(answer.probability.tolist()) == [0.125, 0.125, 0.25, 0.5]


def test_a_sum_that_depends_on_actions_may_be_harmless_and_is_cancelled_all_the_same() -> None:
    # Exits of 1 and 0.5, and intrinsic 0.2 and 0: the choice is the same with it, and the corrected sums are both 0.
    # That an optimal set can be kept with sums that differ is the point of ADOPS (Forbes et al. 2025).
    model = one_choice()
    table, intrinsic = paying(model, [1, 0.5]), paying(model, [0.2, 0])
    assert (solve(model, table + intrinsic, 0.9).optimal == solve(model, table, 0.9).optimal).all()
    answer = boundary_term(model, intrinsic, 0.9, 1)
    assert sorted(answer.before.tolist()) == [0, 0.2]
    assert answer.after.tolist() == [0, 0]


def test_refusals() -> None:
    for matching, message in (
        ([[1, 1], [0, 0]], "before it was paid"),
        ([[0.5, 0], [0.4, 1]], "do not sum to 1"),
        ([[1]], "matching: got shape"),
    ):
        with pytest.raises(BadInput, match=message):
            matched_rewards([1, 2], matching, 0.9)
    with pytest.raises(BadInput, match=r"5000 steps at gamma 0\.5"):
        settled_rewards(np.ones(5000), 0.5)
    with pytest.raises(BadInput, match="gamma: got 0"):
        settled_rewards([1.0], 0.0)
    with pytest.raises(BadInput, match="amounts: got no steps"):
        settled_rewards([], 0.9)
    with pytest.raises(BadInput, match="delay: got -1"):
        delayed_matching(3, -1)
    model = replace(exit_or_stay(), terminal=np.zeros(2, dtype=bool))
    with pytest.raises(BadInput, match="more than 100 trajectories"):
        boundary_term(model, np.zeros((2, 2, 1)), 0.9, 20, most=100)
    with pytest.raises(BadInput, match="horizon: got 0"):
        boundary_term(model, np.zeros((2, 2, 1)), 0.9, 0)
