"""What losses of several tensors of a model have in common in torch: what a distribution is made of, or two batches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rewardlab.errors import BadInput, Problem
from rewardlab.losses.modules.abstract_loss import Reduction, checked_reduction
from rewardlab.losses.modules.borders import as_target, finite_total, in_single, require_tensors

__all__ = ["AbstractLikelihoodLoss", "inputs", "refuse_not_positive", "shape_problems"]


class AbstractLikelihoodLoss(nn.Module, ABC):
    """A loss of several tensors. A subclass adds a ``forward`` that names them and hands them to `_judged`.

    Args:
        reduction: What becomes of the values: ``"mean"``, ``"sum"`` or ``"none"``.
        check: Look at the values of every batch. Without it they are looked at when the loss is not finite.

    Raises:
        BadInput: There is no such reduction.
    """

    def __init__(self, *, reduction: Reduction = "mean", check: bool = False) -> None:
        super().__init__()
        self.reduction = checked_reduction(type(self).__name__, reduction)
        self.check = check

    def extra_repr(self) -> str:
        """What stands in the brackets of ``print(loss)``."""
        return f"reduction={self.reduction!r}" + (", check=True" if self.check else "")

    def _judged(self, *tensors: Tensor) -> Tensor:
        if self.check:
            self._refuse(*tensors)
        loss = self._loss(*tensors)
        if not finite_total(loss):
            self._refuse(*tensors)
            loss = self._loss_at_infinity(*tensors)
        return loss

    @abstractmethod
    def _loss(self, *tensors: Tensor) -> Tensor:
        """The loss, reduced, by the fastest formula that is exact unless something overflows."""

    @abstractmethod
    def _refuse(self, *tensors: Tensor) -> None:
        """Raise `BadInput` if there are values that mean nothing here."""

    @abstractmethod
    def _loss_at_infinity(self, *tensors: Tensor) -> Tensor:
        """The loss, reduced, where that formula was not finite, for values that are not refused."""


def inputs(where: str, target: Tensor | None = None, **predicted: Tensor) -> list[Tensor]:
    """Tensors that a loss can compute with: those of the model in the order of the arguments, and last the target.

    Args:
        where: The loss that asks.
        target: What was so, if there is such a thing; whole numbers take the dtype of the first of the others.
        predicted: What the model said, floating; half precision becomes single.

    Raises:
        BadInput: A dtype is no good, something is empty, or devices differ.
    """
    require_tensors(where, **predicted, **({} if target is None else {"target": target}))
    first = next(iter(predicted.values()))
    problems = []
    for name, tensor in predicted.items():
        if not tensor.is_floating_point():
            fix = "predictions come from a model; convert them with .float()"
            problems.append(Problem(f"{where}.{name}", str(tensor.dtype), "a floating dtype", fix))
        if not tensor.numel():
            fix = "the mean of nothing is not defined; skip empty batches"
            problems.append(Problem(f"{where}.{name}", f"shape {tuple(tensor.shape)}", "at least one element", fix))
        if tensor.device != first.device:
            problems.append(_device_problem(where, name, tensor, first))
    if target is not None and target.is_complex():
        problems.append(Problem(f"{where}.target", str(target.dtype), "real numbers"))
    if target is not None and target.device != first.device:
        problems.append(_device_problem(where, "target", target, first))
    if problems:
        raise BadInput(*problems)
    found = [in_single(tensor) for tensor in predicted.values()]
    return found if target is None else [*found, as_target(target, found[0])]


def shape_problems(
    where: str, name: str, tensor: Tensor, allowed: Sequence[tuple[int, ...]], beside: tuple[str, Tensor]
) -> list[Problem]:
    """What is wrong with a shape; an empty list if nothing is.

    Args:
        where: The loss that asks.
        name: The argument.
        tensor: What it was given.
        allowed: The shapes that it may have.
        beside: The argument that decides about them, with its name.
    """
    if tuple(tensor.shape) in allowed:
        return []
    shapes = " or ".join(str(shape) for shape in dict.fromkeys(allowed))
    expected = f"shape {shapes} beside {beside[0]} of shape {tuple(beside[1].shape)}: nothing is broadcast"
    without_ones = [[side for side in shape if side != 1] for shape in (tensor.shape, beside[1].shape)]
    fix = "squeeze or reshape one of them, as in predicted[:, 0]" if without_ones[0] == without_ones[1] else ""
    return [Problem(f"{where}.{name}", f"shape {tuple(tensor.shape)}", expected, fix)]


def refuse_not_positive(where: str, fix: str = "", **tensors: Tensor) -> None:
    """Refuse elements that are not above 0.

    Args:
        where: The loss that asks.
        fix: The likely remedy.
        tensors: What it was given, by argument.

    Raises:
        BadInput: It says how many elements are affected, and which is the first.
    """
    problems = []
    for name, tensor in tensors.items():
        spoilt = ~(tensor > 0)
        count = int(torch.count_nonzero(spoilt))
        if count:
            place = spoilt.nonzero()[0].tolist()
            got = f"{count} of {tensor.numel()} elements, the first {tensor[tuple(place)].item()} at {place}"
            problems.append(Problem(f"{where}.{name}", got, "numbers above 0", fix))
    if problems:
        raise BadInput(*problems)


def _device_problem(where: str, name: str, tensor: Tensor, first: Tensor) -> Problem:
    return Problem(f"{where}.{name}", f"on {tensor.device}", f"on {first.device}", f".to({str(first.device)!r})")
