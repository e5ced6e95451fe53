"""Potential-based shaping on exact models: what it keeps, to the last digit, and what each classic bug breaks.

The towns are Delivery's, cut down. They have several exits, since the last parcel may arrive at one customer or
another, and these are paid differently.
"""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.mdp import FiniteModel, objective_range, policy_values, solve
from rewardlab.rewards import shaping
from rewardlab_envs.delivery import delivery_task
from tests.mdp.tiny_models import PAID, random_model, slippery_fork, uniform_policy

TOWNS = {
    "one parcel": delivery_task(1, "ADB"),
    "one parcel, slow street": delivery_task(1, "A~D.B"),
    "two parcels": delivery_task(2, "ADB"),
}
GAMMA = 0.9


def exits_of_different_worth(town: str) -> tuple[FiniteModel, np.ndarray]:
    """The town's model, and its objective with a bonus at the end that depends on where it ended."""
    model = TOWNS[town].model
    exits = np.unique(model.successor[model.feasible & model.terminal[model.successor]])
    assert len(exits) > 1
    bonus = np.zeros(model.n_states)
    bonus[exits] = np.arange(len(exits))
    return model, TOWNS[town].objective_table + bonus[model.successor] * model.feasible


@pytest.mark.parametrize(("town", "count"), [*zip(TOWNS, (400, 300, 300), strict=True)])
def test_optimal_sets_are_kept_for_a_thousand_random_potentials(town: str, count: int) -> None:
    model, table = exits_of_different_worth(town)
    plain = solve(model, table, GAMMA)
    rng = np.random.default_rng(len(town))
    for _ in range(count):
        potential = rng.normal(scale=rng.choice([0.1, 1.0, 10.0]), size=model.n_states)
        shaped = solve(model, table + model.shaping_table(potential, GAMMA), GAMMA)
        assert (shaped.optimal == plain.optimal).all()
        difference = (plain.action_values - potential[:, None] - shaped.action_values)[~model.terminal]
        assert np.abs(difference).max() < 1e-10


@pytest.mark.parametrize("town", TOWNS)
def test_values_of_any_policy_move_by_the_potential(town: str) -> None:
    model, table = exits_of_different_worth(town)
    rng = np.random.default_rng(0)
    for _ in range(20):
        potential = rng.normal(scale=3, size=model.n_states) * ~model.terminal
        policy = rng.dirichlet(np.ones(model.n_actions), size=model.n_states)
        shaped = policy_values(model, table + model.shaping_table(potential, GAMMA), policy, GAMMA)
        difference = policy_values(model, table, policy, GAMMA) - potential - shaped
        assert np.abs(difference).max() < 1e-10


@pytest.mark.parametrize("seed", range(10))
def test_the_same_on_stochastic_models(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = random_model(rng, states=7, actions=3, outcomes=3, ends=3) if seed else slippery_fork()
    table = model.reward_table(PAID)
    potential = rng.normal(size=model.n_states)
    extra = model.shaping_table(potential, 0.95)
    plain, shaped = solve(model, table, 0.95), solve(model, table + extra, 0.95)
    assert (plain.optimal == shaped.optimal).all()
    going_on = model.legal & ~model.terminal[:, None]
    np.testing.assert_allclose(
        shaped.action_values[going_on], (plain.action_values - potential[:, None])[going_on], rtol=0, atol=1e-10
    )
    policy = uniform_policy(model)
    moved = policy_values(model, table + extra, policy, 0.95) - policy_values(model, table, policy, 0.95)
    np.testing.assert_allclose(moved, -potential * ~model.terminal, rtol=0, atol=1e-10)


def test_the_objective_range_is_kept_with_its_ties() -> None:
    # This reward has ties between optimal policies; shaping must neither break nor add any.
    task = TOWNS["one parcel"]
    proxy = task.model.reward_table(task.catalogue.reward("pickup_bonus"))
    plain = objective_range(task.model, proxy, task.objective_table, gamma=GAMMA)
    potential = np.random.default_rng(0).normal(size=task.model.n_states)
    shaped = proxy + task.model.shaping_table(potential, GAMMA)
    kept = objective_range(task.model, shaped, task.objective_table, gamma=GAMMA)
    assert (kept.worst, kept.best) == pytest.approx((plain.worst, plain.best), abs=1e-12)
    assert plain.worst < plain.best


def random_walk(model: FiniteModel, rng: np.random.Generator, limit: int) -> np.ndarray:
    """The states of one episode, the first included."""
    states = [rng.choice(model.n_states, p=model.start)]
    while len(states) <= limit and not model.terminal[states[-1]]:
        states.append(model.successor[states[-1], rng.integers(model.n_actions), 0])
    return np.array(states)


@pytest.mark.parametrize("town", TOWNS)
def test_shaping_telescopes_exactly(town: str) -> None:
    # With gamma 1/2 and whole numbers nothing is rounded over 40 steps, so the identity must hold bit for bit:
    # sum of gamma^t F_t = gamma^T potential(last), 0 if it terminated, - potential(first).
    model = TOWNS[town].model
    rng = np.random.default_rng(1)
    terminations = 0
    for _ in range(200):
        potential = rng.integers(-8, 9, size=model.n_states).astype(np.float64)
        states = random_walk(model, rng, 40)
        terminated = model.terminal[states[1:]]
        added = shaping(potential[states[:-1]], potential[states[1:]], terminated, 0.5)
        discounts = 0.5 ** np.arange(len(states))
        last = 0.0 if terminated[-1] else potential[states[-1]]
        assert (discounts[:-1] * added).sum() == discounts[-1] * last - potential[states[0]]
        terminations += terminated[-1]
    assert 0 < terminations < 200


# The three classic bugs, each as the table it would pay. Each changes which actions are optimal, or the best policy's
# true return, where shaping done right changes nothing.


def best_true_return(model: FiniteModel, table: np.ndarray, extra: np.ndarray, gamma: float) -> float:
    """The true return of the worst agent that is perfect at the shaped reward."""
    return objective_range(model, table + extra, table, gamma=gamma).worst


def faulty_table(model: FiniteModel, potential: np.ndarray, *, gamma: float, terminal_kept: bool) -> np.ndarray:
    batch = model.transitions
    after = potential[batch.next_state] * (1.0 if terminal_kept else ~batch.terminated)
    return model.scatter(gamma * after - potential[batch.state])


@pytest.fixture
def town() -> tuple[FiniteModel, np.ndarray, np.ndarray]:
    """Model, objective and a potential: the distance, and 10 more everywhere."""
    task = TOWNS["one parcel"]
    states = np.arange(task.model.n_states)
    return task.model, task.objective_table, 10 + task.catalogue.potential("distance")(states)


def test_bug_no_gamma(town: tuple[FiniteModel, np.ndarray, np.ndarray]) -> None:
    model, table, potential = town
    optimum = solve(model, table, GAMMA).expected_return
    right = model.shaping_table(potential, GAMMA)
    assert best_true_return(model, table, right, GAMMA) == pytest.approx(optimum)
    bug = faulty_table(model, potential, gamma=1.0, terminal_kept=False)
    assert best_true_return(model, table, bug, GAMMA) < optimum - 0.1


def test_bug_terminal_potential_kept(town: tuple[FiniteModel, np.ndarray, np.ndarray]) -> None:
    model, table, _ = town
    optimum = solve(model, table, GAMMA).expected_return
    # Ends are liked the less the better they are: an agent shaped like this would rather not arrive.
    potential = np.where(model.terminal, -5.0, 0.0)
    assert best_true_return(model, table, model.shaping_table(potential, GAMMA), GAMMA) == pytest.approx(optimum)
    bug = faulty_table(model, potential, gamma=GAMMA, terminal_kept=True)
    assert best_true_return(model, table, bug, GAMMA) < optimum - 0.1


def test_bug_truncation_zeroed(town: tuple[FiniteModel, np.ndarray, np.ndarray]) -> None:
    model, table, _ = town
    optimum = solve(model, table, GAMMA).expected_return
    # A time limit that strikes with probability 0.1 a step, with a learner that bootstraps there: the expected shaping
    # of a step that goes on is gamma * potential(next) if the limit keeps it, 0.9 of that if it zeroes it.
    potential = np.where(model.terminal, 0.0, -10.0)
    batch = model.transitions
    kept = shaping(potential[batch.state], potential[batch.next_state], batch.terminated, GAMMA)
    zeroed = kept - 0.1 * GAMMA * potential[batch.next_state] * ~batch.terminated
    assert best_true_return(model, table, model.scatter(kept), GAMMA) == pytest.approx(optimum)
    assert best_true_return(model, table, model.scatter(zeroed), GAMMA) < optimum - 0.1
