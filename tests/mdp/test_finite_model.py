"""A finite model: what it holds, what it derives, and what it refuses."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteModel
from rewardlab.rewards import Reward
from tests.mdp.tiny_models import PAID, exit_or_stay, slippery_fork


def parts(**changes: Any) -> dict[str, Any]:
    """The arguments of a right model of two states, one of them an end, with changes."""
    right = {
        "successor": [[[0, 1], [1, 1]], [[1, 1], [1, 1]]],
        "probability": [[[0.25, 0.75], [1.0, 0.0]], [[1.0, 0.0], [1.0, 0.0]]],
        "terminal": [False, True],
        "start": [1.0, 0.0],
    }
    return right | changes


def test_transitions_are_the_feasible_outcomes_and_no_others() -> None:
    model = FiniteModel(**parts(events={"paid": np.arange(8.0).reshape(2, 2, 2)}))
    batch = model.transitions
    # Outcomes 0 and 1 of action 0, and outcome 0 of action 1; never an outcome of probability 0 or after the end.
    assert (batch.state.tolist(), batch.action.tolist(), batch.next_state.tolist()) == ([0, 0, 0], [0, 0, 1], [0, 1, 1])
    assert batch.terminated.tolist() == [False, True, True]
    assert batch.event("paid").tolist() == [0, 1, 2]


def test_illegal_actions_are_no_transitions() -> None:
    model = slippery_fork()
    taken = {
        (int(state), int(action))
        for state, action in zip(model.transitions.state, model.transitions.action, strict=True)
    }
    assert taken == {(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (2, 1), (2, 2)}


def test_a_reward_that_is_undefined_on_what_cannot_happen_is_fine() -> None:
    model = slippery_fork()
    undefined = np.where(model.feasible, 1.0, np.inf)
    reward = Reward.from_function(
        lambda steps: undefined[steps.state, steps.action].min(axis=1) + 0.0 * steps.state, name="careful"
    )
    table = model.reward_table(reward)
    assert (table[~model.feasible] == 0).all()
    assert (table[model.feasible] == 1).all()


def test_expectation_by_hand() -> None:
    model = FiniteModel(**parts())
    assert model.expected(np.array([[[4.0, 8.0], [3.0, 9.0]], [[0.0, 0.0]] * 2])).tolist() == [[7.0, 3.0], [0.0, 0.0]]


def test_the_shaping_table_by_hand() -> None:
    # gamma 0.5, potentials 3 now and 7 at the end, which counts as 0: staying adds 1.5 - 3, ending -3.
    model = exit_or_stay()
    assert model.shaping_table(np.array([3.0, 7.0]), 0.5)[:, :, 0].tolist() == [[-1.5, -3.0], [0.0, 0.0]]


def test_arrays_are_copied_and_cannot_be_written_to() -> None:
    given = parts(events={"paid": np.zeros((2, 2, 2))})
    given = {name: value if name == "events" else np.array(value) for name, value in given.items()}
    model = FiniteModel(**given)
    given["start"][0] = 9
    given["events"]["paid"][0] = 9
    assert model.start.tolist() == [1, 0]
    assert not model.events["paid"].any()
    for array in (model.successor, model.probability, model.terminal, model.start, model.legal, model.events["paid"]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"successor": [[0, 1]]}, "successor: got shape (1, 2), expected [S, A, K], none of them 0"),
        ({"successor": np.zeros((2, 0, 1))}, "successor: got shape (2, 0, 1), expected [S, A, K], none of them 0"),
        ({"probability": [[[1.0]]]}, "probability: got shape (1, 1, 1), expected (2, 2, 2)"),
        ({"terminal": [False]}, "terminal: got shape (1,), expected (2,)"),
        ({"start": [1.0]}, "start: got shape (1,), expected (2,)"),
        ({"legal": [[True, True]]}, "legal: got shape (1, 2), expected (2, 2)"),
        ({"events": {"paid": np.zeros(3)}}, "events['paid']: got shape (3,), expected (2, 2, 2)"),
        ({"successor": [[[0, 2], [1, 1]]] * 2}, "successor: got an index outside the states, expected in [0, S)"),
        ({"successor": [[[0, -1], [1, 1]]] * 2}, "successor: got an index outside the states, expected in [0, S)"),
        ({"probability": [[[0.5, 0.6], [1, 0]]] * 2}, "probability: got rows that do not sum to 1"),
        ({"probability": [[[-0.5, 1.5], [1, 0]]] * 2}, "probability: got a negative or NaN entry"),
        ({"probability": [[[np.nan, 1.0], [1, 0]]] * 2}, "probability: got a negative or NaN entry"),
        ({"start": [0.5, 0.0]}, "start: got sum 0.5, expected a sum of 1"),
        ({"start": [0.5, 0.5]}, "start: got mass on a terminal state, expected none there"),
        ({"start": [np.nan, 1.0]}, "start: got a negative or NaN entry"),
        ({"legal": [[False, False], [True, True]]}, "legal: got a state without actions, expected one at least"),
        ({"events": {"paid": np.full((2, 2, 2), np.inf)}}, "events['paid']: got NaN or an infinity, expected finite"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=re.escape(f"FiniteModel.{said}")):
        FiniteModel(**parts(**changes))


def test_every_problem_at_once() -> None:
    with pytest.raises(BadInput) as refused:
        FiniteModel(**parts(start=[0.5, 0.0], probability=[[[0.5, 0.6], [1, 0]]] * 2))
    assert [problem.where for problem in refused.value.problems] == ["FiniteModel.probability", "FiniteModel.start"]


def test_an_end_needs_no_legal_action() -> None:
    model = FiniteModel(**parts(legal=[[True, True], [False, False]], events={"paid": np.ones((2, 2, 2))}))
    assert model.reward_table(PAID)[1].tolist() == [[0, 0], [0, 0]]
