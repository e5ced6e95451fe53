"""The geometry of visits: returns are inner products, shaping is invisible, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteModel, dense_model, discounted_occupancy, expected_return, reachable_part, timed_model
from rewardlab.mdp.policy_space import PolicySpace
from tests.mdp.tiny_models import every_policy, random_model, slippery_fork, stay_or_switch, uniform_policy

SEEDS = range(12)
GAMMAS = (0.0, 0.5, 0.95)


def some_space(seed: int) -> PolicySpace:
    """A random model, illegal actions and ends among it, from a single first state, and what can be reached from it."""
    rng = np.random.default_rng(seed)
    model = random_model(rng, states=9, actions=3, outcomes=2, ends=2)
    model = FiniteModel(model.successor, model.probability, model.terminal, np.eye(9)[0], model.legal, model.events)
    return PolicySpace(reachable_part(model).model, GAMMAS[seed % 3])


def some_table(space: PolicySpace, seed: int) -> NDArray[np.float64]:
    return np.random.default_rng(seed + 1000).normal(size=space.model.successor.shape)


def some_policy(model: FiniteModel, seed: int) -> NDArray[np.float64]:
    weights = np.random.default_rng(seed + 2000).random(model.legal.shape) * model.legal
    return weights / weights.sum(axis=1, keepdims=True)


def redistribution(model: FiniteModel, seed: int) -> NDArray[np.float64]:
    """An amount for each outcome that comes to nothing on average, ``[S, A, K]``."""
    amounts = np.random.default_rng(seed + 3000).normal(size=model.successor.shape)
    return amounts - model.expected(amounts)[:, :, None]


def some_shaping(space: PolicySpace, seed: int) -> NDArray[np.float64]:
    potential = np.random.default_rng(seed + 4000).normal(size=space.model.n_states)
    return space.model.shaping_table(potential, space.gamma)


def worst(rows: NDArray[np.float64]) -> float:
    return float(np.abs(rows).max(initial=0.0))


@pytest.mark.parametrize("seed", SEEDS)
def test_returns_are_inner_products_with_visits(seed: int) -> None:
    space = some_space(seed)
    table, policy = some_table(space, seed), some_policy(space.model, seed)
    expected = expected_return(space.model, table, policy, space.gamma)
    assert space.visits(policy) @ space.rows(table) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_visits_are_those_of_the_occupancy(seed: int) -> None:
    space = some_space(seed)
    policy = some_policy(space.model, seed)
    expected = discounted_occupancy(space.model, policy, space.gamma).state_action
    np.testing.assert_allclose(space.table(space.visits(policy)), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_policy_is_known_by_its_visits(seed: int) -> None:
    space = some_space(seed)
    policy = some_policy(space.model, seed)
    visits = space.visits(policy)
    visited = space.table(visits).sum(axis=1) > 0
    back = space.policy(visits)
    np.testing.assert_allclose(back[visited], policy[visited], rtol=1e-10)
    assert (back[~visited] == uniform_policy(space.model)[~visited]).all()
    # At gamma 0 nothing but the first state counts.
    assert visited.sum() == (1 if space.gamma == 0 else (~space.model.terminal).sum())


def test_a_state_that_a_policy_never_comes_to_is_given_the_uniform_one() -> None:
    space = PolicySpace(dense_model([[[1, 0], [0, 1]], [[0, 1], [1, 0]]], start=[1, 0]), 0.9)
    stay = np.array([[1.0, 0.0], [1.0, 0.0]])
    assert space.visits(stay) == pytest.approx([10, 0, 0, 0])
    assert space.policy(space.visits(stay)).tolist() == [[1, 0], [0.5, 0.5]]


def test_rounding_below_nothing_is_no_policy_below_nothing() -> None:
    # 40 steps at a discount of 1e-9: next to nothing is left of the last ones, and rounding may make it negative.
    model = reachable_part(timed_model(stay_or_switch(), 40).model).model
    space = PolicySpace(model, 1e-9)
    noise = 1e-30 * np.random.default_rng(0).normal(size=len(space.state))
    model.check_policy(space.policy(space.visits(space.uniform) + noise))


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_and_tables_are_two_ways_to_write_the_same(seed: int) -> None:
    space = some_space(seed)
    model = space.model
    rows = np.random.default_rng(seed).normal(size=len(space.state))
    assert (space.rows(space.table(rows)) == rows).all()
    assert len(rows) == (model.legal & ~model.terminal[:, None]).sum()
    assert (space.table(np.ones(len(rows))) == (model.legal & ~model.terminal[:, None])).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_shaping_and_what_comes_to_nothing_on_average_vanish_in_both_forms(seed: int) -> None:
    space = some_space(seed)
    rows = space.rows(some_shaping(space, seed) + redistribution(space.model, seed))
    assert worst(rows) > 0.1
    assert worst(space.advantages(rows)) < 1e-12
    assert worst(space.projected(rows)) < 1e-12


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_else_vanishes(seed: int) -> None:
    # What is left is 0 only on a space of as many dimensions as there are potentials: one for each state that goes on.
    space = some_space(seed)
    unit = np.eye(len(space.state))
    alive = int((~space.model.terminal).sum())
    for form in (space.advantages, space.projected):
        images = np.array([form(rows) for rows in unit])
        assert np.linalg.matrix_rank(images, tol=1e-9) == len(unit) - alive


@pytest.mark.parametrize("seed", SEEDS)
def test_both_forms_change_nothing_for_policies(seed: int) -> None:
    # The reward and its canonical forms differ by shaping: all policies from one first state lose or gain the same.
    space = some_space(seed)
    rows = space.rows(some_table(space, seed))
    policies = [some_policy(space.model, 100 * seed + number) for number in range(5)]
    visits = np.array([space.visits(policy) for policy in policies])
    for form in (space.advantages, space.projected):
        assert np.ptp(visits @ (rows - form(rows))) < 1e-11


@pytest.mark.parametrize("seed", SEEDS)
def test_the_projection_is_one_and_orthogonal(seed: int) -> None:
    space = some_space(seed)
    matrix = np.array([space.projected(rows) for rows in np.eye(len(space.state))])
    np.testing.assert_allclose(matrix, matrix.T, rtol=0, atol=1e-12)
    np.testing.assert_allclose(matrix @ matrix, matrix, rtol=0, atol=1e-12)
    dense = space.shaping_matrix.toarray()
    by_pinv = np.eye(len(dense)) - dense @ np.linalg.pinv(dense)
    np.testing.assert_allclose(matrix, by_pinv, rtol=0, atol=1e-10)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_projection_is_spanned_by_differences_of_visits(seed: int) -> None:
    space = some_space(seed)
    policy = some_policy(space.model, seed)
    difference = space.visits(policy) - space.visits(space.uniform)
    np.testing.assert_allclose(space.projected(difference), difference, rtol=0, atol=1e-11)


@pytest.mark.parametrize("seed", SEEDS)
def test_advantages_are_those_of_the_uniform_policy(seed: int) -> None:
    # Their mean over the legal actions is 0 in every state, and they are what an action gains over the policy.
    space = some_space(seed)
    model, table = space.model, some_table(space, seed)
    rows = space.rows(table)
    advantages = space.table(space.advantages(rows))
    assert worst((advantages * space.uniform).sum(axis=1)) < 1e-12
    values = space.values(rows)
    assert (values[model.terminal] == 0).all()
    by_hand = model.expected(table + space.gamma * values[model.successor]) - values[:, None]
    np.testing.assert_allclose(space.advantages(rows), space.rows(by_hand), rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_nearest_potential_leaves_what_the_projection_keeps(seed: int) -> None:
    space = some_space(seed)
    rows = space.rows(some_table(space, seed))
    potential = space.nearest_potential(rows)
    assert (potential[space.model.terminal] == 0).all()
    rest = rows - space.rows(space.model.shaping_table(potential, space.gamma))
    np.testing.assert_allclose(rest, space.projected(rows), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("states", "actions", "dimension"), [(2, 2, 2), (3, 2, 3), (3, 3, 6)])
def test_the_dimension_of_all_differences_of_visits(states: int, actions: int, dimension: int) -> None:
    # Skalse et al. 2022: |S| (|A| - 1) for a model in which everything can be reached.
    rng = np.random.default_rng(states + actions)
    model = dense_model(rng.dirichlet(np.ones(states), size=(states, actions)))
    assert span_of_differences(PolicySpace(model, 0.9)) == dimension


@pytest.mark.parametrize("model", [slippery_fork(), slippery_fork(certain=True), stay_or_switch()], ids=range(3))
def test_the_dimension_with_ends_and_illegal_actions(model: FiniteModel) -> None:
    space = PolicySpace(reachable_part(model).model, 0.9)
    choices = space.model.legal.sum(axis=1)[~space.model.terminal]
    assert span_of_differences(space) == (choices - 1).sum()


def span_of_differences(space: PolicySpace) -> int:
    visits = np.array([space.visits(policy) for policy in every_policy(space.model)])
    return int(np.linalg.matrix_rank(visits - visits[0], tol=1e-9))


@pytest.mark.parametrize("seed", SEEDS)
def test_without_a_discount_where_time_is_part_of_the_state(seed: int) -> None:
    model = random_model(np.random.default_rng(seed), states=5, actions=3, outcomes=2)
    space = PolicySpace(reachable_part(timed_model(model, 4).model).model, 1.0)
    table, policy = some_table(space, seed), some_policy(space.model, seed)
    expected = expected_return(space.model, table, policy, 1.0)
    assert space.visits(policy) @ space.rows(table) == pytest.approx(expected, abs=1e-12)
    rows = space.rows(some_shaping(space, seed) + redistribution(space.model, seed))
    assert worst(space.advantages(rows)) < 1e-12
    assert worst(space.projected(rows)) < 1e-12


def test_a_constant_is_shaping_without_end_and_none_where_episodes_can_end() -> None:
    # 1 a step is the shaping of the potential -1 / (1 - gamma) if nothing ends; else staying alive is paid.
    endless = PolicySpace(stay_or_switch(), 0.9)
    assert worst(endless.projected(np.ones(4))) < 1e-12
    assert endless.nearest_potential(np.ones(4)) == pytest.approx([-10, -10])
    ending = PolicySpace(slippery_fork(), 0.9)
    assert worst(ending.projected(np.ones(len(ending.state)))) > 0.01


@pytest.mark.parametrize("gamma", [1, -0.1, 1.1, float("nan"), "0.9", True])
def test_a_discount_that_is_none_is_refused(gamma: object) -> None:
    with pytest.raises(BadInput, match=r"gamma: got .*, expected a number in \[0, 1"):
        PolicySpace(stay_or_switch(), gamma)  # type: ignore[arg-type]


def test_what_is_no_policy_is_refused() -> None:
    with pytest.raises(BadInput, match="policy: got an action that is not legal"):
        PolicySpace(slippery_fork(), 0.9).visits(np.ones((6, 3)) / 3)
    with pytest.raises(BadInput, match=r"policy: got shape \(3, 2\), expected \(2, 2\)"):
        PolicySpace(stay_or_switch(), 0.9).visits(np.ones((3, 2)) / 2)
