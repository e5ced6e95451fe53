"""Angle-based early stopping: nothing in the cone falls before the stop, and something does after it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from rewardlab.audit.pressure.early_stopping import angle_between, early_stopping_index
from rewardlab.errors import BadInput
from rewardlab.mdp.policy_space import PolicySpace
from rewardlab.mdp.reachable import reachable_part
from rewardlab.mdp.soft_optimal import soft_optimal_policies
from tests.mdp.tiny_models import random_model


def test_angles_by_hand() -> None:
    east, north = np.array([2.0, 0.0]), np.array([0.0, 0.5])
    assert angle_between(east, 3 * east) == 0.0
    assert angle_between(east, -east) == pytest.approx(np.pi)
    assert angle_between(east, north) == pytest.approx(np.pi / 2)
    assert angle_between(east, np.array([1.0, 1.0])) == pytest.approx(np.pi / 4)
    # The arc cosine would say 0: cos(1e-9) is 1 in floating point.
    assert angle_between(east, np.array([1.0, 1e-9])) == pytest.approx(1e-9)
    assert np.isnan(angle_between(east, np.zeros(2)))


def test_a_path_by_hand() -> None:
    # Steps at 0, 45 and 80 degrees from the proxy: with an angle of 50 between the rewards only the first is safe.
    turns = np.radians([0.0, 45.0, 80.0])
    path = np.concatenate([np.zeros((1, 2)), np.cumsum(np.stack([np.cos(turns), np.sin(turns)], axis=1), axis=0)])
    stops = [
        early_stopping_index(path, np.array([2.0, 0.0]), angle) for angle in np.radians([0, 9, 11, 44, 46, 89, 91])
    ]
    assert stops == [3, 3, 2, 2, 1, 1, 0]


def test_where_nothing_moves_nothing_is_lost() -> None:
    still = np.ones((4, 3))
    assert early_stopping_index(still, np.array([1.0, 0.0, 0.0]), np.pi) == 3
    assert early_stopping_index(still, np.zeros(3), 0.0) == 3
    # A proxy of 0 has no direction to judge a step by.
    assert early_stopping_index(np.eye(3), np.zeros(3), 0.0) == 0


def world(number: int) -> tuple[PolicySpace, NDArray[np.float64], NDArray[np.float64]]:
    """A random model, a projected proxy, and the visits of its soft-optimal policies."""
    rng = np.random.default_rng(number)
    model = random_model(rng, states=int(rng.integers(3, 8)), actions=3, outcomes=2)
    space = PolicySpace(reachable_part(model).model, float(rng.choice([0.5, 0.9, 0.99])))
    proxy = space.advantages(rng.normal(size=len(space.state)))
    if np.abs(proxy).max() < 1e-9:
        return world(number + 1000)
    policies = soft_optimal_policies(space, proxy, np.abs(proxy).max() * 10.0 ** np.arange(2, -3, -0.25))
    return space, space.projected(proxy), np.stack([policy.visits for policy in policies])


def in_the_cone(
    space: PolicySpace, proxy: NDArray[np.float64], angle: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """A random reward at that angle to the proxy, plus shaping, which no policy notices."""
    across = space.projected(rng.normal(size=len(proxy)))
    across -= proxy * (across @ proxy) / (proxy @ proxy)
    length = float(np.linalg.norm(across))
    if length < 1e-6:  # all rewards are multiples of one
        return proxy
    turned = np.cos(angle) * proxy / np.linalg.norm(proxy) + np.sin(angle) * across / length
    potential = rng.normal(size=space.shaping_matrix.shape[1])
    reward: NDArray[np.float64] = turned + space.shaping_matrix @ potential
    return reward


def test_no_true_reward_in_the_cone_falls_before_the_stop() -> None:
    tried, stops = 0, set()
    for number in range(40):
        space, proxy, visits = world(number)
        rng = np.random.default_rng(number)
        for degrees in (5, 20, 45, 70):
            stop = early_stopping_index(visits, proxy, np.radians(degrees))
            stops.add((degrees, stop))
            for share in rng.uniform(0, 1, size=10):
                reward = in_the_cone(space, proxy, np.radians(degrees) * share, rng)
                achieved = visits @ reward
                assert np.diff(achieved[: stop + 1]).min(initial=0.0) >= -1e-9 * np.abs(achieved).max()
                tried += 1
    assert tried == 1600
    # It is no empty law: there is more than one policy to go through.
    assert len({stop for _, stop in stops if stop > 0}) > 5


def test_after_the_stop_some_reward_in_the_cone_falls() -> None:
    shown = 0
    for number in range(40):
        space, proxy, visits = world(number)
        angle = np.radians(45)
        stop = early_stopping_index(visits, proxy, angle)
        if stop == len(visits) - 1:
            continue
        # The worst in the cone is turned away from the next step, in the plane of that and the proxy.
        step = visits[stop + 1] - visits[stop]
        across = step - proxy * (step @ proxy) / (proxy @ proxy)
        if np.linalg.norm(across) < 1e-9:
            continue
        turned = np.cos(angle) * proxy / np.linalg.norm(proxy) - np.sin(angle) * across / np.linalg.norm(across)
        assert angle_between(turned, proxy) == pytest.approx(angle)
        assert angle_between(space.projected(turned), turned) < 1e-6
        assert step @ turned < 0
        shown += 1
    assert shown > 10


def test_what_does_not_fit_is_refused_at_once() -> None:
    with pytest.raises(BadInput) as refused:
        early_stopping_index(np.zeros((2, 3)), np.zeros(4), 7.0)
    assert "[T, n] and [n]" in str(refused.value)
    assert "radians in [0, pi]" in str(refused.value)
