"""Discounted returns, and the numbers that the tutorial's own code gives (not the ones that it prints)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardlab.errors import BadInput
from rewardlab.rewards import check_gamma, discounted_returns

amounts = st.lists(st.floats(-100, 100), max_size=30)
discounts = st.floats(0, 1)


def test_a_chess_game_of_forty_moves() -> None:
    # gamma to the number of steps before the reward: 39, 29, 19, 9, 1, 0. The tutorial prints 0.6676, 0.7397, 0.8179
    # and 0.9044 for the first four, which are no powers of 0.99 or off by one step.
    returns = discounted_returns([0.0] * 39 + [1.0], gamma=0.99)
    expected = [0.675729, 0.747172, 0.826169, 0.913517, 0.99, 1.0]
    np.testing.assert_allclose(returns[[0, 10, 20, 30, 38, 39]], expected, atol=5e-7)
    np.testing.assert_allclose(returns, 0.99 ** np.arange(39, -1, -1), rtol=1e-14)


def test_without_discounting_every_move_gets_full_credit() -> None:
    sparse = [0.0] * 39 + [1.0]
    assert (discounted_returns(sparse, gamma=1) == 1).all()
    assert discounted_returns(sparse, gamma=0).tolist() == sparse


def test_whole_numbers_are_not_truncated() -> None:
    returns = discounted_returns(np.array([0, 0, 1], dtype=np.int64), gamma=0.5)
    assert returns.dtype == np.float64
    assert returns.tolist() == [0.25, 0.5, 1.0]


def test_nothing_and_one() -> None:
    assert discounted_returns([]).tolist() == []
    assert discounted_returns([3]).tolist() == [3]


def test_a_cut_off_episode_goes_on_from_its_bootstrap_value() -> None:
    assert discounted_returns([1, 1], gamma=0.5, bootstrap_value=8.0).tolist() == [1 + 0.5 * 5, 1 + 0.5 * 8]


@given(amounts, discounts)
def test_each_return_is_the_sum_from_its_step_on(rewards: list[float], gamma: float) -> None:
    returns = discounted_returns(rewards, gamma)
    for step in range(len(rewards)):
        direct = sum(gamma**later * reward for later, reward in enumerate(rewards[step:]))
        assert returns[step] == pytest.approx(direct, abs=1e-9)


@given(amounts, amounts, discounts, st.floats(-50, 50))
def test_an_episode_can_be_cut_and_bootstrapped(
    first: list[float], rest: list[float], gamma: float, value: float
) -> None:
    whole = discounted_returns(first + rest, gamma, bootstrap_value=value)
    second = discounted_returns(rest, gamma, bootstrap_value=value)
    seam = second[0] if rest else value
    np.testing.assert_array_equal(discounted_returns(first, gamma, bootstrap_value=seam), whole[: len(first)])
    np.testing.assert_array_equal(second, whole[len(first) :])


def test_the_input_is_not_written_to() -> None:
    rewards = np.array([1.0, 2.0])
    discounted_returns(rewards)[:] = 9
    assert rewards.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("gamma", "said"),
    [
        (1.5, r"gamma: got 1.5, expected a number in \[0, 1\]; did you mean 0.015\?"),
        (99, r"gamma: got 99, .* did you mean 0.99\?"),
        (-0.1, r"gamma: got -0.1, expected a number in \[0, 1\]$"),
        (1e9, r"expected a number in \[0, 1\]$"),
        (float("nan"), "gamma: got nan"),
        (True, "gamma: got True"),
        ("0.9", "gamma: got '0.9'"),
        (None, "gamma: got None"),
    ],
)
def test_a_gamma_that_is_none_is_refused(gamma: Any, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        discounted_returns([1.0], gamma)


@pytest.mark.parametrize("gamma", [0, 1, 0.5, np.float32(0.5), np.int64(1)])
def test_any_kind_of_number_is_a_gamma(gamma: Any) -> None:
    assert type(check_gamma(gamma)) is float


def test_two_episodes_at_once_are_refused() -> None:
    with pytest.raises(BadInput, match=r"rewards: got shape \(2, 3\), expected \[T\], the rewards of one episode"):
        discounted_returns(np.zeros((2, 3)))
