"""What is odd in a training that came to its end: read from its learning curve, told beside the results.

None of it makes a result wrong, and none of it is kept: it is read anew from the curve whenever a table is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

__all__ = ["GROWTH", "LEAST_POINTS", "training_notes"]

GROWTH = 1e3
"""By how much a number may grow from the first quarter of a training to its last and be nothing to tell."""

LEAST_POINTS = 8
"""The points of a curve that are worth reading."""

_Point = Mapping[str, Any]


def training_notes(curve: Sequence[_Point]) -> list[str]:
    """What is odd, each a clause; empty if nothing is.

    - *stalled*: the objective of the training episodes never changed, and no more did that of the policy as it stood;
    - *reward scale*: what is paid for a step grew a thousandfold or more, in size;
    - *value gradient*: so did the gradient at the value head, before it is clipped.

    Args:
        curve: The points that `rewardlab.agents.curve_recorder.CurveRecorder` makes.
    """
    if len(curve) < LEAST_POINTS:
        return []
    notes = []
    seen = {(point["objective"], point.get("evaluated", point["objective"])) for point in curve}
    if len(seen) == 1:
        notes.append("nothing changed: the objective was the same from the first episodes to the last")
    for what, size in _SIZES.items():
        first, last = _quarters([size(point) for point in curve if size(point) is not None])
        # Below 1 it is growth out of nothing: a reward that is found late.
        if last > GROWTH * max(first, 1.0):
            notes.append(f"{what} grew from {first:.2g} to {last:.2g}: is something not scaled, or does it diverge?")
    return notes


def _paid(point: _Point) -> float | None:
    return abs(point["paid"]) / point["length"] if point["length"] else None


def _gradient(point: _Point) -> float | None:
    norm: float | None = point.get("value_gradient_norm")
    return norm


_SIZES: dict[str, Callable[[_Point], float | None]] = {
    "the reward of a step": _paid,
    "the gradient at the value head": _gradient,
}


def _quarters(values: Sequence[float | None]) -> tuple[float, float]:
    """The medians of the first quarter and of the last; 0 of nothing."""
    known = [value for value in values if value is not None]
    part = max(1, len(known) // 4)
    return (median(known[:part]), median(known[-part:])) if known else (0.0, 0.0)
