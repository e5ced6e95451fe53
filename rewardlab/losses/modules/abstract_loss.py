"""What all losses of a prediction and a target have in common in torch: border, reduction, diagnosis."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal, get_args

from torch import Tensor, nn

from rewardlab.errors import BadInput, one_of
from rewardlab.losses.modules.borders import as_target, check_pair, finite_total, in_single

__all__ = ["AbstractPairLoss", "Reduction", "checked_reduction", "reduced"]

Reduction = Literal["mean", "sum", "none"]
"""What becomes of the values of the elements: their mean, their sum, or nothing."""


class AbstractPairLoss(nn.Module, ABC):
    """A loss of a prediction and a target of one shape. What a subclass adds is the formula and what it refuses.

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

    def forward(self, predicted: Tensor, target: Tensor) -> Tensor:
        """The loss of a batch.

        Args:
            predicted: A floating tensor of any shape; half precision is computed in single.
            target: The same shape and device. Whole numbers become numbers of the dtype of ``predicted``.

        Returns:
            A scalar, or with reduction ``"none"`` a tensor of that shape; ``float32`` or ``float64``.

        Raises:
            BadInput: Shapes or devices differ, a dtype is no good, something is empty, or a value is refused.
        """
        check_pair(type(self).__name__, predicted, target)
        predicted = in_single(predicted)
        target = as_target(target, predicted)
        if self.check:
            self._refuse(predicted, target)
        loss = self._loss(predicted, target)
        if not finite_total(loss):
            self._refuse(predicted, target)
            loss = self._loss_at_infinity(predicted, target, loss)
        return loss

    def extra_repr(self) -> str:
        """What stands in the brackets of ``print(loss)``."""
        return f"reduction={self.reduction!r}" + (", check=True" if self.check else "")

    @abstractmethod
    def _loss(self, predicted: Tensor, target: Tensor) -> Tensor:
        """The loss, reduced, by the fastest formula that is exact for finite numbers."""

    @abstractmethod
    def _refuse(self, predicted: Tensor, target: Tensor) -> None:
        """Raise `BadInput` if there are values that mean nothing here."""

    @abstractmethod
    def _loss_at_infinity(self, predicted: Tensor, target: Tensor, loss: Tensor) -> Tensor:
        """The loss where that formula was not finite, for values that are not refused."""


def checked_reduction(where: str, reduction: str) -> Reduction:
    """The reduction of that name.

    Raises:
        BadInput: There is none.
    """
    if reduction not in get_args(Reduction):
        raise BadInput(one_of(f"{where}.reduction", reduction, get_args(Reduction), "reduction"))
    return reduction  # type: ignore[return-value]


def reduced(values: Tensor, reduction: Reduction) -> Tensor:
    """The mean, the sum, or the values themselves."""
    if reduction == "none":
        return values
    return values.mean() if reduction == "mean" else values.sum()
