"""Focal loss as a torch module. What it is for, and what it is not: `rewardlab.losses.focal`."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor
from torch.nn import functional

from rewardlab.losses.focal import check_focus
from rewardlab.losses.modules.abstract_label_loss import AbstractLabelLoss
from rewardlab.losses.modules.abstract_loss import Reduction, reduced

__all__ = ["FocalLoss"]


@final
class FocalLoss(AbstractLabelLoss):
    """Focal loss of logits: cross-entropy times ``alpha_t (1 - p_t)**gamma``, with a finite gradient for every gamma.

    The values are those of torchvision's ``sigmoid_focal_loss``; here the mean is the default, and None instead of a
    negative number switches alpha off. Lin et al. (2017), "Focal loss for dense object detection".

    Args:
        gamma: How steeply what is right is turned down, at least 0, not only whole numbers; at 0 nothing is.
        alpha: The weight of label 1 in [0, 1]; that of label 0 is 1 - alpha. None for no weights.
        constant_alpha: Whether alpha is the weight of both instead; that is no more than another learning rate.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        check: Refuse NaN at once, not only when the loss is not finite.

    Raises:
        BadInput: gamma is no finite number of at least 0, alpha is outside of [0, 1], or it is to be constant and None,
            or constant neither True nor False.
    """

    def __init__(
        self,
        gamma: float = 2.0,
        alpha: float | None = 0.25,
        constant_alpha: bool = False,
        *,
        reduction: Reduction = "mean",
        check: bool = False,
    ) -> None:
        check_focus("FocalLoss", gamma, alpha, constant_alpha)
        super().__init__(reduction=reduction, check=check)
        self.gamma = float(gamma)
        self.alpha = None if alpha is None else float(alpha)
        self.constant_alpha = constant_alpha

    def extra_repr(self) -> str:
        """What stands in the brackets of ``print(loss)``."""
        alpha = "None" if self.alpha is None else f"{self.alpha:g}"
        constant = ", constant_alpha=True" if self.constant_alpha else ""
        return f"gamma={self.gamma:g}, alpha={alpha}{constant}, {super().extra_repr()}"

    def _cost(self, logits: Tensor, labels: Tensor, reduction: Reduction) -> Tensor:
        values = functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
        if self.gamma:
            # As a power of e: q**gamma has no slope where q is 0 and gamma below 1, and 0 times that is NaN.
            values = values * torch.exp(self.gamma * _log_of_error(logits, labels))
        return reduced(self._weighted(values, labels), reduction)

    def _slopes_far_out(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        falling, rising = labels ** (1 + self.gamma), (1 - labels) ** (1 + self.gamma)
        return self._weighted(falling, labels), self._weighted(rising, labels)

    def _weighted(self, values: Tensor, labels: Tensor) -> Tensor:
        if self.alpha is None:
            return values
        if self.constant_alpha:
            return self.alpha * values
        return ((2 * self.alpha - 1) * labels + (1 - self.alpha)) * values


def _log_of_error(logits: Tensor, labels: Tensor) -> Tensor:
    """The logarithm of 1 - p_t, where p_t is the probability of what came true, ``p y + (1 - p)(1 - y)``."""
    of_hard = functional.logsigmoid(logits * (1 - 2 * labels))
    soft = labels * (1 - labels) != 0
    if not (labels.requires_grad or torch.compiler.is_compiling() or soft.any()):
        return of_hard
    mixed = torch.sigmoid(logits) * (1 - labels) + torch.sigmoid(-logits) * labels
    if labels.requires_grad:
        # Both agree at a hard label; the derivative by the label is that of the mixture.
        soft = mixed > 0
    # Of a soft label it is never 0; where labels are hard, the logarithm of a 0 must not be on the way of the gradient.
    return torch.where(soft, torch.log(torch.where(soft, mixed, torch.ones_like(mixed))), of_hard)
