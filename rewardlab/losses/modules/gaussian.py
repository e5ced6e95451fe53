"""Loss of a predicted Gaussian as a torch module. What it is for: `rewardlab.losses.gaussian`."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from rewardlab.errors import BadInput
from rewardlab.losses.borders import require_at_least
from rewardlab.losses.gaussian import LOG_ROOT_TWO_PI, SPREAD_FIX
from rewardlab.losses.modules.abstract_likelihood_loss import (
    AbstractLikelihoodLoss,
    inputs,
    refuse_not_positive,
    shape_problems,
)
from rewardlab.losses.modules.abstract_loss import reduced
from rewardlab.losses.modules.borders import refuse_not_finite, require_tensors

__all__ = ["GaussianNLLLoss"]


@final
class GaussianNLLLoss(AbstractLikelihoodLoss):
    """Negative log density of targets, each under a Gaussian of its own, with all constants.

    Not built on ``functional.gaussian_nll_loss``, which takes the variance and lifts it to 1e-6 without a word: below a
    spread of 0.001 its value is that of another distribution. And squared, a spread of 1e-23 is 0 in single precision.

    Args:
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        check: Refuse bad values at once, not only when the loss is not finite.
    """

    def forward(self, mean: Tensor, target: Tensor, sigma: Tensor | float) -> Tensor:
        """The loss of a batch.

        Args:
            mean: A floating tensor of any shape; half precision is computed in single.
            target: The same shape and device.
            sigma: The standard deviation, above 0: a number, a tensor of shape (), or one of that shape.

        Returns:
            A scalar, or with reduction ``"none"`` a tensor of that shape; ``float32`` or ``float64``.

        Raises:
            BadInput: Shapes or devices differ, a dtype is no good, something is empty, or a value is refused.
        """
        where = type(self).__name__
        if not isinstance(sigma, Tensor):
            require_tensors(where, mean=mean, target=target)
            require_at_least(where, 0.0, above=True, fix=SPREAD_FIX, sigma=sigma)
            sigma = torch.tensor(sigma, dtype=torch.float64, device=mean.device)
        mean, sigma, target = inputs(where, target, mean=mean, sigma=sigma)
        if target.shape != mean.shape or sigma.shape not in (mean.shape, ()):
            shape = tuple(mean.shape)
            raise BadInput(
                *shape_problems(where, "target", target, [shape], ("mean", mean)),
                *shape_problems(where, "sigma", sigma, [(), shape], ("mean", mean)),
            )
        # A tensor of shape () leaves the dtype to the others only while they have one.
        return self._judged(mean, target, sigma.to(mean.dtype) if sigma.ndim == 0 else sigma)

    def _loss(self, *tensors: Tensor) -> Tensor:
        mean, target, sigma = tensors
        return self._of((mean - target) / sigma, sigma)

    def _loss_at_infinity(self, *tensors: Tensor) -> Tensor:
        # Two numbers of opposite sign may be further apart than the dtype reaches, their halves are not.
        mean, target, sigma = tensors
        return self._of((mean / 2 - target / 2) / sigma * 2, sigma)

    def _of(self, z: Tensor, sigma: Tensor) -> Tensor:
        return reduced(z / 2 * z + torch.log(sigma) + LOG_ROOT_TWO_PI, self.reduction)

    def _refuse(self, *tensors: Tensor) -> None:
        mean, target, sigma = tensors
        where = type(self).__name__
        refuse_not_finite(where, mean=mean, target=target, sigma=sigma)
        refuse_not_positive(where, SPREAD_FIX, sigma=sigma)
