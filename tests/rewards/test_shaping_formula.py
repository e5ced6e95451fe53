"""The formula of potential-based shaping, as such: telescoping, the tutorial's robot, and potentials of all kinds."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardlab.errors import BadInput, InvalidReward
from rewardlab.rewards import Bonus, Potential, Reward, ScheduledPotential, Term, shaping
from rewardlab.transitions import Transitions

numbers = st.floats(-10, 10)


def added_along(potentials: np.ndarray, gamma: float, *, terminated: bool = False) -> np.ndarray:
    """The shaping of each step of one episode through these potentials."""
    ends = np.zeros(len(potentials) - 1, dtype=bool)
    ends[-1] = terminated
    return shaping(potentials[:-1], potentials[1:], ends, gamma)


# A robot walks from (5, 5) to the goal (0, 0) in five diagonal steps; its potential is minus the distance to the goal.
ROBOT = -np.linalg.norm(np.arange(5, -1, -1)[:, None] * np.ones(2), axis=1)


def test_the_robot() -> None:
    # sqrt(2) * (n - 0.99 * (n - 1)) from (n, n). The tutorial prints 0.992, 0.992, 0.990, 0.990, 0.990.
    added = added_along(ROBOT, 0.99)
    np.testing.assert_allclose(added, [1.47078, 1.45664, 1.44250, 1.42836, 1.41421], atol=5e-6)
    np.testing.assert_allclose(added, np.sqrt(2) * (np.arange(5, 0, -1) - 0.99 * np.arange(4, -1, -1)), rtol=1e-13)


def test_the_robots_shaping_telescopes_to_its_first_distance() -> None:
    total = (0.99 ** np.arange(5) * added_along(ROBOT, 0.99)).sum()
    assert total == pytest.approx(7.07107, abs=5e-6)
    assert total == pytest.approx(-ROBOT[0], rel=1e-13)
    printed_in_the_tutorial = (0.99 ** np.arange(5) * [0.992, 0.992, 0.990, 0.990, 0.990]).sum()
    assert printed_in_the_tutorial == pytest.approx(4.85597, abs=5e-6)


def test_a_positive_step_need_not_lead_towards_the_goal() -> None:
    # "positive = moving toward the goal" is false for a negative potential and gamma < 1.
    stand_still, move_away = (shaping([ROBOT[0]], [-np.sqrt(2) * far], [False], 0.99)[0] for far in (5.0, 5.05))
    assert stand_still == pytest.approx(0.0707107, abs=5e-8)
    assert move_away == pytest.approx(0.000707107, abs=5e-10)


@given(st.lists(numbers, min_size=2, max_size=20), st.floats(0, 1), st.booleans())
def test_shaping_telescopes(potentials: list[float], gamma: float, terminated: bool) -> None:
    added = added_along(np.array(potentials), gamma, terminated=terminated)
    steps = len(added)
    last = 0.0 if terminated else potentials[-1]
    assert (gamma ** np.arange(steps) * added).sum() == pytest.approx(gamma**steps * last - potentials[0], abs=1e-9)


@given(numbers, numbers, st.floats(0, 1), st.booleans())
def test_one_step_at_a_time_is_all_at_once(now: float, after: float, gamma: float, terminated: bool) -> None:
    together = shaping([now, 1.0], [after, 2.0], [terminated, False], gamma)
    assert together[0] == shaping([now], [after], [terminated], gamma)[0]


@given(st.lists(numbers, min_size=1, max_size=8), st.floats(-5, 5), st.floats(-5, 5))
def test_rewards_are_linear_in_their_weights(amounts: list[float], one: float, two: float) -> None:
    size = len(amounts)
    rows, events = np.arange(size), {"a": np.array(amounts), "b": np.arange(size, dtype=np.float64)}
    steps = Transitions(rows, rows, rows, np.zeros(size, dtype=bool), events)
    both = Reward.from_event_weights({"a": one, "b": two})(steps)
    apart = one * Reward.from_event_weights({"a": 1.0})(steps) + two * Reward.from_event_weights({"b": 1.0})(steps)
    np.testing.assert_allclose(both, apart, atol=1e-12)


def test_the_tutorials_speed_reward() -> None:
    # 1 / minutes for 10, 30 and 60 minutes, and for the loopholes of 0.1 and 0.01 minutes: 100 and 1,000 times the
    # first, not 10 and 100 times as the tutorial's comments have it.
    minutes = np.array([10, 30, 60, 0.1, 0.01])
    rows = np.arange(5)
    steps = Transitions(rows, rows, rows, np.zeros(5, dtype=bool), {"minutes": minutes})
    paid = Reward("speed", (Term("speed", lambda batch: 1 / batch.event("minutes")),))(steps)
    np.testing.assert_allclose(paid, [0.1, 1 / 30, 1 / 60, 10, 100], rtol=1e-15)
    np.testing.assert_allclose(paid[3:] / paid[0], [100, 1000])


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_a_delivery_in_no_time_at_all_is_refused_and_says_what_to_guard() -> None:
    one = np.zeros(1, dtype=np.int64)
    steps = Transitions(one, one, one, np.array([True]), {"minutes": np.zeros(1)})
    with pytest.raises(InvalidReward, match=r"reward term 'speed': got inf for state .*0.*; guard the division"):
        Reward("speed", (Term("speed", lambda batch: 1 / batch.event("minutes")),))(steps)


def test_a_table_is_copied_and_travels() -> None:
    values = np.array([1.0, 2.0, 3.0])
    potential = Potential.from_table(values, name="level", summary="How far.")
    values[:] = 9
    assert potential(np.array([2, 0])).tolist() == [3, 1]
    assert (potential.name, potential.reads, potential.summary) == ("level", "state", "How far.")
    assert pickle.loads(pickle.dumps(potential))(np.array([1])).tolist() == [2]


def test_a_multiple_travels_too_and_is_finite_only_where_it_is() -> None:
    level = Potential.from_table([1.0, 2.0, 1e300])
    assert pickle.loads(pickle.dumps(level.times(-0.5)))(np.array([1])).tolist() == [-1]
    assert level.times(-1.0).known_finite
    states = np.array([2])
    for weight in (np.nan, 1e300):  # the table was looked at, the products were not
        strong = level.times(weight)
        with np.errstate(over="ignore"), pytest.raises(InvalidReward, match=r"got (nan|inf) for state .*2"):
            strong.finite(strong(states), states)


@pytest.mark.parametrize("values", [[[1.0]], [1.0, np.nan], [np.inf], 3.0])
def test_a_table_that_is_none_is_refused(values: Any) -> None:
    with pytest.raises(BadInput, match=r"potential 'level': got a table of shape .*, expected \[S\] finite numbers"):
        Potential.from_table(values, name="level")


def test_a_potential_never_hands_out_what_it_was_given() -> None:
    seen = np.array([[1.0], [2.0]])
    values = Potential("itself", lambda batch: batch[:, 0], "observation")(seen)
    seen[:] = 9
    assert values.tolist() == [1, 2]


@pytest.mark.parametrize("kind", [Potential, ScheduledPotential])
def test_a_potential_that_reads_what_there_is_not_is_refused_when_it_is_made(kind: Any) -> None:
    # It would have been given the state, and the error would have told its author to write what was meant.
    with pytest.raises(BadInput, match=r"potential 'tilt'.reads: got 'observations', .* did you mean 'observation'\?"):
        kind("tilt", lambda batch: batch[:, 0], "observations")
    with pytest.raises(BadInput, match=r"potential 'tilt'.function: got 3, expected a function"):
        kind("tilt", 3, "observation")


def test_so_is_a_bonus() -> None:
    with pytest.raises(BadInput, match=r"bonus 'kill'.reads: got 'event', .* did you mean 'events'\?"):
        Bonus("kill", "event", lambda events: events["kill"])  # type: ignore[arg-type]


def test_numbers_that_are_none_are_refused() -> None:
    for values, told in (([1j], "complex128"), (["high"], "<U4")):
        with pytest.raises(InvalidReward, match=rf"potential 'odd': got {told}, expected numbers"):
            Potential("odd", lambda batch, values=values: values, "state")(np.zeros(1))


def test_a_function_of_one_observation_is_told_that_it_is_given_batches() -> None:
    tilt = Potential("tilt", lambda observation: -abs(observation[2]), "observation")
    with pytest.raises(IndexError) as raised:
        tilt(np.zeros((1, 4)))
    assert raised.value.__notes__ == [
        "potential 'tilt': it is given a batch of observations, here of shape (1, 4), and returns one number for each"
    ]
