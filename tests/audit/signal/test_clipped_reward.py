"""Clipping: the smallest example, what it leaves alone, and what Atari's rule does to known rewards."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.audit.case import AuditCase, audit_case
from rewardlab.audit.optimal_set import optimal_set
from rewardlab.audit.signal.clipped_reward import CLIPPINGS, clipped_reward
from rewardlab.mdp import FiniteModel
from tests.mdp.tiny_models import random_model

CLIP, SIGN = CLIPPINGS["clip to [-1, 1]"], CLIPPINGS["sign"]


def once_or_twice(once: float, twice: float) -> AuditCase:
    """So much at once, or twice so much, one after the other; gamma 0.99."""
    successor = np.array([[[2], [1]], [[2], [2]], [[2], [2]]])
    model = FiniteModel(successor, np.ones(successor.shape), np.array([False, False, True]), np.array([1.0, 0, 0]))
    proxy = np.array([[[once], [twice]], [[twice], [twice]], [[0.0], [0.0]]])
    return audit_case(model, proxy, proxy, gamma=0.99)


def test_ten_once_or_one_twice() -> None:
    # theory.md f: 10 > 1.99, but clipped 1 < 1.99; what is then chosen is worth 1.99 of the proxy.
    for clip in (CLIP, SIGN):
        answer = clipped_reward(once_or_twice(10.0, 1.0), clip)
        assert answer.alters
        assert not answer.safe
        assert (answer.worst, answer.optimum) == pytest.approx((1.99, 10.0))


def test_what_was_best_and_stays_so() -> None:
    answer = clipped_reward(once_or_twice(2.0, 1.5), CLIP)  # 2 < 2.985, clipped 1 < 1.99
    assert (answer.alters, answer.safe) == (True, True)
    assert (answer.worst, answer.optimum) == pytest.approx((2.985, 2.985))


def test_small_rewards_are_not_clipped_but_lose_their_size() -> None:
    case = once_or_twice(0.9, 0.1)
    assert not clipped_reward(case, CLIP).alters
    assert clipped_reward(case, CLIP).safe
    assert not clipped_reward(case, SIGN).safe


def test_a_clip_that_leaves_nothing_to_tell_apart_is_found() -> None:
    # With the worse way clipped to the better one, all is tied, and a tie may be decided wrongly.
    answer = clipped_reward(once_or_twice(10.0, 1.0), np.zeros_like)
    assert not answer.safe
    assert answer.worst == pytest.approx(1.99)


def test_a_tie_where_nobody_perfect_comes_is_no_harm() -> None:
    # From state 0 one goes to 1 for 10, or to 2 for nothing, where 3 and 2 can be had; clipped, those two are tied.
    # Clipped too, 1 at once is more than 0.9 later.
    successor = np.array([[[1], [2]], [[3], [3]], [[3], [3]], [[3], [3]]])
    model = FiniteModel(successor, np.ones(successor.shape), np.arange(4) == 3, np.eye(4)[0])
    proxy = np.array([[[10.0], [0.0]], [[0.0], [0.0]], [[3.0], [2.0]], [[0.0], [0.0]]])
    answer = clipped_reward(audit_case(model, proxy, proxy, gamma=0.9), CLIP)
    assert (answer.alters, answer.safe) == (True, True)
    assert answer.worst == pytest.approx(10.0)


@pytest.mark.parametrize("number", range(60))
def test_it_is_the_question_of_the_optimal_set(number: int) -> None:
    rng = np.random.default_rng(number)
    model = random_model(rng, states=5, actions=3, outcomes=2, ends=number % 2)
    proxy = rng.normal(scale=2.0, size=model.successor.shape) * model.feasible
    case = audit_case(model, proxy, proxy, gamma=0.9)
    for clip in CLIPPINGS.values():
        answer = clipped_reward(case, clip)
        asked = optimal_set(audit_case(case.model, clip(case.proxy), case.proxy, gamma=0.9))
        assert answer.safe == asked.safe
        assert (answer.worst, answer.optimum) == pytest.approx((asked.worst, asked.optimum), abs=1e-7)
