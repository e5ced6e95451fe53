"""L1, L2 and elastic net on the weights of an agent's representation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

import torch
from torch import nn

from rewardlab.agents.auxiliary.joined_gradient import AddedGradient
from rewardlab.agents.auxiliary.representation import Representation
from rewardlab.losses.modules import WeightPenalty
from rewardlab.losses.modules.weight_choice import named_weights

__all__ = ["WeightRegularizer"]


@final
class WeightRegularizer:
    """A penalty on chosen weights of a representation; biases are never among them.

    L2 is a term of the loss: its gradient joins the agent's before the agent clips. L1 acts after each step, as the
    proximal step of the optimiser's learning rate, because only that makes weights exactly 0. (Under Adam that step is
    not scaled weight by weight; it is Loshchilov and Hutter's (2019) decoupled kind.)

    Args:
        l1: Strength of the sum of sizes, at least 0.
        l2: Strength of the sum of squares, at least 0.
        on: The representation, as for an objective; None for the agent's first that has parameters.
        names: Which of its weights, exact names or patterns; None for all.
        name: Under which it is logged.

    Raises:
        BadInput: A strength is no finite number of at least 0.
    """

    def __init__(
        self,
        l1: float = 0.0,
        l2: float = 0.0,
        *,
        on: str | None = None,
        names: str | Sequence[str] | None = None,
        name: str = "regularizer",
    ) -> None:
        self._sizes, self._squares = WeightPenalty(l1=l1, names=names), WeightPenalty(l2=l2, names=names)
        self.on, self.names, self.name = on, names, name

    def chosen(self, representation: Representation) -> list[tuple[str, nn.Parameter]]:
        """The weights that it is for.

        Raises:
            BadInput: There are none, or a name fits none.
        """
        found = named_weights(representation.parameters, self.names, where=self.name)
        return [(name, weight) for name, weight in found if isinstance(weight, nn.Parameter)]

    def gradient(self, chosen: Sequence[tuple[str, nn.Parameter]], places: Mapping[int, int]) -> AddedGradient:
        """What L2 adds to the agent's gradient.

        Args:
            chosen: What ``chosen`` returned.
            places: Of these parameters among those of a `JoinedGradient`, by ``id``.
        """
        penalty = self._squares(chosen)
        if not self._squares.l2:
            return AddedGradient(self.name, 1.0, penalty.detach(), {})
        slopes = torch.autograd.grad(penalty, [weight for _, weight in chosen])
        by_place = {places[id(weight)]: slope for (_, weight), slope in zip(chosen, slopes, strict=True)}
        return AddedGradient(self.name, 1.0, penalty.detach(), by_place)

    def after_step(self, chosen: Sequence[tuple[str, nn.Parameter]], learning_rate: float) -> None:
        """What L1 does once the agent's optimiser has stepped.

        Args:
            chosen: What ``chosen`` returned.
            learning_rate: Of that step.
        """
        if self._sizes.l1:
            self._sizes.proximal_step(chosen, learning_rate)
