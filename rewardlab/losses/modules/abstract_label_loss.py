"""What the losses of a logit and a label of yes or no have in common in torch: the range of labels, and certainty."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor

from rewardlab.losses.modules.abstract_loss import AbstractPairLoss, Reduction, reduced
from rewardlab.losses.modules.borders import of_one_dtype, refuse_not_finite, require_within

__all__ = ["AbstractLabelLoss"]


class AbstractLabelLoss(AbstractPairLoss):
    """A loss of logits and labels in [0, 1]. What a subclass adds is the formula, and its slopes far out.

    The range of labels is looked at in every batch, ``check=True`` or not: labels of 1 and 2 would go unnoticed, and it
    costs a fortieth of the loss. Under ``torch.compile`` it is not.

    Args:
        reduction: What becomes of the values: ``"mean"``, ``"sum"`` or ``"none"``.
        check: Look at the logits of every batch. Without it they are looked at when the loss is not finite.

    Raises:
        BadInput: There is no such reduction.
    """

    @abstractmethod
    def _cost(self, logits: Tensor, labels: Tensor, reduction: Reduction) -> Tensor:
        """The loss of finite logits, reduced."""

    @abstractmethod
    def _slopes_far_out(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        """How much the loss falls towards minus infinity, and rises towards infinity, for each step of the logit."""

    def _loss(self, predicted: Tensor, target: Tensor) -> Tensor:
        if not torch.compiler.is_compiling() and not _within_range(target):
            require_within(type(self).__name__, 0.0, 1.0, "code the two classes as 0 and 1", target=target)
        return self._cost(*of_one_dtype(predicted, target), self.reduction)

    def _refuse(self, predicted: Tensor, target: Tensor) -> None:
        refuse_not_finite(type(self).__name__, allow_infinite=True, predicted=predicted)

    def _loss_at_infinity(self, predicted: Tensor, target: Tensor, loss: Tensor) -> Tensor:
        predicted, target = of_one_dtype(predicted, target)
        infinite = torch.isinf(predicted)
        # Infinities go no way through the formula, not even one that is dropped: it would come back as a NaN gradient.
        values = self._cost(predicted.masked_fill(infinite, 0), target, "none").masked_fill(infinite, 0)
        falling, rising = self._slopes_far_out(target)
        slope = torch.where(predicted > 0, rising, falling)
        wrong = infinite & (slope > 0)
        far = torch.where(wrong, predicted, torch.zeros_like(predicted)).abs()
        return reduced(values + far * slope, self.reduction)


def _within_range(labels: Tensor) -> bool:
    # A function of its own, so that the two small tensors are gone before the loss asks for large ones: with them in
    # the way, the allocator gives large ones back and fetches them anew, which makes the loss slower by a third.
    least, most = torch.aminmax(labels)
    return least.item() >= 0 and most.item() <= 1
