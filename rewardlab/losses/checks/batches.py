"""What a batch does to the loss: does it grow with the number of examples, and does their order matter?"""

from __future__ import annotations

import math

import torch

from rewardlab.losses.checks.finding import LossFinding, answer, not_asked
from rewardlab.losses.checks.subject import Subject, called

__all__ = ["order", "reduction"]


def reduction(subject: Subject) -> LossFinding:
    """Is the loss a mean or a sum over the batch? Told by a batch in which every example stands twice."""
    name = "reduction"
    with torch.no_grad():
        try:
            returned = called(subject.loss, subject.predicted, subject.target, subject.seed)
        except Exception:
            return not_asked(name, "the loss fails on this batch")
    if isinstance(returned, torch.Tensor) and returned.ndim:
        return answer(name, "fine", "it is not reduced: one value for each of several elements")
    once = subject.value(subject.predicted, subject.target)
    twice = subject.value(*(torch.cat([each, each]) for each in (subject.predicted, subject.target)))
    if once == 0 or not math.isfinite(twice):
        return not_asked(name, f"the loss is {once:g} on this batch, and {twice:g} on two of it")
    ratio = twice / once
    if math.isclose(ratio, 1.0, rel_tol=1e-3):
        return answer(name, "fine", "a mean: it stays the same")
    if math.isclose(ratio, 2.0, rel_tol=1e-3):
        cause = "gradients and steps grow with the batch; take the mean, or divide the learning rate"
        return answer(name, "caution", "a sum: it doubles", cause)
    cause = "neither a mean nor a sum; is something divided twice, or by a number that is not that of the examples?"
    return answer(name, "caution", f"it becomes {ratio:.4g} times as large", cause)


def order(subject: Subject) -> LossFinding:
    """Does the order of the examples matter?"""
    name = "order"
    count = subject.predicted.shape[0] if subject.predicted.ndim else 1
    if count < 2 or subject.target.shape[:1] != subject.predicted.shape[:1]:
        return not_asked(name, "the batch has no rows that could be exchanged")
    value = subject.value(subject.predicted, subject.target)
    if not math.isfinite(value):
        return not_asked(name, "the loss fails on this batch")
    orders = [torch.randperm(count, generator=subject.generator), torch.arange(count).flip(0)]
    others = [subject.value(subject.predicted[rows], subject.target[rows]) for rows in orders]
    if all(math.isclose(value, other, rel_tol=1e-5, abs_tol=1e-9) for other in others):
        return answer(name, "fine", "it does")
    words = f"it is {value:.6g} in one order and {others[-1]:.6g} in the reverse"
    cause = "predictions and targets are matched wrongly, as by a sort or a shift of one of them, or rows mix"
    return answer(name, "fault", words, cause)
