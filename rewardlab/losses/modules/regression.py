"""Squared, absolute and Huber's error as torch modules. What they are for: `rewardlab.losses.regression`."""

from __future__ import annotations

from typing import final

from torch import Tensor
from torch.nn import functional

from rewardlab.losses.borders import require_at_least
from rewardlab.losses.modules.abstract_loss import AbstractPairLoss, Reduction
from rewardlab.losses.modules.borders import of_one_dtype, refuse_not_finite

__all__ = ["AbsoluteErrorLoss", "HuberLoss", "SquaredErrorLoss"]


class _RegressionLoss(AbstractPairLoss):
    def _refuse(self, predicted: Tensor, target: Tensor) -> None:
        refuse_not_finite(type(self).__name__, predicted=predicted, target=target)

    def _loss_at_infinity(self, predicted: Tensor, target: Tensor, loss: Tensor) -> Tensor:
        return loss


@final
class SquaredErrorLoss(_RegressionLoss):
    """Squared error: ``functional.mse_loss`` with a border.

    Args:
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        check: Refuse NaN and infinities at once, not only when the loss is not finite.
    """

    def _loss(self, predicted: Tensor, target: Tensor) -> Tensor:
        return functional.mse_loss(predicted, target, reduction=self.reduction)


@final
class AbsoluteErrorLoss(_RegressionLoss):
    """Absolute error: ``functional.l1_loss`` with a border. Where the error is 0, so is the derivative.

    Args:
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        check: Refuse NaN and infinities at once, not only when the loss is not finite.
    """

    def _loss(self, predicted: Tensor, target: Tensor) -> Tensor:
        return functional.l1_loss(predicted, target, reduction=self.reduction)


@final
class HuberLoss(_RegressionLoss):
    """Huber's error: ``functional.huber_loss`` with a border. Unlike there, ``delta`` has no default: it has a unit.

    Args:
        delta: Where the straight line begins, in the unit of the error, above 0.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        check: Refuse NaN and infinities at once, not only when the loss is not finite.

    Raises:
        BadInput: ``delta`` is no finite number above 0.
    """

    def __init__(self, delta: float, *, reduction: Reduction = "mean", check: bool = False) -> None:
        require_at_least("HuberLoss", 0.0, above=True, delta=delta)
        super().__init__(reduction=reduction, check=check)
        self.delta = float(delta)

    def extra_repr(self) -> str:
        """What stands in the brackets of ``print(loss)``."""
        return f"delta={self.delta:g}, {super().extra_repr()}"

    def _loss(self, predicted: Tensor, target: Tensor) -> Tensor:
        return functional.huber_loss(*of_one_dtype(predicted, target), reduction=self.reduction, delta=self.delta)
