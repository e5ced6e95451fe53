"""Two sides beside each other: what counts as equal, and that a difference is seen."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.audit.identities.fixed_point import fixed_point, iterated
from rewardlab.audit.identities.identity import checked_arrays, compared
from rewardlab.errors import BadInput, RunFailed


def test_a_difference_is_seen_and_placed() -> None:
    identity = compared([[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [3.5, 4.0]])
    assert (identity.deviation, identity.holds, identity.worst) == (0.5, False, (1, 0))


def test_rounding_is_relative_to_what_is_large() -> None:
    assert compared([1e9], [1e9 + 0.5]).holds
    assert not compared([1.0], [1.0 + 1e-8]).holds
    assert compared([1.0], [1.0 + 1e-8], tolerance=1e-7).holds


def test_what_is_not_finite_never_holds() -> None:
    for bad in (np.nan, np.inf):
        identity = compared([0.0, bad], [0.0, 1.0])
        assert (identity.holds, identity.deviation, identity.worst) == (False, np.inf, (1,))


def test_nothing_and_single_numbers() -> None:
    assert compared([], []).holds
    assert compared([], []).worst == ()
    assert (compared(1.0, 2.0).deviation, compared(1.0, 2.0).worst) == (1.0, ())
    with pytest.raises(BadInput, match=r"identity: got shapes \(1,\) and \(2,\)"):
        compared([1], [1, 2])


def test_all_arguments_are_checked_at_once() -> None:
    with pytest.raises(BadInput) as refused:
        checked_arrays({"one": ([1, 2], (3,)), "two": ([np.inf], (-1,)), "three": ([[1]], (-1, 1)), "four": (1, (1,))})
    assert [problem.where for problem in refused.value.problems] == ["one", "two", "four"]
    with pytest.raises(BadInput) as refused:
        checked_arrays({"rows": ([[1, 2], [3]], (-1, -1)), "words": ("abc", (-1,)), "right": ([1], (1,))})
    assert [problem.where for problem in refused.value.problems] == ["rows", "words"]


def test_an_iteration_rests_explodes_or_runs_out() -> None:
    start = np.array([1.0])
    rests = iterated(lambda x: 0.5 * x + 1, start, sweeps=1000)
    assert (rests.settled, rests.diverged, rests.values[0]) == (True, False, pytest.approx(2))
    explodes = iterated(lambda x: -2.0 * x, start, sweeps=1000)
    assert (explodes.settled, explodes.diverged) == (False, True)
    swings = iterated(lambda x: -x, start, sweeps=50)
    assert (swings.settled, swings.diverged, swings.sweeps, swings.change) == (False, False, 50, 2.0)
    with pytest.raises(RunFailed, match="still moving by 2 after 50 sweeps"):
        fixed_point(lambda x: -x, start, sweeps=50)


def test_large_rewards_are_no_explosion() -> None:
    rests = iterated(lambda x: 0.5 * x + 1e15, np.zeros(1), sweeps=1000)
    assert (rests.settled, rests.values[0]) == (True, pytest.approx(2e15))
