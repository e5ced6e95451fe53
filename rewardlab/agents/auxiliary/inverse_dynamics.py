"""Auxiliary objective: the action, out of what it led from and to."""

from __future__ import annotations

from typing import Any, final

import torch
from gymnasium import spaces
from torch import Tensor, nn

from rewardlab.agents.auxiliary.action_vector import ActionVector, choices
from rewardlab.agents.auxiliary.batch import AuxiliaryBatch
from rewardlab.agents.auxiliary.head_layers import hidden_problems, layers
from rewardlab.agents.auxiliary.loss_choice import REGRESSION_LOSSES, loss_problems
from rewardlab.agents.auxiliary.objective import AbstractObjective, Encoder, ObjectiveLoss, Task, Weight
from rewardlab.errors import Problem
from rewardlab.losses.modules import (
    AbsoluteErrorLoss,
    BinaryCrossEntropyLoss,
    HuberLoss,
    SoftmaxCrossEntropyLoss,
    SquaredErrorLoss,
)

__all__ = ["InverseDynamics"]

_BY_SPACE: tuple[tuple[type[spaces.Space[Any]], tuple[type[nn.Module], ...]], ...] = (
    (spaces.Discrete, (SoftmaxCrossEntropyLoss,)),
    (spaces.MultiDiscrete, (SoftmaxCrossEntropyLoss,)),
    (spaces.MultiBinary, (BinaryCrossEntropyLoss,)),
    (spaces.Box, REGRESSION_LOSSES),
)


@final
class InverseDynamics(AbstractObjective):
    """Predicts the action from the representations of the observations before and after it.

    What an agent cannot influence needs no place in such a representation. Several choices are predicted one by one,
    and the mean of their losses counts. Continuous actions are as the batch has them: on-policy in the unit of the
    environment, off-policy scaled to [-1, 1].

    Pathak et al., "Curiosity-driven exploration by self-supervised prediction", 2017.

    Args:
        loss: A `SoftmaxCrossEntropyLoss` for choices, a `BinaryCrossEntropyLoss` for switches, one of numbers for
            continuous actions.
        weight: See `AbstractObjective`, as for what follows.
        name: Under which it is logged.
        representation: What it shapes.
        head_learning_rate: Of the head.
        hidden: Width of the head's hidden layer; 0 for none.

    Raises:
        BadInput: An argument is out of range. When training begins: the loss does not suit the actions.
    """

    def __init__(
        self,
        loss: SoftmaxCrossEntropyLoss | BinaryCrossEntropyLoss | SquaredErrorLoss | AbsoluteErrorLoss | HuberLoss,
        weight: Weight,
        *,
        name: str = "inverse_dynamics",
        representation: str | None = None,
        head_learning_rate: float = 1e-3,
        hidden: int = 64,
    ) -> None:
        suitable = (SoftmaxCrossEntropyLoss, BinaryCrossEntropyLoss, *REGRESSION_LOSSES)
        problems = [*loss_problems(name, loss, suitable, "actions"), *hidden_problems(name, hidden)]
        super().__init__(
            name, weight, representation=representation, head_learning_rate=head_learning_rate, problems=problems
        )
        self._loss, self._hidden = loss, hidden

    def problems(self, task: Task) -> list[Problem]:
        """The loss must be one of such actions."""
        space = task.action_space
        if 1 in choices(space):
            got = f"a choice between one action in {space}"
            return [Problem(self.name, got, "at least two actions", "there is nothing to find out")]
        for kind, suitable in _BY_SPACE:
            if isinstance(space, kind):
                return loss_problems(self.name, self._loss, suitable, f"{kind.__name__} actions")
        known = ", ".join(kind.__name__ for kind, _ in _BY_SPACE)
        return [Problem(self.name, f"actions in {space}", f"a space that can be predicted: {known}")]

    def make_head(self, task: Task) -> nn.Module:
        """Scores of the choices, logits of the switches or numbers, of two representations."""
        return _ActionGuess(task, self._hidden)

    def loss(self, head: nn.Module, encode: Encoder, batch: AuxiliaryBatch) -> ObjectiveLoss:
        """How far the guessed actions are from those taken, or how surprising those are."""
        guesses = head(encode(batch.observations), encode(batch.next_observations))
        rows = batch.actions.reshape(len(batch), -1)
        if isinstance(self._loss, SoftmaxCrossEntropyLoss):
            losses = [self._loss(scores, rows[:, place].long()) for place, scores in enumerate(guesses)]
            return ObjectiveLoss(torch.stack(losses).mean())
        return ObjectiveLoss(self._loss(guesses[0], rows.to(guesses[0].dtype)))


@final
class _ActionGuess(nn.Module):
    """One tensor for each choice, or one for all numbers."""

    def __init__(self, task: Task, hidden: int) -> None:
        super().__init__()
        width = ActionVector(task.action_space).size
        self.widths = choices(task.action_space) or [width]
        self.layers = layers(2 * task.size, width, hidden)

    def forward(self, before: Tensor, after: Tensor) -> tuple[Tensor, ...]:
        return torch.split(self.layers(torch.cat([before, after], dim=1)), self.widths, dim=1)
