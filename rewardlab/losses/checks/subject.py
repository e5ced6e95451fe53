"""The loss under examination: it is called, and whatever it does, the questions get an answer to work with."""

from __future__ import annotations

import copy
import math
import warnings
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.nn import functional

from rewardlab.errors import Problem
from rewardlab.losses.checks.kinds import LossCall, PredictionKind, class_axis, recognised_kind
from rewardlab.losses.checks.randomness import begin_at

__all__ = ["Subject", "called", "examined", "loss_problems", "one_number"]

_ROWS = 64


@final
@dataclass(frozen=True, slots=True)
class Subject:
    """A loss with a batch to try it on, in double precision where the loss can.

    Attributes:
        loss: The loss, a copy in double precision if it is a module.
        given: The loss as it was given.
        predicted: Predictions, at most 64 rows, without a graph.
        target: Their targets.
        kind: What the loss takes for a prediction.
        read_from: From what the kind was read; empty if it was given.
        axis: The axis of the classes, if there are any.
        generator: For everything that is drawn.
        seed: Where a loss that draws random numbers begins, each time.
    """

    loss: LossCall
    given: LossCall
    predicted: Tensor
    target: Tensor
    kind: PredictionKind
    read_from: str
    axis: int
    generator: torch.Generator
    seed: int

    @property
    def classes(self) -> int:
        """How many classes there are scores for."""
        return self.predicted.shape[self.axis]

    @property
    def hard(self) -> Tensor:
        """Which targets say one thing for certain: labels of 0 and 1, classes that are not left out; any number."""
        if self.kind in ("logit", "probability"):
            return (self.target == 0) | (self.target == 1)
        if self.kind in ("classes", "log_probabilities"):
            if self.target.is_floating_point():
                return torch.zeros(self.target.shape[:1], dtype=torch.bool)
            return (self.target >= 0) & (self.target < self.classes) & (self.target != _left_out(self.given))
        return torch.ones_like(self.target, dtype=torch.bool)

    def value(self, predicted: Tensor, target: Tensor) -> float:
        """The loss as a number, the mean of what it returns; NaN where it fails or refuses."""
        with torch.no_grad():
            try:
                return one_number(called(self.loss, predicted, target, self.seed)).item()
            except Exception:
                return math.nan

    def precision(self) -> float:
        """By how much a value is rounded, in units of its size: what the dtype says that the loss returns."""
        with torch.no_grad():
            returned = one_number(called(self.loss, self.predicted, self.target, self.seed))
        return torch.finfo(returned.dtype).eps if returned.is_floating_point() else 1.0

    def slope(self, predicted: Tensor, target: Tensor) -> Tensor | None:
        """The gradient of that number by the predictions; None where there is none, or where the loss fails."""
        leaf = predicted.detach().clone().requires_grad_()
        with torch.enable_grad():
            try:
                loss = one_number(called(self.loss, leaf, target, self.seed))
                return torch.autograd.grad(loss, leaf)[0] if loss.requires_grad else None
            except Exception:
                return None

    def towards(self, target: Tensor, confidence: float) -> Tensor:
        """Predictions that give each true label so much confidence: a logit, a probability, or a lead of its score.

        Args:
            target: Labels, all of them hard.
            confidence: A logit, or where predictions are probabilities, a probability.
        """
        if self.kind in ("logit", "probability"):
            target = target.to(self.predicted.dtype)
            other = -confidence if self.kind == "logit" else 1.0 - confidence
            return target * confidence + (1 - target) * other
        truth = functional.one_hot(target.long(), self.classes).to(self.predicted.dtype)
        scores = ((2 * truth - 1) * confidence).movedim(-1, self.axis)
        return functional.log_softmax(scores, dim=self.axis) if self.kind == "log_probabilities" else scores


def examined(
    loss: LossCall, predicted: Tensor, target: Tensor, kind: PredictionKind | None, generator: torch.Generator
) -> Subject:
    """Prepare a loss and a batch for the questions.

    Args:
        loss: The loss; it is copied if it is a module, and otherwise called as it is.
        predicted: Predictions, floating and finite.
        target: Their targets.
        kind: What the loss takes for a prediction, or None to find out.
        generator: For everything that is drawn.
    """
    seed = int(torch.randint(2**31, (1,), generator=generator))
    predicted, target = predicted.detach()[:_ROWS], target.detach()[:_ROWS]
    double = copy.deepcopy(loss).double() if isinstance(loss, nn.Module) else loss
    wide = predicted.double(), target.double() if target.is_floating_point() else target
    subject = Subject(double, loss, *wide, "other", "", predicted.ndim - 1, generator, seed)
    if not math.isfinite(subject.value(*wide)) or subject.slope(*wide) is None:
        # It does not take doubles, or has no way back from them, as huber_loss if only one side is double.
        subject = Subject(loss, loss, predicted, target, "other", "", predicted.ndim - 1, generator, seed)
    read_from = ""
    if kind is None:
        kind, read_from = recognised_kind(loss, subject.predicted, subject.target, subject.value)
    axis = class_axis(loss, predicted, target) if kind in ("classes", "log_probabilities") else predicted.ndim - 1
    return Subject(subject.loss, loss, subject.predicted, subject.target, kind, read_from, axis, generator, seed)


def called(loss: LossCall, predicted: Any, target: Any, seed: int | None = None) -> Any:
    """What the loss returns. Its warnings are not passed on: the finding says what there is to say.

    Args:
        loss: The loss.
        predicted: Its first argument.
        target: Its second.
        seed: Where the global generator of torch begins, inside of `undisturbed`; None leaves it alone.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if seed is not None:
            begin_at(seed)
        return loss(predicted, target)


def loss_problems(where: str, loss: object) -> list[Problem]:
    """What is wrong with a loss that cannot be called on a prediction and a target: one problem or none.

    Args:
        where: The name of the argument.
        loss: What was given as a loss.
    """
    expected = "a function or module to be called as loss(predicted, target)"
    if isinstance(loss, type):
        return [Problem(where, f"the class {loss.__name__}", expected, f"make one: {loss.__name__}()")]
    return [] if callable(loss) else [Problem(where, repr(loss), expected)]


def one_number(returned: Any) -> Tensor:
    """What a loss returned as a scalar, the mean if it is more than one number.

    Raises:
        TypeError: It is no number.
    """
    if isinstance(returned, Tensor):
        return returned if returned.ndim == 0 else returned.mean()
    if isinstance(returned, int | float):
        return torch.tensor(float(returned), dtype=torch.float64)
    raise TypeError(f"a loss that returns {type(returned).__name__}")


def _left_out(loss: LossCall) -> int:
    for name in ("padding", "ignore_index"):
        index = getattr(loss, name, None)
        if isinstance(index, int):
            return index
    return -100
