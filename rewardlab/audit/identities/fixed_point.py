"""Where a learner comes to rest: its update of all entries at once, repeated until nothing moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import RunFailed

__all__ = ["FixedPoint", "fixed_point", "iterated"]

_STILL = 1e-12
"""The largest change of a sweep that counts as rounding, relative to the largest entry or to 1."""

_ABSURD = 1e12
"""An estimate that has grown so many times past its first two values, or past 1, is not coming back."""


@final
@dataclass(frozen=True, slots=True)
class FixedPoint:
    """How a repeated update ended.

    Attributes:
        values: ``[...]`` the last estimate.
        sweeps: How often the update was made.
        change: The largest change of the last sweep.
        settled: Whether it came to rest.
        diverged: Whether it grew beyond all bounds. Both are False where the sweeps ran out first.
    """

    values: NDArray[np.float64]
    sweeps: int
    change: float
    settled: bool
    diverged: bool


def iterated(
    update: Callable[[NDArray[np.float64]], NDArray[np.float64]], start: NDArray[np.float64], *, sweeps: int
) -> FixedPoint:
    """Repeat an update until nothing moves, everything explodes, or the sweeps run out.

    Args:
        update: From an estimate to the next one, of the same shape.
        start: The first estimate.
        sweeps: The most updates to make, at least 1.
    """
    values, change, before, limit = start, np.inf, np.inf, np.inf
    for sweep in range(1, sweeps + 1):
        updated = update(values)
        before, change = change, float(np.abs(updated - values).max(initial=0.0))
        values = updated
        largest = float(np.abs(values).max(initial=0.0))
        if sweep == 1:
            limit = _ABSURD * max(1.0, largest, float(np.abs(start).max(initial=0.0)))
        # Rounding keeps slow iterations moving for ever, so rest is where a small change no longer becomes smaller.
        if change == 0.0 or before <= change <= _STILL * max(1.0, largest):
            return FixedPoint(values, sweep, change, settled=True, diverged=False)
        if not largest <= limit:
            return FixedPoint(values, sweep, change, settled=False, diverged=True)
    return FixedPoint(values, sweeps, change, settled=False, diverged=False)


def fixed_point(
    update: Callable[[NDArray[np.float64]], NDArray[np.float64]], start: NDArray[np.float64], *, sweeps: int = 50_000
) -> NDArray[np.float64]:
    """Where an update comes to rest that is sure to do so.

    Raises:
        RunFailed: It did not within the sweeps, because the discount is too near to 1.
    """
    found = iterated(update, start, sweeps=sweeps)
    if not found.settled:
        raise RunFailed(
            f"fixed point: still moving by {found.change:.3g} after {found.sweeps} sweeps, expected rest; "
            "the discount is too near to 1"
        )
    return found.values
