"""Rewards and their terms: sums, event weights, functions, and what they refuse."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from rewardlab.errors import BadInput, InvalidReward
from rewardlab.rewards import Reward, Term
from rewardlab.transitions import Transitions


def batch(**events: list[float]) -> Transitions:
    """Three steps: from states 10, 11, 12 by actions 0, 1, 2."""
    arrays = {name: np.array(values, dtype=np.float64) for name, values in events.items()}
    return Transitions(np.arange(10, 13), np.arange(3), np.arange(11, 14), np.array([False, False, True]), arrays)


def minutes_doubled(steps: Transitions) -> np.ndarray:
    """Twice the minutes.

    More text that no table shows.
    """
    return 2 * steps.event("minutes")


STEPS = batch(minutes=[1, 2, 3], delivered=[0, 0, 1])


def test_a_reward_is_the_sum_of_its_weighted_terms() -> None:
    reward = Reward("both", (Term("slow", minutes_doubled, -0.5), Term("end", lambda steps: steps.terminated, 10)))
    assert reward(STEPS).tolist() == [-1, -2, -3 + 10]
    lines = reward.lines(STEPS)
    assert list(lines) == ["slow", "end"]
    assert lines["slow"].tolist() == [-1, -2, -3]
    assert lines["end"].tolist() == [0, 0, 10]


def test_event_weights() -> None:
    reward = Reward.from_event_weights({"delivered": 1.0, "minutes": -0.01}, name="on_time", summary="Arrive.")
    assert reward(STEPS).tolist() == [-0.01, -0.02, 1 - 0.03]
    assert (reward.name, reward.summary) == ("on_time", "Arrive.")
    assert [(term.name, term.weight) for term in reward.terms] == [("delivered", 1.0), ("minutes", -0.01)]
    assert pickle.loads(pickle.dumps(reward))(STEPS).tolist() == reward(STEPS).tolist()


def test_a_plain_function() -> None:
    reward = Reward.from_function(minutes_doubled)
    assert reward(STEPS).tolist() == [2, 4, 6]
    assert (reward.name, reward.summary, reward.terms[0].name) == (
        "minutes_doubled",
        "Twice the minutes.",
        "minutes_doubled",
    )
    renamed = Reward.from_function(minutes_doubled, name="slow", summary="Slowly.")
    assert (renamed.name, renamed.summary) == ("slow", "Slowly.")


@pytest.mark.parametrize("paid", [[1, 2, 3], (1.0, 2.0, 3.0), np.array([1, 2, 3], dtype=np.int8), [True, False, True]])
def test_a_term_may_return_any_numbers(paid: Any) -> None:
    amounts = Term("any", lambda steps: paid)(STEPS)
    assert amounts.dtype == np.float64
    assert amounts.tolist() == [float(amount) for amount in paid]


@pytest.mark.parametrize(
    ("paid", "said"),
    [
        (1.0, r"got float64 of shape \(\), expected numbers of shape \(3,\); a term takes a batch"),
        ([1.0, 2.0], r"got float64 of shape \(2,\), expected numbers of shape \(3,\)"),
        ([[1.0]] * 3, r"got float64 of shape \(3, 1\), expected numbers of shape \(3,\)"),
        (["a", "b", "c"], r"got <U1 of shape \(3,\), expected numbers"),
        ([None] * 3, r"got object of shape \(3,\), expected numbers"),
        ([1j, 0, 0], r"got complex128 of shape \(3,\), expected numbers"),
        ([0.0, np.nan, 0.0], r"got nan for state .*11.*, action .*1.*, expected a finite number; guard the division"),
        ([0.0, 0.0, -np.inf], r"got -inf for state .*12.*, action .*2.*, expected a finite number"),
    ],
)
def test_a_term_that_pays_no_finite_number_per_row_is_refused(paid: Any, said: str) -> None:
    reward = Reward("bad", (Term("good", minutes_doubled), Term("broken", lambda steps: paid)))
    with pytest.raises(InvalidReward, match=rf"reward term 'broken': {said}"):
        reward(STEPS)


def test_an_amount_that_overflows_with_its_weight_is_refused() -> None:
    term = Term("huge", lambda steps: np.full(3, 1e300), 1e300)
    with np.errstate(over="ignore"), pytest.raises(InvalidReward, match="reward term 'huge': got inf"):
        term(STEPS)


@pytest.mark.parametrize("weight", [np.nan, np.inf, -np.inf])
def test_a_weight_that_is_not_finite_is_refused(weight: float) -> None:
    with pytest.raises(BadInput, match=r"weight of term 'minutes': got -?(nan|inf), expected a finite number"):
        Reward.from_event_weights({"minutes": weight})


def test_a_reward_without_terms_or_with_two_of_a_name_is_refused() -> None:
    with pytest.raises(BadInput, match="reward 'empty': got no terms, expected at least one"):
        Reward("empty", ())
    with pytest.raises(BadInput, match="reward 'twice': got two terms named 'x', expected distinct names"):
        Reward("twice", (Term("x", minutes_doubled), Term("x", minutes_doubled)))


def test_an_unknown_event_is_refused_with_a_suggestion() -> None:
    with pytest.raises(BadInput, match=r"event: got 'minuts', expected a known event: .*; did you mean 'minutes'\?"):
        Reward.from_event_weights({"minuts": 1.0})(STEPS)


def test_inputs_are_not_written_to() -> None:
    events = {"minutes": np.array([1.0, 2.0, 3.0])}
    steps = Transitions(STEPS.state, STEPS.action, STEPS.next_state, STEPS.terminated, events)
    reward = Reward.from_event_weights({"minutes": 1.0})
    reward(steps)[:] = 9
    reward.lines(steps)["minutes"][:] = 9
    assert events["minutes"].tolist() == [1, 2, 3]
