"""The divergence of a Gaussian code as a torch module. What it is for: `rewardlab.losses.latent`."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from rewardlab.errors import BadInput
from rewardlab.losses.modules.abstract_likelihood_loss import AbstractLikelihoodLoss, inputs, shape_problems
from rewardlab.losses.modules.abstract_loss import reduced
from rewardlab.losses.modules.borders import refuse_not_finite

__all__ = ["GaussianKLLoss"]


@final
class GaussianKLLoss(AbstractLikelihoodLoss):
    """Kullback-Leibler divergence of Gaussians from N(0, 1), element by element.

    The divergence of a code is the sum over its dimensions: ``GaussianKLLoss(reduction="none")(...).sum(-1).mean()``,
    or the mean of all elements times the length of the code.

    Args:
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        check: Refuse NaN and infinities at once, not only when the loss is not finite.
    """

    def forward(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        """The divergence of a batch.

        Args:
            mean: A floating tensor of any shape; half precision is computed in single.
            log_variance: The same shape and device: the natural logarithm of the variance.

        Returns:
            A scalar, or with reduction ``"none"`` a tensor of that shape; ``float32`` or ``float64``.

        Raises:
            BadInput: Shapes or devices differ, a dtype is no good, something is empty, or a value is refused.
        """
        where = type(self).__name__
        mean, log_variance = inputs(where, mean=mean, log_variance=log_variance)
        if mean.shape != log_variance.shape:
            allowed = [tuple(mean.shape)]
            raise BadInput(*shape_problems(where, "log_variance", log_variance, allowed, ("mean", mean)))
        return self._judged(mean, log_variance)

    def _loss(self, *tensors: Tensor) -> Tensor:
        mean, log_variance = tensors
        return reduced(torch.addcmul(torch.expm1(log_variance) - log_variance, mean, mean), self.reduction) / 2

    def _loss_at_infinity(self, *tensors: Tensor) -> Tensor:
        # Halves first: what is half of a number too large for the dtype may be one.
        mean, log_variance = tensors
        return reduced(mean / 2 * mean + (torch.expm1(log_variance) - log_variance) / 2, self.reduction)

    def _refuse(self, *tensors: Tensor) -> None:
        mean, log_variance = tensors
        refuse_not_finite(type(self).__name__, mean=mean, log_variance=log_variance)
