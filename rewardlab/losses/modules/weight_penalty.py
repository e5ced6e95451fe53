"""L1, L2 and elastic net on the weights of a model in torch. The formulas: `rewardlab.losses.regularisers`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional

from rewardlab.losses.borders import require_at_least
from rewardlab.losses.modules.borders import finite_total, in_single, refuse_not_finite
from rewardlab.losses.modules.weight_choice import Model, named_weights

__all__ = ["WeightPenalty"]


@final
class WeightPenalty(nn.Module):
    """``l1 * sum |w| + l2 * sum w**2`` over the weights of a model, never over its biases.

    Use it in one of two ways, not in both: add ``penalty(model)`` to a loss that is already reduced, or call
    ``penalty.proximal_step(model, learning_rate)`` after each step of the optimiser. Only the second makes weights
    exactly 0 under L1. It has no reduction: the penalty of a model is a sum.

    Args:
        l1: Strength of the sum of sizes, at least 0.
        l2: Strength of the sum of squares, at least 0; ``weight_decay`` of ``torch.optim.SGD`` is twice that.
        names: Which weights, as for `named_weights`; None for all.

    Raises:
        BadInput: A strength is no finite number of at least 0.

    Example:
        >>> model = nn.Linear(2, 1)
        >>> _ = nn.init.constant_(model.weight, 3.0)
        >>> WeightPenalty(l2=0.5)(model)
        tensor(9., grad_fn=<MulBackward0>)
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0, *, names: str | Sequence[str] | None = None) -> None:
        super().__init__()
        require_at_least("WeightPenalty", 0.0, l1=l1, l2=l2)
        self.l1, self.l2 = float(l1), float(l2)
        self.names = names if names is None or isinstance(names, str) else tuple(names)

    def forward(self, model: Model) -> Tensor:
        """The penalty.

        Args:
            model: A module, or pairs of name and parameter. Half precision is summed in single.

        Returns:
            A scalar. A strength of 0 leaves no trace: with both 0 it has no gradient, not one of zeros. The gradient of
            the size of a weight of 0 is 0.

        Raises:
            BadInput: The names choose nothing, or weights are not finite; both say which.
        """
        chosen = named_weights(model, self.names, where="WeightPenalty")
        weights = [in_single(weight) for _, weight in chosen]
        terms = []
        if self.l1:
            terms.append(self.l1 * _total([weight.abs().sum() for weight in weights]))
        if self.l2:
            terms.append(self.l2 * _total([weight.square().sum() for weight in weights]))
        penalty = _total(terms) if terms else weights[0].new_zeros(())
        if not finite_total(penalty):
            _refuse(chosen)
        return penalty

    @torch.no_grad()
    def proximal_step(self, model: Model, step_size: float) -> None:
        """Shrink the weights in place: towards 0 by ``step_size * l1`` and no further, then by the share of L2.

        Plain descent ends at the minimum of loss and penalty. Momentum makes the optimiser's steps longer than its
        learning rate, and the penalty has to keep pace: with SGD, the step size is ``learning_rate / (1 - momentum)``.
        Adam divides each weight's step by the usual size of its gradient. A strength then compares with the gradient
        as a share of that size, not with the gradient: it decides how far noise may be told from a pull, and from an
        ``l1`` of 1 on nearly all weights end at 0. Loshchilov and Hutter (2019), "Decoupled weight decay
        regularization", wish for the same separation under L2.

        Args:
            model: A module, or pairs of name and parameter.
            step_size: The length of the optimiser's step before, in the sense above, at least 0.

        Raises:
            BadInput: The step size is no finite number of at least 0, the names choose nothing, or weights are not
                finite; nothing was changed then.
        """
        require_at_least("WeightPenalty.proximal_step", 0.0, step_size=step_size)
        chosen = named_weights(model, self.names, where="WeightPenalty")
        if not all(finite_total(weight) for _, weight in chosen):
            _refuse(chosen)
        threshold, amount = float(step_size) * self.l1, float(step_size) * self.l2
        for _, weight in chosen if threshold or amount else ():
            shrunk = functional.softshrink(in_single(weight), threshold) if threshold else in_single(weight)
            weight.copy_(shrunk / (1 + 2 * amount))

    def extra_repr(self) -> str:
        """What stands in the brackets of ``print(penalty)``."""
        return f"l1={self.l1:g}, l2={self.l2:g}" + ("" if self.names is None else f", names={self.names!r}")


def _refuse(chosen: list[tuple[str, Tensor]]) -> None:
    by_name: dict[str, Tensor] = dict(chosen)
    refuse_not_finite("WeightPenalty", **by_name)  # type: ignore[arg-type]


def _total(parts: list[Tensor]) -> Tensor:
    # Not sum(), which begins with a whole number and costs one more operation.
    return parts[0] if len(parts) == 1 else torch.stack(parts).sum()
