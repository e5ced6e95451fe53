"""The wait for the first payment: walks on a line with known formulas, traps, and the definition, step by step."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.audit.signal.first_payment import first_payment
from rewardlab.mdp import FiniteModel
from rewardlab.mdp.policy_space import PolicySpace
from rewardlab.mdp.reachable import reachable_part
from rewardlab.mdp.timed_model import timed_model
from tests.mdp.tiny_models import random_model


def line(length: int, start: int = 0, *, wall: str = "stays") -> tuple[PolicySpace, np.ndarray]:
    """Places 0 to ``length``, left or right; only entering the last one pays, and it is an end.

    At place 0 a step to the left ``stays``, is ``illegal``, or place 0 is an ``end`` that pays nothing.
    """
    places = np.arange(length + 1)
    successor = np.stack([np.maximum(places - 1, 0), np.minimum(places + 1, length)], axis=1)[:, :, None]
    legal = np.ones((length + 1, 2), dtype=bool)
    legal[0, 0] = wall != "illegal"
    terminal = (places == length) | ((places == 0) & (wall == "end"))
    model = FiniteModel(successor, np.ones(successor.shape), terminal, 1.0 * (places == start), legal)
    return PolicySpace(model, 0.99), (successor == length) & model.feasible


@pytest.mark.parametrize("length", [1, 2, 5, 30])
def test_a_walk_that_is_turned_back_takes_the_square(length: int) -> None:
    # h(0) = 1 + h(1), h(k) = 1 + (h(k - 1) + h(k + 1)) / 2, h(n) = 0 has h(k) = n**2 - k**2.
    for start in (0, length // 2):
        found = first_payment(*line(length, start, wall="illegal"))
        assert found.steps == pytest.approx(length**2 - start**2)
        assert (found.paid, found.unpaid, found.never) == pytest.approx((1, 0, 0))


@pytest.mark.parametrize("length", [1, 2, 5, 30])
def test_a_walk_that_bumps_takes_a_little_longer(length: int) -> None:
    # h(0) = 1 + (h(0) + h(1)) / 2 instead: h(k) = n (n + 1) - k (k + 1).
    assert first_payment(*line(length)).steps == pytest.approx(length * (length + 1))


def test_ruin_begins_anew() -> None:
    # Gambler's ruin from k of n: paid with probability k / n, over after k (n - k) steps, so n (n - k) steps a payment.
    found = first_payment(*line(10, 3, wall="end"))
    assert (found.paid, found.unpaid, found.never) == pytest.approx((0.3, 0.7, 0.0))
    assert found.steps == pytest.approx(10 * 7)


def test_a_trap_may_hold_for_ever() -> None:
    # One coin: to a place that is stayed in for ever, unpaid, or to the payment.
    successor = np.array([[[1], [2]], [[1], [1]], [[2], [2]]])
    model = FiniteModel(successor, np.ones(successor.shape), np.array([False, False, True]), np.array([1.0, 0.0, 0.0]))
    pays = np.zeros(successor.shape, dtype=bool)
    pays[0, 1] = True
    found = first_payment(PolicySpace(model, 0.9), pays)
    assert (found.steps, found.paid, found.unpaid, found.never) == (np.inf, 0.5, 0.0, 0.5)
    # If the trap pays, it is a trap no more.
    pays[1] = True
    assert first_payment(PolicySpace(model, 0.9), pays).steps == pytest.approx(1 + 0.5)


def test_nothing_that_pays_is_waited_for_in_vain() -> None:
    space, pays = line(4, 2, wall="end")
    found = first_payment(space, np.zeros_like(pays))
    assert (found.steps, found.paid) == (np.inf, 0.0)
    assert found.unpaid == pytest.approx(1)
    endless, pays = line(4)
    model = endless.model
    ring = FiniteModel(model.successor % 4, model.probability, np.zeros(5, dtype=bool), model.start)
    found = first_payment(PolicySpace(reachable_part(ring).model, 0.9), np.zeros((4, 2, 1), dtype=bool))
    assert (found.steps, found.paid, found.unpaid, found.never) == (np.inf, 0.0, 0.0, 1.0)


@pytest.mark.parametrize("number", range(60))
def test_it_is_what_comes_of_following_the_walk(number: int) -> None:
    rng = np.random.default_rng(number)
    model = random_model(rng, states=6, actions=3, outcomes=2, ends=int(rng.integers(0, 2)))
    model = timed_model(model, 5).model if number % 3 == 0 else model
    model = reachable_part(model).model
    space = PolicySpace(model, 0.9)
    pays = (rng.random(model.successor.shape) < 0.15) & model.feasible
    found = first_payment(space, pays)
    weight = space.uniform[:, :, None] * model.probability * model.feasible
    here, spent, paid, unpaid = model.start.copy(), 0.0, 0.0, 0.0
    for _ in range(3000):
        moved = here[:, None, None] * weight
        spent, paid = spent + here.sum(), paid + moved[pays].sum()
        here = np.bincount(model.successor[~pays], moved[~pays], minlength=model.n_states)
        unpaid += here[model.terminal].sum()
        here[model.terminal] = 0.0
    assert (found.paid, found.unpaid, found.never) == pytest.approx((paid, unpaid, here.sum()), abs=1e-6)
    if found.never > 1e-12 or found.paid == 0.0:
        assert found.steps == np.inf
    else:
        assert found.steps == pytest.approx(spent / paid)
