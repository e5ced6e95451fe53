"""What goes into the loss and what comes out: a scalar with a graph, from shapes and dtypes that belong together."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rewardlab.losses.checks.finding import LossFinding, LossLevel, answer, not_asked
from rewardlab.losses.checks.kinds import LossCall
from rewardlab.losses.checks.subject import Subject, called, one_number

__all__ = ["broadcasting", "returned_value", "target_dtypes"]

_ELEMENTWISE = ("number", "logit", "probability")


def returned_value(loss: LossCall, predicted: Tensor, target: Tensor, seed: int) -> LossFinding:
    """Does the loss return a finite scalar that gradients can flow back from?

    Args:
        loss: The loss as it was given.
        predicted: Predictions in their own dtype, without a graph.
        target: Their targets.
        seed: Where a loss that draws random numbers begins.
    """
    name = "returned_value"
    try:
        with torch.enable_grad():
            returned = called(loss, predicted.detach().clone().requires_grad_(), target, seed)
    except Exception as error:
        words = f"it raised {type(error).__name__} on the batch as given: {_short(error)}"
        return answer(name, "fault", words, _why_raised(loss, predicted, target, seed))
    if not isinstance(returned, Tensor):
        cause = "no gradient can flow from a number; do without .item() and float()"
        return answer(name, "fault", f"it returned a {type(returned).__name__}, not a tensor", cause)
    if not returned.requires_grad:
        cause = "look for .detach(), .item(), numpy(), torch.no_grad(), comparisons and rounding on the way"
        return answer(name, "fault", "what it returned is detached from the predictions", cause)
    value = one_number(returned).item()
    if not math.isfinite(value):
        cause = "look for a logarithm of 0, a division by 0, or an exponential that overflows"
        return answer(name, "fault", f"it is {value} on the batch as given", cause)
    if returned.numel() > 1 and returned.shape.numel() > max(predicted.shape.numel(), target.shape.numel()):
        cause = "more values than there are predictions: something was broadcast"
        return answer(name, "fault", f"it returned values of shape {tuple(returned.shape)}", cause)
    if returned.ndim:
        cause = "fine if you reduce them yourself; backward() wants a scalar. Here their mean is examined"
        level: LossLevel = "fine" if getattr(loss, "reduction", "") == "none" else "caution"
        return answer(name, level, f"it returned values of shape {tuple(returned.shape)}", cause)
    return answer(name, "fine", f"a scalar, {value:.6g} on the batch as given")


def broadcasting(subject: Subject, predicted: Tensor, target: Tensor) -> LossFinding:
    """Would a column of predictions against a row of targets pass, and did one?

    Args:
        subject: The loss.
        predicted: The predictions as they were given.
        target: The targets as they were given.
    """
    name = "broadcasting"
    if subject.kind not in _ELEMENTWISE:
        return not_asked(name, "the loss does not compare element by element")
    cause = "squeeze or reshape one of them; the losses in rewardlab.losses.modules refuse this"
    if predicted.shape != target.shape:
        shapes = f"predictions of shape {tuple(predicted.shape)} against targets of shape {tuple(target.shape)}"
        try:
            pairs = math.prod(np.broadcast_shapes(predicted.shape, target.shape))
        except ValueError:
            return answer(name, "fault", f"{shapes} do not belong together", cause)
        words = f"{shapes}: {pairs} pairs are compared instead of {max(predicted.numel(), target.numel())}"
        return answer(name, "fault", words, cause)
    rows = subject.predicted.reshape(-1)[:4]
    if rows.numel() < 2:
        return not_asked(name, "the batch has one element")
    column, row = rows[:, None], subject.target.reshape(-1)[:4]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            subject.loss(column, row)
        except Exception as error:
            return answer(name, "fine", f"it is refused ({type(error).__name__})")
    if told:
        return answer(name, "fine", "it passes, with a warning", cause)
    return answer(name, "caution", "it passes without a word, and all pairs are compared", cause)


def target_dtypes(subject: Subject) -> LossFinding:
    """Which dtypes of targets does the loss take, and does the same target cost the same in all of them?"""
    name = "target_dtypes"
    target = subject.target
    indexed = subject.kind in ("classes", "log_probabilities")
    if not bool((target == target.round()).all()) if target.is_floating_point() else False:
        return not_asked(name, "the targets are no whole numbers")
    if target.is_floating_point() and indexed:
        return not_asked(name, "the targets are shares of classes, not their indices")
    usual = subject.value(subject.predicted, target.long() if indexed else target.to(subject.predicted.dtype))
    values, refused = {}, []
    for dtype in _dtypes(subject):
        value = subject.value(subject.predicted, target.to(dtype))
        if math.isnan(value):
            refused.append(_word(dtype))
        else:
            values[_word(dtype)] = value
    other = {word: value for word, value in values.items() if not math.isclose(value, usual, rel_tol=1e-3)}
    evidence = [f"as {word}: {value:.6g}, usually {usual:.6g}" for word, value in other.items()]
    if other:
        cause = "whole numbers are computed with as such: they wrap or are cut off; convert them first"
        level: LossLevel = "fault" if _word(target.dtype) in other else "caution"
        return answer(name, level, f"as {', '.join(other)} they cost something else", cause, evidence)
    words = f"taken as {', '.join(values) or 'nothing else'}"
    return answer(name, "fine", words + (f"; refused as {', '.join(refused)}" if refused else ""))


def _dtypes(subject: Subject) -> list[torch.dtype]:
    if subject.kind in ("classes", "log_probabilities"):
        return [torch.int64, torch.int32]
    target = subject.target
    within = [torch.float32, torch.float64, torch.int64]
    if target.min() >= 0 and target.max() <= 255:
        within.append(torch.uint8)
    return [*within, torch.bool] if bool(((target == 0) | (target == 1)).all()) else within


def _why_raised(loss: LossCall, predicted: Tensor, target: Tensor, seed: int) -> str:
    """Try what is usually wrong, and say what helped."""
    trials: list[tuple[str, Any, Any]] = [
        ("targets of a floating dtype, as in target.float()", predicted, target.to(predicted.dtype)),
        ("targets that are indices, as in target.long()", predicted, target.long()),
    ]
    if predicted.numel() == target.numel():
        trials.append(("targets of the shape of the predictions", predicted, target.reshape(predicted.shape)))
    if target.shape == predicted.shape and predicted.ndim > 1:
        trials.append(("indices in place of one-hot targets, as in target.argmax(1)", predicted, target.argmax(1)))
    for words, first, second in trials:
        try:
            if math.isfinite(one_number(called(loss, first, second, seed)).item()):
                return f"it takes {words}"
        except Exception:  # noqa: S112
            continue
    return "none of the usual remedies for dtypes and shapes helped"


def _short(error: Exception) -> str:
    first = str(error).splitlines()[0] if str(error) else ""
    return first if len(first) <= 160 else first[:157] + "..."


def _word(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
