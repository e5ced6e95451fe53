"""Potentials from value estimates: exact where the theory says so, refused where it says that they diverge."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.rewards import bootstrapped_potential, shaping, value_potential
from rewardlab.rewards.learned_potential import largest_eta

GAMMA = 0.9
# Two states that lead to each other, whatever is done: the chain on which the bound is sharp.
SWAP = np.array([1, 0])
PAID = np.array([1.0, 0.0])
TRUE_VALUE = np.linalg.solve(np.eye(2) - GAMMA * np.eye(2)[SWAP], PAID)


def estimate_after(eta: float, sweeps: int, rate: float = 1.0) -> np.ndarray:
    """Value iteration on rewards that are shaped by eta times the estimate of the moment."""
    value = np.array([1.0, 0.0])
    for _ in range(sweeps):
        potential = eta * value
        aim = PAID + shaping(potential, potential[SWAP], [False, False], GAMMA) + GAMMA * value[SWAP]
        value = value + rate * (aim - value)
    return value


@pytest.mark.parametrize("eta", [-0.9, -0.5, 0.0, 0.5 * largest_eta(GAMMA), 0.99 * largest_eta(GAMMA)])
def test_below_the_bound_the_estimate_comes_to_rest_where_it_should(eta: float) -> None:
    assert estimate_after(eta, 20_000) == pytest.approx(TRUE_VALUE / (1 + eta), rel=1e-9)
    bootstrapped_potential(lambda states: TRUE_VALUE[states], eta=eta, gamma=GAMMA, reads="state")


@pytest.mark.parametrize("eta", [-1.05, 1.05 * largest_eta(GAMMA), 1.0])
def test_beyond_the_bound_it_diverges_and_is_refused(eta: float) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        assert not np.abs(estimate_after(eta, 20_000)).max() < 1e6
    with pytest.raises(BadInput, match=r"eta: got .*, expected a number above -1 and below .* = 0.0526316; beyond it"):
        bootstrapped_potential(lambda states: TRUE_VALUE[states], eta=eta, gamma=GAMMA, reads="state")


@pytest.mark.parametrize("eta", [0.5, 3.0])
def test_a_small_rate_bears_more_than_whole_sweeps(eta: float) -> None:
    # value + a * (r + g * eta * next - eta * value + g * next - value) is value iteration on r / (1 + eta) with the
    # rate a * (1 + eta), here at most 0.4.
    assert estimate_after(eta, 5_000, rate=0.1) == pytest.approx(TRUE_VALUE / (1 + eta), rel=1e-9)


@pytest.mark.parametrize("eta", [-1.0, largest_eta(GAMMA)])
def test_on_the_bound_it_need_not_come_to_rest_and_is_refused(eta: float) -> None:
    with pytest.raises(BadInput, match="eta: got"):
        bootstrapped_potential(lambda states: TRUE_VALUE[states], eta=eta, gamma=GAMMA, reads="state")


def test_the_bound_of_the_usual_discount() -> None:
    assert largest_eta(0.99) == pytest.approx(0.00502513, abs=5e-9)
    assert largest_eta(0.0) == 1.0


@pytest.mark.parametrize("bad", [np.nan, np.inf, "1", True])
def test_a_factor_that_is_no_number_is_refused(bad: object) -> None:
    with pytest.raises(BadInput, match="eta: got"):
        bootstrapped_potential(lambda states: states, eta=bad, gamma=GAMMA, reads="state")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="scale: got"):
        value_potential(lambda states: states, scale=bad, reads="state")  # type: ignore[arg-type]


def test_the_estimate_is_asked_anew_each_time() -> None:
    table = np.zeros(3)
    potential = value_potential(lambda states: table[states], scale=2.0, reads="state")
    before = potential(np.array([1]))
    table[1] = 5.0
    assert (before.tolist(), potential(np.array([1])).tolist()) == ([0.0], [10.0])
