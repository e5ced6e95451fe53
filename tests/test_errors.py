"""How errors speak, and that they survive the way from one process to another."""

from __future__ import annotations

import pickle

import pytest

from rewardlab.errors import (
    BadInput,
    InvalidReward,
    Problem,
    RewardLabError,
    RunFailed,
    StoreTaken,
    StoreUnusable,
    nearest,
    one_of,
)

TYPO = Problem("experiment.toml: agent.lr", "'0.1'", "a number", "remove the quotes")


def test_a_problem_says_where_what_came_what_was_expected_and_the_fix() -> None:
    assert str(TYPO) == "experiment.toml: agent.lr: got '0.1', expected a number; remove the quotes"
    assert str(Problem("gamma", "2", "a number in [0, 1]")) == "gamma: got 2, expected a number in [0, 1]"


def test_bad_input_shows_every_problem_in_order() -> None:
    refused = BadInput(TYPO, Problem("gamma", "2", "a number in [0, 1]"))
    assert str(refused).splitlines() == [str(problem) for problem in refused.problems]
    assert refused.problems[0] is TYPO
    with pytest.raises(TypeError, match="at least one problem"):
        BadInput()


def test_the_tree_and_its_exit_codes() -> None:
    assert issubclass(BadInput, RewardLabError)
    assert issubclass(BadInput, ValueError)
    assert issubclass(InvalidReward, RunFailed)
    assert issubclass(RunFailed, RewardLabError)
    assert [error.exit_code for error in (RewardLabError, BadInput, RunFailed, InvalidReward)] == [1, 2, 1, 1]
    assert [error.exit_code for error in (StoreTaken, StoreUnusable)] == [3, 4]
    assert not issubclass(StoreUnusable, BadInput | RunFailed)


@pytest.mark.parametrize(
    "error",
    [
        BadInput(TYPO, TYPO),
        RunFailed("step 3"),
        InvalidReward("NaN at step 3"),
        StoreTaken(TYPO),
        StoreUnusable(TYPO),
    ],
)
def test_errors_can_be_pickled(error: RewardLabError) -> None:
    sent = pickle.loads(pickle.dumps(error))
    assert type(sent) is type(error)
    assert str(sent) == str(error)
    assert getattr(sent, "problems", None) == getattr(error, "problems", None)


@pytest.mark.parametrize(
    ("word", "suggestion"),
    [
        ("sped", "did you mean 'speed'?"),
        ("SPEED", "did you mean 'speed'?"),
        ("ontime", "did you mean 'on_time'?"),
        ("fixedSpeed", "did you mean 'fixed_speed'?"),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_the_nearest_word(word: str, suggestion: str) -> None:
    assert nearest(word, ["speed", "on_time", "fixed_speed"]) == suggestion


def test_the_nearest_word_keeps_its_own_case() -> None:
    assert nearest("delivery-V0", ["Delivery-v0"]) == "did you mean 'Delivery-v0'?"


def test_one_of_lists_what_there_is() -> None:
    assert str(one_of("reward", "sped", {"speed": 1, "on_time": 2}, "reward")) == (
        "reward: got 'sped', expected a known reward: on_time, speed; did you mean 'speed'?"
    )
    assert str(one_of("reward", "x", [], "reward")) == "reward: got 'x', expected a known reward: (there is none)"
