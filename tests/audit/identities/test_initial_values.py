"""Shaping as initial values (Wiewiora 2003), step by step, with the agents' own learner and with known slips."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.agents.q_learning import q_update
from rewardlab.audit.identities import initial_values, q_learning_update
from rewardlab.audit.identities.initial_values import TabularUpdate
from rewardlab.errors import BadInput
from rewardlab.rewards import shaping
from rewardlab.transitions import Transitions

STATES, ACTIONS, GAMMA = 12, 3, 0.95


def experience(seed: int, steps: int) -> tuple[Transitions, np.ndarray, np.ndarray, np.ndarray]:
    """Random steps, what they paid, a potential, and which of them a time limit cut off."""
    rng = np.random.default_rng(seed)
    batch = Transitions(
        rng.integers(STATES, size=steps),
        rng.integers(ACTIONS, size=steps),
        rng.integers(STATES, size=steps),
        rng.random(steps) < 0.1,
        {},
    )
    return batch, rng.normal(size=steps), 3 * rng.normal(size=STATES), rng.random(steps) < 0.1


@pytest.mark.parametrize("update", [q_learning_update, q_update], ids=["here", "the agents' own"])
def test_the_two_learners_never_part(update: TabularUpdate) -> None:
    batch, rewards, potential, _ = experience(0, 20_000)
    answer = initial_values(batch, rewards, potential, ACTIONS, GAMMA, learning_rate=0.3, update=update)
    assert answer.holds
    assert answer.deviation <= 1e-12
    assert len(answer.deviations) == 20_000
    assert (answer.shaped.argmax(axis=1) == answer.started.argmax(axis=1)).all()


def test_one_step_by_hand() -> None:
    # From state 0, potential 2, to state 1, potential 4, gamma 0.5, rate 0.5, paid 1: F = 0.5 * 4 - 2 = 0.
    # Shaped: 0 + 0.5 * (1 + 0 + 0 - 0) = 0.5. Begun at the potential: 2 + 0.5 * (1 + 0.5 * 4 - 2) = 2.5.
    step = Transitions(np.array([0]), np.array([0]), np.array([1]), np.array([False]), {})
    answer = initial_values(step, [1.0], [2.0, 4.0], 1, 0.5, learning_rate=0.5)
    assert (answer.shaped[0, 0], answer.started[0, 0], answer.deviation) == (0.5, 2.5, 0.0)


def test_a_terminal_potential_parts_them_at_the_first_end() -> None:
    batch, rewards, potential, _ = experience(1, 300)
    kept = shaping(potential[batch.state], potential[batch.next_state], False, GAMMA)
    answer = initial_values(batch, rewards, potential, ACTIONS, GAMMA, amounts=kept)
    assert answer.first_apart == np.flatnonzero(batch.terminated)[0]
    assert not answer.holds


def test_a_potential_zeroed_at_a_time_limit_parts_them_at_the_first_cut() -> None:
    batch, rewards, potential, truncated = experience(2, 300)
    zeroed = shaping(potential[batch.state], potential[batch.next_state], batch.terminated | truncated, GAMMA)
    answer = initial_values(batch, rewards, potential, ACTIONS, GAMMA, amounts=zeroed)
    assert answer.first_apart == np.flatnonzero(truncated & ~batch.terminated)[0]


def test_another_discount_parts_them_at_the_first_step_that_goes_on() -> None:
    batch, rewards, potential, _ = experience(3, 300)
    undiscounted = shaping(potential[batch.state], potential[batch.next_state], batch.terminated, 1.0)
    answer = initial_values(batch, rewards, potential, ACTIONS, GAMMA, amounts=undiscounted)
    assert answer.first_apart == np.flatnonzero(~batch.terminated)[0]


def test_a_potential_that_moves_is_no_longer_the_same() -> None:
    # Devlin & Kudenko (2012): optimal policies are kept, this equivalence is not.
    batch, rewards, potential, _ = experience(4, 300)
    faded = np.linspace(1, 0, 301)
    moving = shaping(
        faded[:-1] * potential[batch.state], faded[1:] * potential[batch.next_state], batch.terminated, GAMMA
    )
    assert not initial_values(batch, rewards, potential, ACTIONS, GAMMA, amounts=moving).holds


def test_refusals() -> None:
    batch, rewards, potential, _ = experience(5, 20)
    with pytest.raises(BadInput, match=r"steps\.action: got a number outside the table"):
        initial_values(batch, rewards, potential, 1, GAMMA)
    with pytest.raises(BadInput, match=r"steps\.state: [\s\S]*steps\.next_state: "):
        initial_values(batch, rewards, potential[:2], ACTIONS, GAMMA)
    with pytest.raises(BadInput, match=r"rewards: got shape \(5,\)"):
        initial_values(batch, rewards[:5], potential, ACTIONS, GAMMA)
    with pytest.raises(BadInput, match="learning_rate: got 0"):
        initial_values(batch, rewards, potential, ACTIONS, GAMMA, learning_rate=0.0)
    with pytest.raises(BadInput, match="gamma: got 95"):
        initial_values(batch, rewards, potential, ACTIONS, 95)
