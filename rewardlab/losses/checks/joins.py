"""Do the branches of a loss meet? Value and slope are followed along a line, and every step is looked into.

A continuous function changes less and less in an interval that is halved again and again; where it does not, and it is
more than rounding, there is a jump. In the value a jump is a fault. In the slope it is a corner: harmless where the
slope rises, as in absolute error or a hinge, and suspicious where it falls as the error grows, as where two branches do
not fit.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import torch

from rewardlab.losses.checks.finding import LossFinding, answer, not_asked
from rewardlab.losses.checks.subject import Subject

__all__ = ["joins"]

_POINTS = 65
_HALVINGS = 40
_MOST_LOOKED_INTO = 6


def joins(subject: Subject, *, capped: bool = False) -> LossFinding:
    """Do the branches of the loss meet in value and in slope?

    Args:
        subject: The loss.
        capped: A plateau was found already, so that the corner at its edge is no news.
    """
    name = "joins"
    lines = _lines(subject)
    if not lines:
        return not_asked(name, "nothing is known of what a line of predictions is; pass kind=...")
    precision = subject.precision()
    jumps, corners = [], []
    for words, at, reach in lines:
        value, slope = at
        jumps += [
            f"{words}: at {place:.6g} the value jumps by {by:+.6g}" for place, by in _jumps(value, reach, precision)
        ]
        corners += [(words, place, by) for place, by in _jumps(slope, reach, precision)]
    if jumps:
        cause = "two branches do not meet; write both down at the join, and make them equal there"
        return answer(name, "fault", "the value jumps", cause, jumps[:4])
    told = [f"{words}: at {place:.6g} the slope jumps by {by:+.6g}" for words, place, by in corners]
    if any(by < 0 for _, _, by in corners) and not capped:
        cause = "a slope that falls as the error grows: two branches do not fit, or the loss is capped"
        return answer(name, "caution", "the slope jumps downwards", cause, told[:4])
    words = "value and slope are continuous" if not told else "the value is continuous"
    return answer(
        name,
        "fine",
        words,
        "corners such as those of absolute error, a hinge or a cap" if told else "",
        told[:4],
    )


_Functions = tuple[Callable[[float], float], Callable[[float], float]]


def _lines(subject: Subject) -> list[tuple[str, _Functions, float]]:
    if subject.kind == "number":
        target = subject.target.reshape(-1)[:1].expand(subject.target[:1].shape)
        spread = float(subject.target.double().std()) if subject.target.numel() > 1 else 1.0
        reach = 10.0 * max(spread, 1.0)
        return [("error", _along(subject, target, target, torch.ones_like(target)), reach)]
    if subject.kind != "logit":
        return []
    lines = []
    for label in torch.unique(subject.target[subject.hard]):
        target = label.expand(subject.target[:1].shape)
        start = torch.zeros_like(target, dtype=subject.predicted.dtype)
        lines.append((f"target {label.item():g}, logit", _along(subject, target, start, torch.ones_like(start)), 40.0))
    return lines


def _along(subject: Subject, target: torch.Tensor, start: torch.Tensor, step: torch.Tensor) -> _Functions:
    start, step = start.to(subject.predicted.dtype), step.to(subject.predicted.dtype)

    def value(place: float) -> float:
        return subject.value(start + place * step, target)

    def slope(place: float) -> float:
        found = subject.slope(start + place * step, target)
        return math.nan if found is None else float((found * step).sum())

    return value, slope


def _jumps(function: Callable[[float], float], reach: float, precision: float) -> list[tuple[float, float]]:
    """The places where a function jumps, and by how much, from a grid that holds 0 inside of an interval."""
    points = [reach * (2 * place / (_POINTS - 1) - 1 + 1e-3) for place in range(_POINTS)]
    values = [function(point) for point in points]
    if not all(map(math.isfinite, values)):
        return []
    changes = [abs(after - before) for before, after in itertools.pairwise(values)]
    least = max(1e-7, 4 * precision) * max(1e-9, *map(abs, values))
    least = max(least, _rounding(function, points))
    usual = sorted(changes)[len(changes) // 2]
    looked = sorted(range(len(changes)), key=lambda place: -_surprise(changes, place, usual))[:_MOST_LOOKED_INTO]
    found = []
    for place in sorted(looked):
        if changes[place] > least:
            enough = max(least, 0.1 * _surprise(changes, place, usual))
            low, high, by = _narrowed(function, points[place], points[place + 1], enough)
            if abs(by) > enough:
                found.append(((low + high) / 2, by))
    return found


def _rounding(function: Callable[[float], float], points: list[float]) -> float:
    """By how much a function is rounded: what is left of it where it is all but straight."""
    step = 1e-6 * (points[-1] - points[0])
    bends = [abs(function(at - step) - 2 * function(at) + function(at + step)) for at in points[::4]]
    # The largest may be a jump that happens to lie there.
    return 4 * sorted(bends)[-2]


def _surprise(changes: list[float], place: int, usual: float) -> float:
    """By how much a change is larger than those beside it."""
    beside = [changes[other] for other in (place - 1, place + 1) if 0 <= other < len(changes)]
    return changes[place] - min(beside, default=usual)


def _narrowed(function: Callable[[float], float], low: float, high: float, enough: float) -> tuple[float, float, float]:
    """Halve an interval, keeping the half that changes more: what is left of the change is the jump."""
    at_low, at_high = function(low), function(high)
    for _ in range(_HALVINGS):
        if abs(at_high - at_low) <= enough:
            break
        middle = (low + high) / 2
        at_middle = function(middle)
        if abs(at_middle - at_low) >= abs(at_high - at_middle):
            high, at_high = middle, at_middle
        else:
            low, at_low = middle, at_middle
    return low, high, at_high - at_low
