"""Distances from samples: equal to the exact ones where the sample is all there is, and near them where it is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rewardlab.audit.distances import (
    dard_distance,
    dense_shaping,
    epic_distance,
    sampled_dard,
    sampled_epic,
)
from rewardlab.errors import BadInput, InvalidReward
from tests.audit.distances.test_epic_and_dard import drawn

GAMMA = 0.9


def looked_up(reward: NDArray[np.float64]) -> Any:
    """A dense reward as a function of batches."""
    return lambda states, actions, next_states: reward[states, actions, next_states]


def every_triple(states: int, actions: int) -> Any:
    """Each triple once."""
    return tuple(part.ravel() for part in np.indices((states, actions, states)))


def test_epic_of_all_there_is_is_exact() -> None:
    rng, (first, second), _ = drawn(0)
    actions, next_states = (part.ravel() for part in np.indices((3, 4)))
    found = sampled_epic(
        looked_up(first),
        looked_up(second),
        GAMMA,
        coverage=every_triple(4, 3),
        actions=actions,
        next_states=next_states,
        rng=rng,
        resamples=10,
    )
    assert found.value == pytest.approx(epic_distance(first, second, GAMMA), abs=1e-13)
    assert (found.samples, found.canonical_samples) == (48, 12)


def test_dard_of_all_there_is_is_exact() -> None:
    rng, (first, second), _ = drawn(0)
    after = rng.integers(4, size=(4, 3))
    chances = np.eye(4)[after]
    s, a = (part.ravel() for part in np.indices((4, 3)))
    found = sampled_dard(
        looked_up(first),
        looked_up(second),
        GAMMA,
        coverage=(s, a, after[s, a]),
        actions=np.arange(3),
        sample_next=lambda states, actions, rng: after[states, actions],
        rng=rng,
        resamples=10,
    )
    assert found.value == pytest.approx(dard_distance(first, second, chances, GAMMA), abs=1e-13)


def epic_of(rng: np.random.Generator, first: Any, second: Any, count: int = 400, draws: int = 100, **more: Any) -> Any:
    """EPIC from uniform samples of 4 states and 3 actions."""
    coverage = (rng.integers(4, size=count), rng.integers(3, size=count), rng.integers(4, size=count))
    inner = {"actions": rng.integers(3, size=draws), "next_states": rng.integers(4, size=draws)}
    settings: dict[str, Any] = {"resamples": 200, **more}
    return sampled_epic(looked_up(first), looked_up(second), GAMMA, coverage=coverage, rng=rng, **inner, **settings)


def dard_of(rng: np.random.Generator, first: Any, second: Any, chances: Any, count: int = 400, **more: Any) -> Any:
    """DARD from steps that begin anywhere and go as the dynamics have it."""

    def sample_next(states: Any, actions: Any, rng: np.random.Generator) -> Any:
        return (chances[states, actions].cumsum(axis=1) < rng.random((len(states), 1))).sum(axis=1)

    s, a = rng.integers(4, size=count), rng.integers(3, size=count)
    settings: dict[str, Any] = {"resamples": 200, "actions": rng.integers(3, size=100), **more}
    triples = (s, a, sample_next(s, a, rng))
    return sampled_dard(
        looked_up(first), looked_up(second), GAMMA, coverage=triples, sample_next=sample_next, rng=rng, **settings
    )


def test_shaping_is_taken_out_exactly_whatever_the_sample() -> None:
    for seed in range(3):
        rng, (first, _), chances = drawn(seed)
        shaped = 2 * first + dense_shaping(rng.normal(size=4), GAMMA, 3)
        for found in (epic_of(rng, first, shaped, 30, 7), dard_of(rng, first, shaped, chances, 30)):
            assert found.high == pytest.approx(0, abs=1e-12)
        for found in (epic_of(rng, first, -shaped, 30, 7), dard_of(rng, first, -shaped, chances, 30)):
            assert found.low == pytest.approx(1, abs=1e-12)


def test_intervals_hold_what_is_true_about_as_often_as_they_say() -> None:
    # 60 samples of each 90 % interval; a true 90 % would be below 46 of 60 in 1 of 1,000 tries.
    rng, (first, second), chances = drawn(0)
    truth = epic_distance(first, second, GAMMA), dard_distance(first, second, chances, GAMMA)
    held = np.zeros(2)
    for _ in range(60):
        estimates = (
            epic_of(rng, first, second, 200, level=0.9, resamples=80),
            dard_of(rng, first, second, chances, 200, level=0.9, resamples=80),
        )
        held += [found.low <= true <= found.high for found, true in zip(estimates, truth, strict=True)]
    assert (held >= 46).all()
    assert (held < 60).all()


def test_more_samples_come_nearer_and_the_interval_shrinks() -> None:
    rng, (first, second), _ = drawn(1)
    truth = epic_distance(first, second, GAMMA)
    small, large = (epic_of(rng, first, second, count, 500) for count in (50, 5000))
    assert large.high - large.low < (small.high - small.low) / 4
    assert large.value == pytest.approx(truth, abs=0.05)


def test_the_same_generator_gives_the_same_interval() -> None:
    _, (first, second), _ = drawn(1)
    found = [epic_of(np.random.default_rng(3), first, second) for _ in range(2)]
    assert found[0] == found[1]
    assert "400 samples, 100 for each expectation" in str(found[0])


def test_point_mass_of_the_authors() -> None:
    # Gleave et al.'s PointMass on a line: position, velocity and goal are normal, the action is uniform. Their notebook
    # (512 samples, gamma 1) prints 0.571963 between Sparse and GroundTruth and 0 between Dense and Sparse. Estimates
    # of that size spread by 0.0155 (theory.md c).
    def near(states: Any) -> Any:
        return np.abs(states[:, 0] - states[:, 2])

    def sparse(states: Any, actions: Any, next_states: Any) -> Any:
        return (near(states) < 0.05) - (actions**2).sum(axis=1)

    def ground_truth(states: Any, actions: Any, next_states: Any) -> Any:
        return -near(next_states) - (actions**2).sum(axis=1)

    def dense(states: Any, actions: Any, next_states: Any) -> Any:
        return sparse(states, actions, next_states) + 10 * (near(states) - near(next_states))

    def estimate(other: Any, rng: np.random.Generator, resamples: int) -> Any:
        return sampled_epic(
            sparse,
            other,
            1.0,
            coverage=(rng.normal(size=(512, 3)), rng.uniform(-1, 1, (512, 1)), rng.normal(size=(512, 3))),
            actions=rng.uniform(-1, 1, (512, 1)),
            next_states=rng.normal(size=(512, 3)),
            rng=rng,
            resamples=resamples,
        )

    rng = np.random.default_rng(42)
    assert estimate(dense, rng, 10).value == pytest.approx(0, abs=1e-12)
    spread = np.array([estimate(ground_truth, rng, 1).value for _ in range(40)])
    # The spread of 40 numbers is itself known to 11 %; three of those.
    assert spread.std(ddof=1) == pytest.approx(0.0155, rel=0.34)
    assert abs(0.571963 - spread.mean()) < 3 * 0.0155
    interval = estimate(ground_truth, rng, 200)
    assert (interval.high - interval.low) / 3.92 == pytest.approx(0.0155, rel=0.34)


def test_what_is_constant_is_decided_as_for_tables() -> None:
    rng, (first, _), _ = drawn(0)
    nothing = dense_shaping(rng.normal(size=4), GAMMA, 3)
    assert epic_of(rng, nothing, np.zeros_like(first)).value == 0.0
    assert epic_of(rng, nothing, first).value == 1.0


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"coverage": (np.arange(3), np.arange(3))}, "coverage"),
        ({"coverage": (np.arange(3), np.arange(2), np.arange(3))}, "coverage"),
        ({"coverage": (np.arange(1), np.arange(1), np.arange(1))}, "coverage"),
        ({"actions": [0, 1], "next_states": [0]}, "actions and next_states"),
        ({"actions": [[0]], "next_states": [0]}, "actions and next_states"),
        ({"level": 95}, "level"),
        ({"resamples": 0}, "resamples"),
        ({"gamma": 99}, "gamma"),
    ],
)
def test_what_is_refused(change: dict[str, Any], where: str) -> None:
    _, (first, second), _ = drawn(0)
    settings: dict[str, Any] = {
        "gamma": GAMMA,
        "coverage": (np.arange(3), np.arange(3), np.arange(3)),
        "actions": [0],
        "next_states": [0],
        "rng": np.random.default_rng(0),
    } | change
    with pytest.raises(BadInput, match=f"{where}: got"):
        sampled_epic(looked_up(first), looked_up(second), **settings)


def test_a_reward_that_returns_something_else_is_named() -> None:
    rng, (first, _), chances = drawn(0)
    coverage = (np.arange(3), np.arange(3), np.arange(3))
    settings: dict[str, Any] = {"coverage": coverage, "actions": [0], "next_states": [0], "rng": rng}
    for broken in (lambda s, a, t: 0.0, lambda s, a, t: np.full(len(s), np.nan)):
        with pytest.raises(InvalidReward, match="reward second: got"):
            sampled_epic(looked_up(first), broken, GAMMA, **settings)
    with pytest.raises(BadInput, match="sample_next"):
        sampled_dard(
            looked_up(first),
            looked_up(first),
            GAMMA,
            coverage=coverage,
            actions=[0],
            sample_next=lambda states, actions, rng: np.zeros(1),
            rng=rng,
        )
    with pytest.raises(BadInput, match="actions"):
        dard_of(rng, first, first, chances, actions=[])
