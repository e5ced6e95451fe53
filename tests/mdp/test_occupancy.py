"""Occupancies: by hand, as the other way to compute a return, and what they sum to."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.mdp import (
    discounted_occupancy,
    expected_return,
    horizon_occupancy,
    policy_score,
    solve,
)
from tests.mdp.tiny_models import PAID, exit_or_stay, random_model, slippery_fork, stay_or_switch, uniform_policy


def test_stay_or_switch_by_hand() -> None:
    # Always switching from a uniform start: both states are visited alike, 5 times each at gamma 0.9.
    switching = np.array([[0.0, 1.0], [0.0, 1.0]])
    occupancy = discounted_occupancy(stay_or_switch(), switching, 0.9)
    np.testing.assert_allclose(occupancy.state, [5, 5], rtol=1e-14)
    np.testing.assert_allclose(occupancy.state_action, [[0, 5], [0, 5]], rtol=1e-14)
    np.testing.assert_allclose(occupancy.share, [0.5, 0.5], rtol=1e-14)


def test_exit_or_stay_by_hand() -> None:
    # Leaving with probability 1/2 a step: 1 / (1 - 0.9 / 2) visits of the place, and the rest of 10 at the end.
    half = np.array([[0.5, 0.5], [1.0, 0.0]])
    occupancy = discounted_occupancy(exit_or_stay(), half, 0.9)
    np.testing.assert_allclose(occupancy.state, [1 / 0.55, 10 - 1 / 0.55], rtol=1e-14)
    assert occupancy.state_action[1].tolist() == [0, 0], "nothing is done where it is over"
    short = horizon_occupancy(exit_or_stay(), half, 3)
    np.testing.assert_allclose(short.state, [1 + 0.5 + 0.25, 0.5 + 0.75], rtol=1e-14)
    assert short.total == 3


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.99])
def test_the_return_is_the_inner_product_with_the_expected_reward(seed: int, gamma: float) -> None:
    model = random_model(np.random.default_rng(seed), states=8, actions=3, outcomes=2, ends=2)
    table = model.reward_table(PAID)
    policy = uniform_policy(model)
    occupancy = discounted_occupancy(model, policy, gamma)
    wanted = expected_return(model, table, policy, gamma)
    assert occupancy.expected_return(model.expected(table)) == pytest.approx(wanted, abs=1e-12 / (1 - gamma))
    assert occupancy.state.sum() == pytest.approx(1 / (1 - gamma)) == occupancy.total
    np.testing.assert_allclose(occupancy.state_action.sum(axis=1), occupancy.state * ~model.terminal, atol=1e-10)
    assert occupancy.share.sum() == pytest.approx(1)
    for horizon in (1, 7):
        short = horizon_occupancy(model, policy, horizon, gamma=gamma)
        score = policy_score(model, table, policy, horizon, gamma=gamma)
        assert short.expected_return(model.expected(table)) == pytest.approx(score, abs=1e-12)
        assert short.state.sum() == pytest.approx(short.total)


def test_a_long_horizon_comes_to_the_discounted_one() -> None:
    model = slippery_fork()
    policy = uniform_policy(model)
    long, endless = horizon_occupancy(model, policy, 400, gamma=0.9), discounted_occupancy(model, policy, 0.9)
    np.testing.assert_allclose(long.state_action, endless.state_action, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_they_obey_the_flow_equation(seed: int) -> None:
    model = random_model(np.random.default_rng(seed), states=6, actions=3, outcomes=3, ends=1)
    table = model.reward_table(PAID)
    policy = np.eye(3)[solve(model, table, 0.9).optimal.argmax(axis=1)]
    policy[~model.legal] = 0.0
    policy[model.terminal] = np.eye(3)[0]
    occupancy = discounted_occupancy(model, policy, 0.9)
    inflow = np.bincount(
        model.successor.ravel(), (occupancy.state_action[:, :, None] * model.probability).ravel(), minlength=6
    )
    alive = ~model.terminal
    np.testing.assert_allclose(occupancy.state[alive], (model.start + 0.9 * inflow)[alive], atol=1e-12)


def test_what_is_refused() -> None:
    model = stay_or_switch()
    with pytest.raises(BadInput, match=r"gamma: got 1, .*use horizon_occupancy"):
        discounted_occupancy(model, uniform_policy(model), 1.0)
    with pytest.raises(BadInput, match="horizon: got 0"):
        horizon_occupancy(model, uniform_policy(model), 0)
    with pytest.raises(BadInput, match=r"policy: got shape \(2,\)"):
        discounted_occupancy(model, np.ones(2), 0.9)
    with pytest.raises(BadInput, match="policy: got rows that do not sum to 1"):
        horizon_occupancy(model, np.ones((2, 2)), 3)
