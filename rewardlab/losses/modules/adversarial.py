"""Losses of a generative adversarial network as torch modules. What they are for: `rewardlab.losses.adversarial`."""

from __future__ import annotations

from typing import final

from torch import Tensor, nn
from torch.nn import functional

from rewardlab.errors import BadInput, one_of
from rewardlab.losses.borders import require_at_least, require_flag
from rewardlab.losses.modules.abstract_likelihood_loss import AbstractLikelihoodLoss, inputs
from rewardlab.losses.modules.abstract_loss import Reduction, reduced
from rewardlab.losses.modules.borders import refuse_not_finite
from rewardlab.losses.modules.reconstruction import ReconstructionLoss

__all__ = ["CombinedGenerativeLoss", "DiscriminatorLoss", "GeneratorLoss"]


@final
class DiscriminatorLoss(AbstractLikelihoodLoss):
    """Cross-entropy of a discriminator: over real examples plus over generated ones.

    Args:
        reduction: ``"mean"``, the sum of the two means, or ``"sum"``, all values added up. There is no ``"none"``: the
            two batches may differ in size.
        check: Refuse NaN at once, not only when the loss is not finite.
    """

    def __init__(self, *, reduction: Reduction = "mean", check: bool = False) -> None:
        super().__init__(reduction=_total(type(self).__name__, reduction), check=check)

    def forward(self, real: Tensor, fake: Tensor) -> Tensor:
        """The loss of two batches.

        Args:
            real: Logits of real examples, a floating tensor of any shape; half precision is computed in single.
            fake: Logits of generated examples, of any shape. They have to be detached from the generator by the caller
                where only the discriminator is to learn.

        Returns:
            A scalar, at least 0; ``float32`` or ``float64``.

        Raises:
            BadInput: Devices differ, a dtype is no good, or something is empty or NaN.
        """
        return self._judged(*inputs(type(self).__name__, real=real, fake=fake))

    def _loss(self, *tensors: Tensor) -> Tensor:
        real, fake = tensors
        # functional.softplus is a straight line from 20 on; this is exact everywhere.
        return -(
            reduced(functional.logsigmoid(real), self.reduction) + reduced(functional.logsigmoid(-fake), self.reduction)
        )

    def _loss_at_infinity(self, *tensors: Tensor) -> Tensor:
        return self._loss(*tensors)

    def _refuse(self, *tensors: Tensor) -> None:
        real, fake = tensors
        refuse_not_finite(type(self).__name__, allow_infinite=True, real=real, fake=fake)


@final
class GeneratorLoss(AbstractLikelihoodLoss):
    """The loss of a generator: ``-log D``, or with ``saturating=True`` the ``log(1 - D)`` of the original game.

    Args:
        saturating: Whether to take the one that is flat where the discriminator is sure of itself.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        check: Refuse NaN at once, not only when the loss is not finite.

    Raises:
        BadInput: ``saturating`` is neither True nor False, or there is no such reduction.
    """

    def __init__(self, saturating: bool = False, *, reduction: Reduction = "mean", check: bool = False) -> None:
        require_flag("GeneratorLoss", saturating=saturating)
        super().__init__(reduction=reduction, check=check)
        self.saturating = saturating

    def extra_repr(self) -> str:
        """What stands in the brackets of ``print(loss)``."""
        return f"saturating={self.saturating}, {super().extra_repr()}"

    def forward(self, fake: Tensor) -> Tensor:
        """The loss of a batch.

        Args:
            fake: Logits that the discriminator gave to generated examples, a floating tensor of any shape; half
                precision is computed in single.

        Returns:
            A scalar, or with reduction ``"none"`` a tensor of that shape; ``float32`` or ``float64``.

        Raises:
            BadInput: The dtype is no good, or something is empty or NaN.
        """
        return self._judged(*inputs(type(self).__name__, fake=fake))

    def _loss(self, *tensors: Tensor) -> Tensor:
        (fake,) = tensors
        if self.saturating:
            return reduced(functional.logsigmoid(-fake), self.reduction)
        return -reduced(functional.logsigmoid(fake), self.reduction)

    def _loss_at_infinity(self, *tensors: Tensor) -> Tensor:
        return self._loss(*tensors)

    def _refuse(self, *tensors: Tensor) -> None:
        (fake,) = tensors
        refuse_not_finite(type(self).__name__, allow_infinite=True, fake=fake)


@final
class CombinedGenerativeLoss(nn.Module):
    """Reconstruction plus a weight times the non-saturating loss of the generator, for one generated batch.

    Args:
        adversarial_weight: Of at least 0. At 0 the judge is not asked at all.
        reduction: ``"mean"`` or ``"sum"``, of both parts. There is no ``"none"``: there are more pixels than verdicts.
        check: Refuse bad values at once, not only when the loss is not finite.

    Raises:
        BadInput: The weight is no finite number of at least 0, or there is no such reduction.
    """

    def __init__(self, adversarial_weight: float, *, reduction: Reduction = "mean", check: bool = False) -> None:
        where = type(self).__name__
        require_at_least(where, 0.0, adversarial_weight=adversarial_weight)
        super().__init__()
        self.adversarial_weight = float(adversarial_weight)
        self.reconstruction = ReconstructionLoss(reduction=_total(where, reduction), check=check)
        self.generator = GeneratorLoss(reduction=reduction, check=check)

    def extra_repr(self) -> str:
        """What stands in the brackets of ``print(loss)``."""
        return f"adversarial_weight={self.adversarial_weight:g}"

    def forward(self, predicted: Tensor, target: Tensor, fake: Tensor) -> Tensor:
        """The loss of a generated batch.

        Args:
            predicted: What was generated, a floating tensor of any shape.
            target: What it was to be like, the same shape and device.
            fake: Logits that the discriminator gave to what was generated, a floating tensor of any shape.

        Returns:
            A scalar, ``float32`` or ``float64``.

        Raises:
            BadInput: Shapes or devices differ, a dtype is no good, something is empty, or a value is refused.
        """
        likeness: Tensor = self.reconstruction(predicted, target)
        if self.adversarial_weight == 0:
            return likeness
        verdict: Tensor = self.generator(fake)
        return likeness + self.adversarial_weight * verdict


def _total(where: str, reduction: Reduction) -> Reduction:
    if reduction not in ("mean", "sum"):
        raise BadInput(one_of(f"{where}.reduction", reduction, ("mean", "sum"), "reduction of two batches"))
    return reduction
