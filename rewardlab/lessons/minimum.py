"""Where a convex cost of one number is least, found from its slope alone."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["lowest"]

_HALVINGS = 64
"""More than a double has binary digits."""


def lowest(slope: Callable[[float], float], low: float, high: float) -> tuple[float, float]:
    """The least and the greatest number at which a convex cost is smallest; nearly the same where only one is.

    Args:
        slope: The derivative of the cost, which never falls.
        low: Where to look from; the slope there is below 0.
        high: Where to look to; the slope there is above 0.
    """
    return _last(lambda at: slope(at) < 0, low, high), _last(lambda at: slope(at) <= 0, low, high)


def _last(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Where what holds at first begins not to."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if holds(middle):
            low = middle
        else:
            high = middle
    return high
