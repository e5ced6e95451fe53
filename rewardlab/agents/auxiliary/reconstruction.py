"""Auxiliary objective: the observation again, out of what the agent made of it."""

from __future__ import annotations

from typing import cast, final

import torch
from torch import Tensor, nn

from rewardlab.agents.auxiliary.batch import AuxiliaryBatch
from rewardlab.agents.auxiliary.head_layers import hidden_problems, layers
from rewardlab.agents.auxiliary.loss_choice import REGRESSION_LOSSES, loss_problems
from rewardlab.agents.auxiliary.objective import AbstractObjective, Encoder, ObjectiveLoss, Task, Weight
from rewardlab.agents.auxiliary.observation_vector import ObservationVector
from rewardlab.errors import Problem
from rewardlab.losses.modules import AbsoluteErrorLoss, HuberLoss, ReconstructionLoss, SquaredErrorLoss

__all__ = ["Reconstruction"]


@final
class Reconstruction(AbstractObjective):
    """Predicts the observation from its own representation, as the decoder of an autoencoder does.

    Observations are compared as in `ObservationVector`: images from 0 to 1, whole numbers one-hot. Lange and
    Riedmiller, "Deep auto-encoder neural networks in reinforcement learning", 2010.

    Args:
        loss: Of the reconstructed and the true numbers. A `ReconstructionLoss` with a range has the head end in a
            sigmoid of that range, and refuses observations outside of it.
        weight: See `AbstractObjective`, as for what follows.
        name: Under which it is logged.
        representation: What it shapes.
        head_learning_rate: Of the head.
        hidden: Width of the head's hidden layer; 0 for none.

    Raises:
        BadInput: The loss is not one of numbers, or an argument is out of range.
    """

    def __init__(
        self,
        loss: SquaredErrorLoss | AbsoluteErrorLoss | HuberLoss | ReconstructionLoss,
        weight: Weight,
        *,
        name: str = "reconstruction",
        representation: str | None = None,
        head_learning_rate: float = 1e-3,
        hidden: int = 64,
    ) -> None:
        suitable = (*REGRESSION_LOSSES, ReconstructionLoss)
        problems = [*loss_problems(name, loss, suitable, "numbers"), *hidden_problems(name, hidden)]
        super().__init__(
            name, weight, representation=representation, head_learning_rate=head_learning_rate, problems=problems
        )
        self._loss, self._hidden = loss, hidden

    def problems(self, task: Task) -> list[Problem]:
        """It suits all tasks."""
        return []

    def make_head(self, task: Task) -> nn.Module:
        """An observation of a representation."""
        value_range = self._loss.value_range if isinstance(self._loss, ReconstructionLoss) else None
        return _Decoder(task, self._hidden, value_range)

    def loss(self, head: nn.Module, encode: Encoder, batch: AuxiliaryBatch) -> ObjectiveLoss:
        """How far the observations are from what was made of them again."""
        target = cast("_Decoder", head).observation_vector(batch.observations)
        return ObjectiveLoss(self._loss(head(encode(batch.observations)), target))


@final
class _Decoder(nn.Module):
    def __init__(self, task: Task, hidden: int, value_range: tuple[float, float] | None) -> None:
        super().__init__()
        self.observation_vector, self.value_range = ObservationVector(task.observation_space), value_range
        self.layers = layers(task.size, self.observation_vector.size, hidden)

    def forward(self, representation: Tensor) -> Tensor:
        said: Tensor = self.layers(representation)
        if self.value_range is None:
            return said
        low, high = self.value_range
        # A blend, because low + (high - low) * share may be rounded to beyond the end.
        return torch.lerp(torch.full_like(said, low), torch.full_like(said, high), torch.sigmoid(said))
