"""Loss of a predicted mixture of Gaussians as a torch module. What it is for: `rewardlab.losses.mixture`."""

from __future__ import annotations

import math
from typing import final

import torch
from torch import Tensor

from rewardlab.errors import BadInput, Problem
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

__all__ = ["MixtureNLLLoss"]


@final
class MixtureNLLLoss(AbstractLikelihoodLoss):
    """Negative log density of targets, each under a mixture of K Gaussians.

    The weights are given by the logits of a softmax, so that a linear layer can feed it as it is; a logit of minus
    infinity is a weight of 0.

    Args:
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        check: Refuse bad values at once, not only when the loss is not finite.
    """

    def forward(self, means: Tensor, target: Tensor, sigmas: Tensor | float, mixing_logits: Tensor) -> Tensor:
        """The loss of a batch.

        Args:
            means: A floating tensor ``[..., K]``; half precision is computed in single.
            target: ``[...]`` on the same device.
            sigmas: Standard deviations, above 0: a number, or a tensor of shape (), ``[K]`` or ``[..., K]``.
            mixing_logits: ``[K]`` or ``[..., K]``.

        Returns:
            A scalar, or with reduction ``"none"`` a tensor ``[...]``; ``float32`` or ``float64``.

        Raises:
            BadInput: Shapes do not fit, devices differ, a dtype is no good, something is empty, or a value is refused.
        """
        where = type(self).__name__
        if not isinstance(sigmas, Tensor):
            require_tensors(where, means=means, target=target, mixing_logits=mixing_logits)
            require_at_least(where, 0.0, above=True, fix=SPREAD_FIX, sigmas=sigmas)
            sigmas = torch.tensor(sigmas, dtype=torch.float64, device=means.device)
        means, sigmas, mixing_logits, target = inputs(
            where, target, means=means, sigmas=sigmas, mixing_logits=mixing_logits
        )
        problems = _shape_problems(where, means, target, sigmas, mixing_logits)
        if problems:
            raise BadInput(*problems)
        spread = sigmas.to(means.dtype) if sigmas.ndim == 0 else sigmas
        return self._judged(means, target.unsqueeze(-1), spread, mixing_logits)

    def _loss(self, *tensors: Tensor) -> Tensor:
        means, target, sigmas, mixing_logits = tensors
        z = (means - target) / sigmas
        return reduced(_values(z, sigmas, mixing_logits, _nearest(z)), self.reduction)

    def _loss_at_infinity(self, *tensors: Tensor) -> Tensor:
        means, target, sigmas, mixing_logits = tensors
        # Two numbers of opposite sign may be further apart than the dtype reaches, their halves are not.
        z = (means / 2 - target / 2) / sigmas * 2
        # A component without weight may be so much nearer that relative to it the others are lost.
        z = z.masked_fill(mixing_logits.isneginf(), math.inf)
        values = _values(z, sigmas, mixing_logits, _nearest(z))
        # What is left undefined is infinity minus infinity, of a target that is infinitely unlikely.
        return reduced(torch.where(values.isnan(), math.inf, values), self.reduction)

    def _refuse(self, *tensors: Tensor) -> None:
        means, target, sigmas, mixing_logits = tensors
        where = type(self).__name__
        refuse_not_finite(where, means=means, target=target.squeeze(-1), sigmas=sigmas)
        refuse_not_finite(where, allow_infinite=True, mixing_logits=mixing_logits)
        refuse_not_positive(where, SPREAD_FIX, sigmas=sigmas)
        most = mixing_logits.amax(dim=-1)
        if most.isinf().any():
            got = f"a greatest logit of {most[most.isinf()][0].item()}"
            raise BadInput(Problem(f"{where}.mixing_logits", got, "a finite logit as the greatest of each mixture"))


def _nearest(z: Tensor) -> Tensor:
    """The least size of a z in each mixture: a constant, whatever it was made of."""
    return z.detach().abs().amin(dim=-1, keepdim=True)


def _values(z: Tensor, sigmas: Tensor, mixing_logits: Tensor, nearest: Tensor) -> Tensor:
    """The loss of each example, computed relative to a component that is as near as ``nearest``.

    Relative to the nearest one nothing is lost however far the target is. The value does not depend on what is
    subtracted here and added again there, and neither does the derivative; so ``nearest`` needs none.
    """
    size = z.abs()
    top = torch.log_softmax(mixing_logits, dim=-1) - torch.log(sigmas)
    log_total = torch.logsumexp(torch.addcmul(top, nearest - size, nearest + size, value=0.5), dim=-1)
    return (nearest / 2 * nearest).squeeze(-1) + LOG_ROOT_TWO_PI - log_total


def _shape_problems(where: str, means: Tensor, target: Tensor, sigmas: Tensor, mixing_logits: Tensor) -> list[Problem]:
    shape = tuple(means.shape)
    if not shape:
        fix = "for one component that is means.unsqueeze(-1), or use GaussianNLLLoss"
        return [Problem(f"{where}.means", "a single number", "the components along the last axis", fix)]
    beside = ("means", means)
    return [
        *shape_problems(where, "target", target, [shape[:-1]], beside),
        *shape_problems(where, "sigmas", sigmas, [(), shape[-1:], shape], beside),
        *shape_problems(where, "mixing_logits", mixing_logits, [shape[-1:], shape], beside),
    ]
