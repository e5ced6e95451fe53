"""The gradient of a loss by its predictions: is there one, is it true, and is it zero where it should not be?

An optimiser sees nothing but the gradient. It is compared with differences of the loss itself, to the left and to the
right: at a corner any slope between the two is right. How far the two are apart follows from how finely the loss
computes: many turn targets to single precision on their way. A gradient of zero is fine at an optimum, and only there;
that is told by moving away.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rewardlab.losses.checks.finding import LossFinding, answer, not_asked
from rewardlab.losses.checks.subject import Subject

__all__ = ["gradient", "gradient_check"]

_ELEMENTS = 24
_STEPS = (1e-5, 2e-3)
"""How far an element is moved, in units of its size: for losses in double and in single precision."""


def gradient(subject: Subject) -> LossFinding:
    """Is there a gradient, finite, and not zero?"""
    name = "gradient"
    slope = subject.slope(subject.predicted, subject.target)
    if slope is None:
        cause = "look for .detach(), .item(), argmax, comparisons and rounding on the way"
        return answer(name, "fault", "no gradient reaches the predictions", cause)
    spoilt = int((~torch.isfinite(slope)).sum())
    if spoilt:
        cause = "torch.where differentiates both branches: a branch that is not used may still be infinite"
        return answer(name, "fault", f"{spoilt} of {slope.numel()} are not finite", cause)
    dead = _dead_share(slope)
    if bool((slope != 0).any()):
        words = f"it is finite, of size {float(slope.norm()):.3g}; zero for {dead:.0%} of the elements"
        return answer(name, "fine", words)
    return _where_all_are_zero(subject, name)


def gradient_check(subject: Subject) -> LossFinding:
    """Does the gradient agree with differences of the loss?"""
    name = "gradient_check"
    if subject.predicted.dtype != torch.float64:
        return not_asked(name, "the loss does not compute in double precision")
    slope = subject.slope(subject.predicted, subject.target)
    start = subject.value(subject.predicted, subject.target)
    if slope is None or not bool(torch.isfinite(slope).all()) or start != start:
        return not_asked(name, "there is no finite gradient to compare")
    if subject.value(subject.predicted, subject.target) != start:
        return not_asked(name, "the loss is another one each time it is called")
    rounding, usual = _rounding(subject), float(slope.abs().max())
    fine = [step for step in _STEPS if rounding <= 1e-4 * usual * step]
    step = fine[0] if fine else _STEPS[-1]
    if rounding > 0.1 * usual * step:
        return not_asked(name, "the loss is rounded too coarsely for differences")
    count = subject.predicted.numel()
    places = torch.randperm(count, generator=subject.generator)[:_ELEMENTS]
    wrong = [line for place in places.tolist() if (line := _difference(subject, slope, start, place, step, rounding))]
    tried = len(places)
    if not wrong:
        return answer(name, "fine", f"it does at {tried} of {count} elements, chosen at random")
    cause = "a part of the loss is detached, rounded, or has a backward of its own that is wrong"
    return answer(name, "fault", f"it does not at {len(wrong)} of {tried} elements", cause, wrong[:4])


def _rounding(subject: Subject) -> float:
    """By how much the loss is rounded: what its dtype says, or what is seen of it where it is all but straight."""
    predicted, sizes = subject.predicted, subject.predicted.abs().clamp(min=1.0)
    start, generator = subject.value(predicted, subject.target), torch.Generator().manual_seed(subject.seed)
    found = [subject.precision() * abs(start)]
    for _ in range(6):
        noise = torch.randn(predicted.shape, generator=generator, dtype=predicted.dtype) * sizes * 1e-7
        left, right = (subject.value(predicted + sign * noise, subject.target) for sign in (-1, 1))
        found.append(abs(left - 2 * start + right))
    return 4 * max(found)


def _difference(subject: Subject, slope: Tensor, start: float, place: int, step: float, rounding: float) -> str:
    """A line if the slope at an element is not between the differences to its left and right; else nothing."""
    flat = subject.predicted.reshape(-1)
    step *= max(1.0, abs(float(flat[place])))
    moved = []
    for sign in (-1.0, 1.0):
        shifted = flat.clone()
        shifted[place] += sign * step
        moved.append(subject.value(shifted.reshape(subject.predicted.shape), subject.target))
    left, right = (start - moved[0]) / step, (moved[1] - start) / step
    said = float(slope.reshape(-1)[place])
    # Differences are no better than the rounding of what is subtracted, divided by the step.
    slack = 1e-4 * max(abs(left), abs(right), abs(said)) + (1e-14 * max(1e-3, abs(start)) + rounding) / step
    if min(left, right) - slack <= said <= max(left, right) + slack:
        return ""
    return f"element {place}: the gradient says {said:.6g}, differences say {left:.6g} and {right:.6g}"


def _where_all_are_zero(subject: Subject, name: str) -> LossFinding:
    start = subject.value(subject.predicted, subject.target)
    scale = float(subject.predicted.std()) if subject.predicted.numel() > 1 else 1.0
    steps = [size * max(scale, 1e-3) for size in (1e-3, 1e-1, 1.0)]
    noise = torch.randn(subject.predicted.shape, generator=subject.generator, dtype=subject.predicted.dtype)
    moved = [
        subject.value(subject.predicted + sign * step * noise, subject.target) for step in steps for sign in (1, -1)
    ]
    if all(value > start for value in moved):
        return answer(name, "fine", "it is zero, at an optimum: every move tried makes the loss larger")
    if any(value != start for value in moved):
        cause = "the loss changes where the gradient says that it does not: rounding, comparisons, or a detached part"
        return answer(name, "fault", "it is zero, and the loss changes all the same", cause)
    cause = "a flat stretch: clipping, saturation, or predictions that the loss does not use"
    return answer(name, "fault", "it is zero, and moving the predictions changes nothing", cause)


def _dead_share(slope: Tensor) -> float:
    return float((slope == 0).double().mean())
