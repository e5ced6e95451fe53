"""All that is asked of somebody's loss when nothing but the loss is given: batches are made for it."""

from __future__ import annotations

import inspect
import math
import warnings
from typing import Any

import torch
from torch import Tensor

from rewardlab.errors import Problem
from rewardlab.losses.checks.checking import check_loss
from rewardlab.losses.checks.finding import LossFinding
from rewardlab.losses.checks.randomness import undisturbed
from rewardlab.losses.checks.subject import called

__all__ = ["LossAnswer", "loss_answers"]

LossAnswer = tuple[str, list[Problem], list[Problem]]
"""What was asked, what is wrong, and what may be meant."""

_ROWS, _CLASSES = 16, 5
_TAKES = "it takes a batch of predictions and targets"
_MANY = ("caution", "returned_value")
_EXPECTED = {
    "returned_value": "a finite scalar with a graph",
    "kind": "a kind of prediction",
    "broadcasting": "shapes that belong together",
    "target_dtypes": "the same loss for the same target",
    "order": "the same loss in any order of the examples",
    "reduction": "the same loss when every example stands twice",
    "gradient": "a finite gradient that is zero only at an optimum",
    "gradient_check": "the gradient that differences give",
    "direction": "less loss for a better prediction",
    "plateau": "a loss that falls as predictions get better",
    "extremes": "finite values and gradients for extreme predictions",
    "joins": "a loss without jumps",
    "no_knowledge": "the loss of a guess",
}
_SETTINGS = "settings that are no finite numbers, and weights below 0, are refused"
_WEIGHTS = ("weight", "coefficient", "coef", "strength")
_SHAPES = "labels of another shape than the batch are refused"


def loss_answers(loss: Any, name: str) -> list[LossAnswer]:
    """Ask a loss all questions on a batch that it takes.

    Args:
        loss: Called as ``loss(predicted, target)``, or the class of such a module.
        name: What to call it.
    """
    settings: list[LossAnswer] = []
    if isinstance(loss, type):
        settings = [(_SETTINGS, _setting_problems(loss, name), [])]
        try:
            loss = loss()
        except Exception as fault:
            words = " ".join(f"{type(fault).__name__}: {fault}".split())
            return [(_TAKES, [Problem(name, words, "a class that can be made without arguments")], [])]
    with undisturbed():
        predicted, target, refusal = _batch_for(loss)
    if refusal is not None:
        return [(_TAKES, [Problem(name, refusal, "a loss of tensors: loss(predicted, target)", _fix(refusal))], [])]
    returned = called(loss, predicted.requires_grad_(), target, 0)
    place = _device_problem(returned, predicted, name)
    if place is not None:
        return [(_TAKES, [place], [])]
    findings = check_loss(loss, predicted.detach(), target)
    answers = [_as_answer(finding, name) for finding in findings if finding.level != "not asked"]
    shapes: LossAnswer = (_SHAPES, _shape_problems(loss, predicted.detach(), target, name), [])
    return [(_TAKES, [], []), *answers, shapes, *settings]


def _setting_problems(loss: type, name: str) -> list[Problem]:
    """Which settings of a class take what is no number; a training with it would fail late, or not be seen to fail."""
    problems = []
    for parameter in inspect.signature(loss).parameters.values():
        if type(parameter.default) not in (int, float):
            continue
        below = [-1.0] if parameter.name.endswith(_WEIGHTS) else []
        for value in (math.nan, math.inf, "auto", *below):
            try:
                loss(**{parameter.name: value})
            except Exception:  # noqa: S112 - refused, as it should be
                continue
            expected = "a finite number" + (", at least 0" if below else "")
            fix = "look at it in __init__, and raise ValueError"
            problems.append(Problem(f"{name}({parameter.name}={value!r})", "a loss", f"{expected}; else an error", fix))
            break
    return problems


def _batches() -> list[tuple[Tensor, Tensor]]:
    """Numbers, logits of labels, scores of classes; the first that a loss takes is what it is asked with."""
    generator = torch.Generator().manual_seed(0)
    numbers = torch.randn(_ROWS, generator=generator), torch.randn(_ROWS, generator=generator)
    labels = (torch.rand(_ROWS, generator=generator) < 0.5).float()
    labels[:2] = torch.tensor([0.0, 1.0])
    scores = torch.randn(_ROWS, _CLASSES, generator=generator)
    classes = torch.arange(_ROWS) % _CLASSES
    chances = torch.rand(_ROWS, generator=generator) * 0.9 + 0.05
    return [numbers, (numbers[0], labels), (chances, labels), (scores, classes)]


def _batch_for(loss: Any) -> tuple[Tensor, Tensor, str | None]:
    refusal = ""
    batches = _batches()
    for predicted, target in batches:
        try:
            returned = called(loss, predicted.clone().requires_grad_(), target, 0)
        except Exception as fault:
            refusal = refusal or " ".join(f"{type(fault).__name__}: {fault}".split())[:300]
            continue
        finite = not isinstance(returned, Tensor) or returned.is_meta or bool(torch.isfinite(returned).all())
        if finite:
            return predicted, target, None
    # None was finite: the first that it took is what is shown.
    for predicted, target in batches:
        try:
            called(loss, predicted.clone(), target, 0)
        except Exception:  # noqa: S112 - told already
            continue
        return predicted, target, None
    return *batches[0], refusal


def _fix(refusal: str) -> str:
    if "KeyError" in refusal:
        return "it asks for a key that a batch does not hold: take the tensor itself, and pick it out outside"
    return "see rewardlab.losses.modules for those that there are"


def _device_problem(returned: Any, predicted: Tensor, name: str) -> Problem | None:
    if not isinstance(returned, Tensor) or returned.device == predicted.device:
        return None
    fix = "make new tensors with device=predicted.device"
    return Problem(name, f"a loss on device {returned.device}", f"one on {predicted.device}, where the batch is", fix)


def _as_answer(finding: LossFinding, name: str) -> LossAnswer:
    where = f"{name}, {finding.name.replace('_', ' ')}"
    told = Problem(where, finding.saw, _EXPECTED[finding.name], finding.cause)
    # A loss that returns many values has said so, if it means to, by its attribute `reduction`.
    faults = [told] if finding.level == "fault" or (finding.level, finding.name) == _MANY else []
    notes = [told] if finding.level == "caution" and not faults and finding.name != "broadcasting" else []
    return finding.question, faults, notes


def _shape_problems(loss: Any, predicted: Tensor, target: Tensor, name: str) -> list[Problem]:
    """A column of labels against a row of predictions, and one label too few."""
    if predicted.shape != target.shape:
        return []
    for other in (target[:, None], target[:1]):
        with undisturbed():
            try:
                silent = _silently(loss, predicted, other)
            except Exception:  # noqa: S112 - refused, as it should be
                continue
        if silent:
            got = (
                f"predictions of shape {tuple(predicted.shape)} and labels of shape {tuple(other.shape)} without a word"
            )
            fix = "refuse them: each would be compared with all others"
            return [Problem(name, got, "labels of the predictions' own shape", fix)]
    return []


def _silently(loss: Any, predicted: Tensor, target: Tensor) -> bool:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        loss(predicted, target)
    return not told
