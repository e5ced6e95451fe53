"""What the loss comes to for a model that knows nothing: ln 2 for two labels, ln C for C classes, times the weights."""

from __future__ import annotations

import math

import torch

from rewardlab.losses.checks.finding import LossFinding, answer, not_asked
from rewardlab.losses.checks.subject import Subject

__all__ = ["no_knowledge", "value_of_no_knowledge"]


def value_of_no_knowledge(subject: Subject) -> float | None:
    """The loss of predictions that say nothing: logits of 0, probabilities of a half, equal scores, the mean target.

    Args:
        subject: The loss and a batch.
    """
    if subject.kind == "other":
        return None
    zero = torch.zeros_like(subject.predicted)
    if subject.kind == "log_probabilities":
        zero -= math.log(subject.classes)
    elif subject.kind == "probability":
        zero += 0.5
    elif subject.kind == "number":
        zero = zero + subject.target.double().mean().to(zero.dtype)
    value = subject.value(zero, subject.target)
    return value if math.isfinite(value) else None


def no_knowledge(subject: Subject, expected: float | None) -> LossFinding:
    """What does the loss come to for a prediction that says nothing, and is that what was expected?

    Args:
        subject: The loss and a batch.
        expected: The value that the user expects, or None.
    """
    name = "no_knowledge"
    value = value_of_no_knowledge(subject)
    if value is None:
        return not_asked(name, "nothing is known of what a prediction says, or the loss fails there")
    if expected is not None and not math.isclose(value, expected, rel_tol=1e-3, abs_tol=1e-9):
        cause = "a weight, a factor, a sum instead of a mean, or another loss than was meant"
        return answer(name, "fault", f"it is {value:.6g}, and {expected:.6g} was expected", cause)
    if expected is not None:
        return answer(name, "fine", f"it is {value:.6g}, as expected")
    if subject.kind == "number":
        return answer(name, "fine", f"it is {value:.6g} for the mean of the targets")
    classes = subject.classes if subject.kind in ("classes", "log_probabilities") else 2
    plain = math.log(classes)
    words = f"it is {value:.6g}, {value / plain:.4g} times ln {classes}, which is a plain cross-entropy's"
    if value < 0:
        return answer(name, "caution", words, "a cross-entropy is never below 0: is a sign missing?")
    meant = "weights, a focal factor, smoothed labels, or a sum" if not math.isclose(value, plain, rel_tol=1e-3) else ""
    return answer(name, "fine", words, meant)
