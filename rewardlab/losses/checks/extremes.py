"""Does a logarithm of 0 lurk? The predictions are driven to the edge, in the dtype that training will use."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from rewardlab.losses.checks.finding import LossFinding, LossLevel, answer, not_asked
from rewardlab.losses.checks.subject import Subject, called, one_number

__all__ = ["extremes"]

_LOGITS = (20.0, 100.0, 1e4)
_Seen = tuple[str, float, bool]


def extremes(subject: Subject, dtype: torch.dtype) -> LossFinding:
    """Are value and gradient finite for the most extreme predictions that mean something?

    Args:
        subject: The loss and a batch.
        dtype: The dtype that predictions have in training.
    """
    name = "extremes"
    if subject.kind == "other":
        return not_asked(name, "nothing is known of what an extreme prediction is; pass kind=...")
    seen = [_tried(subject, words, predicted.to(dtype)) for words, predicted in _edges(subject)]
    refused = [words for words, value, _ in seen if value == -math.inf]
    spoilt = [line for each in seen if (line := _spoilt(each))]
    if not seen:
        return not_asked(name, "no target says one thing for certain")
    if spoilt:
        cause = (
            "log(0), 0 * inf or a square root at 0; use a form that takes logits (softplus, log-sum-exp, log_softmax)"
        )
        # At a probability of exactly 0 an infinite loss is the truth, and still stops a training.
        only_infinite = subject.kind == "probability" and all("the loss is inf" in line for line in spoilt)
        level: LossLevel = "caution" if only_infinite else "fault"
        return answer(name, level, "they are not", cause, spoilt[:6])
    tail = f"; refused: {', '.join(refused)}" if refused else ""
    return answer(name, "fine", f"they are at all {len(seen)} tried, in {str(dtype)[6:]}{tail}")


def _edges(subject: Subject) -> list[tuple[str, Tensor]]:
    if subject.kind == "number":
        scale = max(1.0, float(subject.target.double().abs().max()))
        target = subject.target
        errors = [(f"error {size:g}", target + size) for size in (1e3 * scale, -1e3 * scale, 1e-12 * scale)]
        return [*errors, ("no error", target.clone())]
    hard = subject.hard
    if hard.shape != subject.target.shape or not bool(hard.any()):
        return []
    # Labels that say nothing for certain take part as they are; only where the others stand matters.
    labels = torch.where(hard, subject.target, subject.target[hard][0])
    if subject.kind == "probability":
        return [(f"probability of the truth {p:g}", subject.towards(labels, p)) for p in (0.0, 1e-30, 1.0)]
    if subject.kind == "log_probabilities":
        return [
            (f"lead of the truth {sign * size:g}", subject.towards(labels, sign * size)) for size, sign in _signed()
        ]
    return [(f"logit of the truth {sign * size:g}", subject.towards(labels, sign * size)) for size, sign in _signed()]


def _signed() -> list[tuple[float, float]]:
    return [(size, sign) for size in _LOGITS for sign in (1.0, -1.0)]


def _tried(subject: Subject, words: str, predicted: Tensor) -> _Seen:
    """The value, minus infinity for one that is refused, and whether the gradient is finite."""
    leaf = predicted.clone().requires_grad_()
    target = subject.target
    hard = subject.hard
    if subject.kind != "number":
        target = torch.where(hard, target, target[hard][0])
    target = target.to(predicted.dtype) if target.is_floating_point() else target
    with torch.enable_grad():
        try:
            loss = one_number(called(subject.given, leaf, target, subject.seed))
        except Exception:
            return words, -math.inf, True
        try:
            slope = torch.autograd.grad(loss, leaf)[0] if loss.requires_grad else None
        except Exception:
            # That there is no derivative is told by the finding ``gradient``.
            slope = None
    return words, loss.item(), slope is None or bool(torch.isfinite(slope).all())


def _spoilt(seen: _Seen) -> str:
    words, value, finite = seen
    if math.isnan(value) or value == math.inf:
        return f"at {words} the loss is {value}"
    return "" if finite else f"at {words} the loss is {value:.6g} and the gradient is not finite"
