"""Normalisation of an episode by itself: its numbers, and the damage that it does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rewardlab.errors import BadInput
from rewardlab.rewards import discounted_returns, normalized_episode

WON = np.append(np.full(39, -0.001), 1000.0)
LOST = np.append(np.full(39, -0.001), -1000.0)


def test_the_scale_mismatch_of_the_tutorial() -> None:
    normal = normalized_episode(WON)
    assert WON.mean() == pytest.approx(24.999025)
    assert WON.std() == pytest.approx(156.125, abs=5e-4)
    assert normal.max() == pytest.approx(6.24500, abs=5e-6)
    assert normal.max() == pytest.approx(np.sqrt(39))
    assert normal.min() == pytest.approx(-0.160128, abs=5e-7)
    assert normal.max() / -normal.min() == pytest.approx(39), "n - 1 to 1, whatever was paid"
    assert discounted_returns(normal, 0.99)[0] == pytest.approx(-0.972564, abs=5e-7), "the won episode begins badly"


def test_a_small_win_and_a_large_one_look_alike_and_a_loss_is_their_mirror() -> None:
    small = np.append(np.full(39, -0.001), 1.0)
    assert normalized_episode(small).max() == pytest.approx(normalized_episode(WON).max())
    assert normalized_episode(LOST) == pytest.approx(-normalized_episode(WON), rel=1e-5)


@given(arrays(np.float64, st.integers(0, 30), elements=st.floats(-1e6, 1e6)))
def test_every_episode_sums_to_nothing(rewards: np.ndarray) -> None:
    assert abs(normalized_episode(rewards).sum()) <= 1e-6 * max(1, len(rewards))


@pytest.mark.parametrize("rewards", [[], [5.0], [0.1] * 10, [-1.0] * 3])
def test_equal_rewards_become_exactly_nothing(rewards: list[float]) -> None:
    assert normalized_episode(rewards).tolist() == [0.0] * len(rewards)


def test_what_is_no_episode_is_refused() -> None:
    with pytest.raises(BadInput, match=r"rewards: got shape \(2, 2\), expected \[T\]"):
        normalized_episode(np.zeros((2, 2)))
    with pytest.raises(BadInput, match=r"NaN or an infinity.*\n.*epsilon: got 0.0, expected a positive number"):
        normalized_episode([np.nan, 1.0], epsilon=0.0)
