"""Does a better prediction cost less, as far out as a model can go?

A ladder of predictions leads from confidently wrong to right, and each rung must cost less than the one before. It is
climbed for each label alone: a loss that forgot one of them still falls on a batch of both. A flat stretch is as much
a fault as a rise, for there the gradient is 0: clipping probabilities at 1e-7 makes one from logits of 16.1 on.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from rewardlab.losses.checks.finding import LossFinding, answer, not_asked
from rewardlab.losses.checks.subject import Subject

__all__ = ["Ladder", "better_costs_less", "direction", "ladders_of", "plateau"]

_LOGITS = (-1e4, -1e3, -100.0, -50.0, -30.0, -20.0, -10.0, -5.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0)
_PROBABILITIES = (1e-15, 1e-10, 1e-6, 1e-3, 0.01, 0.1, 0.3, 0.5, 0.7)
_ERRORS = (1e4, 1e3, 100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.0)
_MOST_LABELS = 10


@final
@dataclass(frozen=True, slots=True)
class Ladder:
    """Predictions from wrong to right, and what each costs.

    Attributes:
        of: The label, or the side, that it is climbed for.
        rungs: The predictions, in logits of the truth, its probability, or errors in units of the targets' spread.
        costs: The loss of each; NaN where the loss refuses it.
    """

    of: str
    rungs: Sequence[float]
    costs: Sequence[float]


def ladders_of(subject: Subject) -> list[Ladder]:
    """Climb from wrong to right, once for each label, or for errors to each side; nothing where no kind is known."""
    if subject.kind == "number":
        target = subject.target
        scale = max(_spread(target), 1e-3 * float(target.double().abs().max()), 1e-6)
        return [
            Ladder(words, _ERRORS, [subject.value(target + sign * e * scale, target) for e in _ERRORS])
            for words, sign in (("too high", 1.0), ("too low", -1.0))
        ]
    hard = subject.hard
    if subject.kind == "other" or hard.shape != subject.target.shape:
        return []
    # In single precision 1 - 1e-10 is 1, and a loss that says the same of both is not to blame.
    least = 4 * torch.finfo(subject.predicted.dtype).eps
    rungs = tuple(rung for rung in _PROBABILITIES if rung > least) if subject.kind == "probability" else _LOGITS
    found = []
    for label in torch.unique(subject.target[hard])[:_MOST_LABELS]:
        rows = _rows_of(subject.target, label)
        costs = [subject.value(subject.towards(rows, rung), rows) for rung in rungs]
        found.append(Ladder(f"target {label.item():g}", rungs, costs))
    return found


def direction(subject: Subject, ladders: Sequence[Ladder]) -> LossFinding:
    """Does a better prediction lower the loss?

    Args:
        subject: The loss.
        ladders: What `ladders_of` found.
    """
    name = "direction"
    if not ladders:
        return not_asked(name, _reason(subject))
    rises = [line for ladder in ladders for line in _lines(ladder, _rises(ladder))]
    if rises:
        cause = "a sign, or predictions of another kind than the loss wants: pass kind=... if they were misread"
        return answer(name, "fault", "a better prediction costs more", cause, rises[:6])
    first, last = (f"{ladders[0].costs[place]:.4g}" for place in (0, -1))
    words = f"it falls from the worst to the best of {len(ladders[0].rungs)} predictions, {first} to {last}"
    return answer(name, "fine", words, _turning(subject))


def plateau(subject: Subject, ladders: Sequence[Ladder]) -> LossFinding:
    """Is there a flat stretch, where a better prediction costs the same and nothing is learned?

    Args:
        subject: The loss.
        ladders: What `ladders_of` found.
    """
    name = "plateau"
    if not ladders:
        return not_asked(name, _reason(subject))
    flat = [line for ladder in ladders for line in _lines(ladder, _flat(ladder))]
    # Near the truth a loss may be as low as it gets, as a hinge is; halfway there it may not.
    bottom = [line for ladder in ladders for line in _lines(ladder, _bottom(ladder, subject.kind))]
    high = [line for line in flat if line not in bottom]
    near = [line for ladder in ladders for line in _lines(ladder, _flat(ladder, _far(subject))) if line not in bottom]
    cause = (
        "clipped probabilities or a capped error: what is most wrong teaches nothing; compute from logits, unclipped"
    )
    if near:
        return answer(name, "fault", "a better prediction costs the same", cause, near[:6])
    if high:
        return answer(name, "caution", "far out, a better prediction costs the same", cause, high[:6])
    if bottom and subject.kind == "number":
        cause = "small errors cost nothing, as in a loss with a dead zone around the target"
        return answer(name, "caution", "the last steps to the truth are not rewarded", cause, bottom[:6])
    cause = "beyond a margin there is nothing left to gain, as in a hinge" if bottom else ""
    return answer(name, "fine", "every step from wrong to right is rewarded", cause, bottom[:6])


def better_costs_less(subject: Subject, better: Tensor) -> LossFinding:
    """Does a prediction that the user knows to be better cost less than the one given?

    Args:
        subject: The loss and the batch.
        better: Predictions of the same shape.
    """
    name = "better"
    worse, costs = (subject.value(each, subject.target) for each in (subject.predicted, better.to(subject.predicted)))
    words = f"the better prediction costs {costs:.6g}, the other {worse:.6g}"
    if costs < worse:
        return answer(name, "fine", words)
    return answer(name, "fault", words, "a sign, swapped arguments, or a loss that is flat here")


def _rows_of(target: Tensor, label: Tensor) -> Tensor:
    """A batch of that label alone, in the shape that the loss is used to."""
    count = int((target == label).sum())
    return label.expand(min(count, 8), *target.shape[1:]).clone()


def _rises(ladder: Ladder) -> list[int]:
    # A rise has to be more than rounding; a stretch is flat only if nothing at all changes.
    return [
        step
        for step, (before, after) in enumerate(itertools.pairwise(ladder.costs))
        if math.isfinite(before) and after > before + 1e-9 * max(abs(before), abs(after))
    ]


def _flat(ladder: Ladder, within: float = math.inf) -> list[int]:
    return [
        step
        for step, (before, after) in enumerate(itertools.pairwise(ladder.costs))
        if before == after and math.isfinite(before) and abs(ladder.rungs[step]) <= within
    ]


def _bottom(ladder: Ladder, kind: str) -> list[int]:
    """The flat steps at the lowest cost, if they lie on the right side of a ladder that has led down to it."""
    least, most = min(ladder.costs), max(ladder.costs)
    right = {step for step in _flat(ladder) if least == ladder.costs[step] == ladder.costs[-1] < most}
    rungs = [ladder.rungs[step] for step in right]
    near = all(abs(rung) <= 0.3 for rung in rungs) if kind == "number" else all(rung >= 0.0 for rung in rungs)
    return sorted(right) if near else []


def _lines(ladder: Ladder, steps: Sequence[int]) -> list[str]:
    return [
        f"{ladder.of}: from {ladder.rungs[step]:g} to {ladder.rungs[step + 1]:g} "
        f"the loss goes {ladder.costs[step]:.6g} -> {ladder.costs[step + 1]:.6g}"
        for step in steps
    ]


def _far(subject: Subject) -> float:
    """How far out a stretch may be flat before it matters less: in logits, and in errors of the size of the spread."""
    return 1.0 if subject.kind == "probability" else 30.0


def _turning(subject: Subject) -> str:
    """Whether the loss rises again beyond what it was climbed to, as it does with smoothed labels."""
    if subject.kind not in ("logit", "classes"):
        return ""
    rows = subject.target[subject.hard].reshape(-1)[:1]
    rows = rows.expand(8, *subject.target.shape[1:]).clone()
    sure = [subject.value(subject.towards(rows, confidence), rows) for confidence in (1.0, 3.0, 10.0, 100.0)]
    turns = any(after > before + 1e-9 * abs(before) for before, after in itertools.pairwise(sure))
    return (
        "it rises again where predictions are almost certain: it asks for less, as smoothed labels do" if turns else ""
    )


def _spread(target: Tensor) -> float:
    return float(target.double().std()) if target.numel() > 1 else 0.0


def _reason(subject: Subject) -> str:
    if subject.kind == "other":
        return "nothing is known of what is better; pass kind=..., or better=a prediction that you know to be better"
    return "no target says one thing for certain"
