"""Squared error of reconstructions, and of predicted noise, as torch modules.

What they are for: `rewardlab.losses.reconstruction` and `rewardlab.losses.noise`.
"""

from __future__ import annotations

from typing import final

from torch import Tensor
from torch.nn import functional

from rewardlab.losses.modules.abstract_loss import AbstractPairLoss, Reduction
from rewardlab.losses.modules.borders import refuse_not_finite, require_within
from rewardlab.losses.reconstruction import RANGE_FIX, checked_range

__all__ = ["NoisePredictionLoss", "ReconstructionLoss"]


@final
class ReconstructionLoss(AbstractPairLoss):
    """Squared error of a reconstruction: ``functional.mse_loss`` with a border.

    Args:
        value_range: The least and the greatest value that there can be, such as (0.0, 1.0) for pixels. A range is
            looked at in every batch, since nothing else would show that one is wrong; None where that takes too long.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        check: Refuse NaN and infinities at once, not only when the loss is not finite.

    Raises:
        BadInput: The range is not two finite numbers, the lower one first.
    """

    def __init__(
        self,
        value_range: tuple[float, float] | None = None,
        *,
        reduction: Reduction = "mean",
        check: bool = False,
    ) -> None:
        super().__init__(reduction=reduction, check=check)
        self.value_range = None if value_range is None else checked_range(type(self).__name__, value_range)

    def extra_repr(self) -> str:
        """What stands in the brackets of ``print(loss)``."""
        return f"value_range={self.value_range}, {super().extra_repr()}"

    def _loss(self, predicted: Tensor, target: Tensor) -> Tensor:
        if self.value_range is not None:
            self._refuse(predicted, target)
        return functional.mse_loss(predicted, target, reduction=self.reduction)

    def _refuse(self, predicted: Tensor, target: Tensor) -> None:
        where = type(self).__name__
        refuse_not_finite(where, predicted=predicted, target=target)
        if self.value_range is not None:
            require_within(where, *self.value_range, RANGE_FIX, predicted=predicted, target=target)

    def _loss_at_infinity(self, predicted: Tensor, target: Tensor, loss: Tensor) -> Tensor:
        return loss


@final
class NoisePredictionLoss(AbstractPairLoss):
    """Squared error of the noise that a diffusion model names: ``functional.mse_loss`` with a border.

    Args:
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        check: Refuse NaN and infinities at once, not only when the loss is not finite.
    """

    def _loss(self, predicted: Tensor, target: Tensor) -> Tensor:
        return functional.mse_loss(predicted, target, reduction=self.reduction)

    def _refuse(self, predicted: Tensor, target: Tensor) -> None:
        refuse_not_finite(type(self).__name__, predicted=predicted, target=target)

    def _loss_at_infinity(self, predicted: Tensor, target: Tensor, loss: Tensor) -> Tensor:
        return loss
