"""EPIC and DARD: the authors' numbers, their definitions in plain loops, and what must not change them."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rewardlab.audit.distances import (
    dard_canonical,
    dard_distance,
    dense_shaping,
    epic_canonical,
    epic_distance,
    pearson_distance,
)
from rewardlab.errors import BadInput
from rewardlab.mdp import dense_model, solve
from rewardlab.mdp.dense_model import dense_reward_table
from tests.audit.distances.gridworld_rewards import CENTER, CLIFF, NEARNESS, PATH, SPARSE, dynamics, of_state

GAMMAS = pytest.mark.parametrize("gamma", [0.0, 0.5, 0.99, 1.0])


def drawn(seed: int, states: int = 4, actions: int = 3) -> tuple[Any, NDArray[np.float64], NDArray[np.float64]]:
    """A generator, two random rewards and (its third part) random dynamics that cannot do all."""
    rng = np.random.default_rng(seed)
    rewards = rng.normal(size=(2, states, actions, states))
    chances = rng.dirichlet(np.ones(states), size=(states, actions)) * (rng.random((states, actions, states)) < 0.6)
    chances[..., 0] += 1e-3
    return rng, rewards, chances / chances.sum(axis=2, keepdims=True)


@GAMMAS
def test_the_numbers_of_the_authors_gridworld(gamma: float) -> None:
    sparse, center, path, cliff = (of_state(values) for values in (SPARSE, CENTER, PATH, CLIFF))
    dense = sparse + dense_shaping(NEARNESS, gamma, 5)
    assert epic_distance(sparse, dense, gamma) == pytest.approx(0, abs=1e-12)
    if gamma == 0:
        # Nothing of a reward for being in a state is then left but what shaping takes away: see below.
        assert epic_distance(sparse, center, gamma) == 0.0
        return
    # Two indicators of 9 states: rho = (0 - 1/81) / (1/9 - 1/81) = -1/8, and sqrt((1 + 1/8) / 2) = 3/4.
    assert epic_distance(sparse, center, gamma) == pytest.approx(0.75, abs=1e-12)
    assert epic_distance(sparse, -sparse, gamma) == 1.0
    # Path sums to 0 over the states and is 0 in the center: rho = 0.
    assert epic_distance(center, path, gamma) == pytest.approx(np.sqrt(0.5), abs=1e-12)
    # The caption of the paper's figure says 0.27.
    assert round(epic_distance(path, cliff, gamma), 2) == 0.27


@pytest.mark.parametrize("gamma", [0.01, 0.5, 0.99, 1.0])
def test_of_rewards_of_states_it_is_the_pearson_distance_of_the_states_whatever_gamma(gamma: float) -> None:
    # C(R) = gamma (R(s') - mean R): R(s) is itself taken away by E R(s, A, S').
    rng = np.random.default_rng(1)
    for _ in range(20):
        first, second = rng.normal(size=(2, 6))
        weights = rng.random(6)
        ours = epic_distance(of_state(first), of_state(second), gamma, states=weights)
        assert ours == pytest.approx(pearson_distance(first, second, weights), abs=1e-12)


def test_path_and_cliff_part_where_the_floor_is_slippery_enough() -> None:
    # Gleave et al. say so without a number. Until a move goes astray with probability over 0.467996 the optimal sets
    # are equal; then they part at the top left first, and from about 0.69 elsewhere too.
    def parted(slip: float) -> list[int]:
        model = dense_model(dynamics(slip))
        path, cliff = (
            solve(model, dense_reward_table(model, of_state(values)), 0.99).optimal for values in (PATH, CLIFF)
        )
        return np.flatnonzero((path != cliff).any(axis=1)).tolist()

    for slip in (0.0, 0.2, 0.4, 0.467995):
        assert parted(slip) == []
    for slip in (0.467997, 0.6):
        assert parted(slip) == [0]
    assert parted(0.8) == [0, 1]


@pytest.mark.parametrize("seed", range(3))
def test_epic_is_its_definition(seed: int) -> None:
    rng, (reward, _), _ = drawn(seed)
    states, actions = rng.random(4), rng.random(3)
    states, actions = states / states.sum(), actions / actions.sum()
    ours = epic_canonical(reward, 0.9, states=states, actions=actions)
    for s, a, t in product(range(4), range(3), range(4)):
        added = 0.0
        for (start, p), (act, q), (end, r) in product(enumerate(states), enumerate(actions), enumerate(states)):
            inner = 0.9 * reward[t, act, end] - reward[s, act, end] - 0.9 * reward[start, act, end]
            added += p * q * r * inner
        assert ours[s, a, t] == pytest.approx(reward[s, a, t] + added, abs=1e-13)


@pytest.mark.parametrize("seed", range(3))
def test_dard_is_its_definition(seed: int) -> None:
    rng, (reward, _), chances = drawn(seed)
    actions = rng.random(3)
    actions = actions / actions.sum()
    ours = dard_canonical(reward, chances, 0.9, actions=actions)
    for s, a, t in product(range(4), range(3), range(4)):
        added = 0.0
        # One action A; S' follows s and A, S'' follows s' and A.
        for (act, q), after_s, after_t in product(enumerate(actions), range(4), range(4)):
            inner = 0.9 * reward[t, act, after_t] - reward[s, act, after_s] - 0.9 * reward[after_s, act, after_t]
            added += q * chances[s, act, after_s] * chances[t, act, after_t] * inner
        assert ours[s, a, t] == pytest.approx(reward[s, a, t] + added, abs=1e-13)


@GAMMAS
def test_shaping_changes_no_canonical_form_but_for_a_constant(gamma: float) -> None:
    for seed in range(10):
        rng, (reward, other), chances = drawn(seed)
        shaped = reward + dense_shaping(10 * rng.normal(size=4), gamma, 3)
        states, actions = rng.random(4), rng.random(3)
        change = epic_canonical(shaped, gamma, states=states, actions=actions) - epic_canonical(
            reward, gamma, states=states, actions=actions
        )
        # E[gamma Phi(S') - Phi(S)] and gamma times it: for gamma 1 nothing.
        assert np.ptp(change) == pytest.approx(0, abs=1e-12)
        assert dard_canonical(shaped, chances, gamma) == pytest.approx(
            dard_canonical(reward, chances, gamma), abs=1e-12
        )
        found = [
            [epic_distance(*pair, gamma), dard_distance(*pair, chances, gamma)]
            for pair in ((reward, shaped), (other, shaped), (other, reward))
        ]
        assert found[0] == pytest.approx([0, 0], abs=1e-12)
        assert found[1] == pytest.approx(found[2], abs=1e-12)


def test_the_wrong_gamma_is_noticed() -> None:
    rng, (reward, _), chances = drawn(0)
    shaped = reward + dense_shaping(10 * rng.normal(size=4), 1.0, 3)
    assert epic_distance(reward, shaped, 0.9) > 0.1
    assert dard_distance(reward, shaped, chances, 0.9) > 0.1


def test_negated_is_1_unrelated_is_between_and_shaped_is_0() -> None:
    # A published implementation (pitfalls.md, B16) correlates two rows of one reward and never looks at the other:
    # it finds 0 for each of these.
    for seed in range(10):
        rng, (reward, unrelated), chances = drawn(seed)
        shaped = 2 * reward + dense_shaping(rng.normal(size=4), 0.9, 3)
        found = [
            [epic_distance(reward, other, 0.9), dard_distance(reward, other, chances, 0.9)]
            for other in (-reward, unrelated, shaped)
        ]
        assert found[0] == pytest.approx([1, 1], abs=1e-12)
        assert min(found[1]) > 0.3
        assert max(found[1]) < 0.95
        assert found[2] == pytest.approx([0, 0], abs=1e-12)


def test_they_are_pseudometrics() -> None:
    for seed in range(30):
        rng, (first, second), chances = drawn(seed)
        third = rng.choice([-1, 0, 1]) * first + rng.normal() * second
        for distance in (
            lambda one, two: epic_distance(one, two, 0.9),
            lambda one, two, chances=chances: dard_distance(one, two, chances, 0.9),
        ):
            assert distance(first, second) == pytest.approx(distance(second, first), abs=1e-14)
            assert distance(first, 3 * first + 7) == pytest.approx(0, abs=1e-13)
            assert distance(first, third) <= distance(first, second) + distance(second, third) + 1e-12


def test_a_reward_that_says_nothing_is_0_from_another_and_1_from_all_else() -> None:
    rng, (reward, _), chances = drawn(0)
    shaping = dense_shaping(1e6 * rng.normal(size=4), 0.9, 3)
    nothing = np.full_like(reward, 5.0)
    assert epic_distance(nothing, shaping, 0.9) == 0.0
    assert epic_distance(shaping, reward, 0.9) == epic_distance(reward, nothing, 0.9) == 1.0
    assert dard_distance(nothing, shaping, chances, 0.9) == 0.0
    assert dard_distance(shaping, reward, chances, 0.9) == 1.0


def test_coverage_says_where_they_are_compared() -> None:
    _, (reward, _), chances = drawn(0)
    other = reward.copy()
    other[1, 2] += 1.0
    away = np.ones_like(reward)
    away[1] = 0.0
    assert epic_distance(reward, other, 0.0) > 0.1
    # With gamma 0 nothing of state 1 is left in the canonical form of the other states.
    assert epic_distance(reward, other, 0.0, coverage=away) == pytest.approx(0, abs=1e-12)
    # The default of DARD is what can happen.
    likely = chances / 3
    assert dard_distance(reward, other, chances, 0.9, coverage=likely) == pytest.approx(
        dard_distance(reward, other, chances, 0.9), abs=1e-14
    )
    assert (
        abs(dard_distance(reward, other, chances, 0.9, coverage=away) - dard_distance(reward, other, chances, 0.9))
        > 0.01
    )


def test_epic_sees_what_cannot_happen_and_dard_little_of_it() -> None:
    chances = dynamics()
    rng = np.random.default_rng(0)
    reward = rng.normal(size=chances.shape)
    for _ in range(10):
        nonsense = np.where(chances > 0, reward, rng.normal(scale=10, size=chances.shape))
        assert epic_distance(reward, nonsense, 0.9) > 0.5
    # No step right leads from (0, 0) to (2, 2), nor to (0, 0) from anywhere, so DARD never asks for this one.
    far = reward.copy()
    far[0, 1, 8] += 100.0
    assert epic_distance(reward, far, 0.9) > 0.5
    assert dard_distance(reward, far, chances, 0.9) == pytest.approx(0, abs=1e-12)
    # But for the step down from (0, 0) it asks for one right from (0, 1), right of where that began, to (1, 1), right
    # of where it led: impossible as well.
    near = reward.copy()
    near[1, 1, 4] += 100.0
    assert dard_distance(reward, near, chances, 0.9) > 0.1


def test_all_that_is_wrong_is_named_at_once() -> None:
    reward = np.zeros((3, 2, 3))
    with pytest.raises(BadInput) as refused:
        epic_distance(reward, np.zeros((3, 2, 2)), 99)
    assert [problem.where for problem in refused.value.problems] == ["second", "gamma"]
    with pytest.raises(BadInput) as refused:
        dard_canonical(reward, np.zeros((3, 2, 3)), -1, actions=[1, -1])
    assert [problem.where for problem in refused.value.problems] == ["transitions", "actions", "gamma"]
    with pytest.raises(BadInput) as refused:
        epic_canonical(reward, 0.9, states=[1, 1], actions=[1, 1, 1])
    assert [problem.where for problem in refused.value.problems] == ["states", "actions"]


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((3, 2)),
        np.zeros((3, 2, 4)),
        np.zeros((0, 2, 0)),
        np.full((2, 2, 2), np.nan),
        [[1, 2], [3]],
        "word",
        None,
    ],
)
def test_what_is_no_dense_reward_is_refused(bad: NDArray[np.float64]) -> None:
    with pytest.raises(BadInput, match="reward: got"):
        epic_canonical(bad, 0.9)
