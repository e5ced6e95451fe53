"""Cross-entropy of yes and no as torch modules. What they are for: `rewardlab.losses.binary`."""

from __future__ import annotations

import math
from typing import final

import torch
from torch import Tensor
from torch.nn import functional

from rewardlab.errors import BadInput, Problem
from rewardlab.losses.borders import require_at_least
from rewardlab.losses.modules.abstract_label_loss import AbstractLabelLoss
from rewardlab.losses.modules.abstract_loss import Reduction

__all__ = ["BinaryCrossEntropyLoss", "WeightedBinaryCrossEntropyLoss"]


@final
class BinaryCrossEntropyLoss(AbstractLabelLoss):
    """Cross-entropy of logits: ``functional.binary_cross_entropy_with_logits`` with a border.

    Unlike there, an infinite logit that is right costs nothing instead of NaN, and labels outside of [0, 1] are refused
    instead of rewarded with a loss below 0.

    Args:
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        check: Refuse NaN at once, not only when the loss is not finite.
    """

    def _cost(self, logits: Tensor, labels: Tensor, reduction: Reduction) -> Tensor:
        return functional.binary_cross_entropy_with_logits(logits, labels, reduction=reduction)

    def _slopes_far_out(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        return labels, 1 - labels


@final
class WeightedBinaryCrossEntropyLoss(AbstractLabelLoss):
    """Cross-entropy of logits with a weight for each class, whatever the dtype of the labels.

    ``positive_weight`` is torch's ``pos_weight``. The mean divides by the number of elements, not by the sum of their
    weights, so a larger weight is a larger learning rate too. What a model learns under it is not the rate:
    `rewardlab.losses.unweighted_probability` undoes that.

    Args:
        positive_weight: What a label of 1 counts, above 0.
        negative_weight: What a label of 0 counts, above 0; where the rare class is coded 0, it is this one to raise.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        check: Refuse NaN at once, not only when the loss is not finite.

    Raises:
        BadInput: A weight is no finite number above 0. In ``forward``: a weight, or the ratio of the two, is too large
            or too small for the dtype.
    """

    def __init__(
        self,
        positive_weight: float,
        negative_weight: float = 1.0,
        *,
        reduction: Reduction = "mean",
        check: bool = False,
    ) -> None:
        where = "WeightedBinaryCrossEntropyLoss"
        require_at_least(where, 0.0, above=True, positive_weight=positive_weight, negative_weight=negative_weight)
        super().__init__(reduction=reduction, check=check)
        self.positive_weight = float(positive_weight)
        self.negative_weight = float(negative_weight)
        # Without dimensions they go with any device, so they are made only once; another dtype would cost a tenth.
        ratio = self.positive_weight / self.negative_weight
        self._ratios = {
            dtype: torch.tensor(ratio, dtype=dtype)
            for dtype in (torch.float32, torch.float64)
            if all(_is_held(number, dtype) for number in (self.positive_weight, self.negative_weight, ratio))
        }

    def extra_repr(self) -> str:
        """What stands in the brackets of ``print(loss)``."""
        weights = f"positive_weight={self.positive_weight:g}, negative_weight={self.negative_weight:g}"
        return f"{weights}, {super().extra_repr()}"

    def _cost(self, logits: Tensor, labels: Tensor, reduction: Reduction) -> Tensor:
        ratio = self._ratios.get(logits.dtype)
        if ratio is None:
            got = f"{self.positive_weight:g} and {self.negative_weight:g}"
            expected = f"numbers that {logits.dtype} holds, and their ratio too"
            raise BadInput(Problem("WeightedBinaryCrossEntropyLoss.positive_weight, negative_weight", got, expected))
        cost = functional.binary_cross_entropy_with_logits(logits, labels, pos_weight=ratio, reduction=reduction)
        return cost if self.negative_weight == 1 else self.negative_weight * cost

    def _slopes_far_out(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        return self.positive_weight * labels, self.negative_weight * (1 - labels)


def _is_held(number: float, dtype: torch.dtype) -> bool:
    return 0.0 < torch.tensor(number, dtype=dtype).item() < math.inf
