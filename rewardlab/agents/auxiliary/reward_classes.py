"""Auxiliary objective: whether a step will pay, and with which sign."""

from __future__ import annotations

from typing import final

import torch
from torch import nn

from rewardlab.agents.auxiliary.batch import AuxiliaryBatch
from rewardlab.agents.auxiliary.head_layers import ActionHead, hidden_problems
from rewardlab.agents.auxiliary.loss_choice import BINARY_LOSSES, loss_problems
from rewardlab.agents.auxiliary.objective import AbstractObjective, Encoder, ObjectiveLoss, Task, Weight
from rewardlab.errors import Problem
from rewardlab.losses.modules import (
    BinaryCrossEntropyLoss,
    FocalLoss,
    SoftmaxCrossEntropyLoss,
    WeightedBinaryCrossEntropyLoss,
)

__all__ = ["RewardClasses"]


@final
class RewardClasses(AbstractObjective):
    """Predicts from the representation and the action whether a step pays; for rewards that are rarely not 0.

    With a `SoftmaxCrossEntropyLoss` there are three classes: negative, 0 and positive. With a loss of yes and no there
    are two, 0 and anything else: weigh the rare one (`WeightedBinaryCrossEntropyLoss`), or have the easy cases count
    less (`FocalLoss`). The reward is what the agent is paid; ``VecNormalize`` does not change its sign.

    Jaderberg et al., "Reinforcement learning with unsupervised auxiliary tasks", 2016.

    Args:
        loss: Of the classes; it decides how many there are.
        weight: See `AbstractObjective`, as for what follows.
        name: Under which it is logged.
        representation: What it shapes.
        head_learning_rate: Of the head.
        hidden: Width of the head's hidden layer; 0 for none.

    Raises:
        BadInput: The loss is not one of classes, or an argument is out of range.
    """

    def __init__(
        self,
        loss: SoftmaxCrossEntropyLoss | BinaryCrossEntropyLoss | WeightedBinaryCrossEntropyLoss | FocalLoss,
        weight: Weight,
        *,
        name: str = "reward_classes",
        representation: str | None = None,
        head_learning_rate: float = 1e-3,
        hidden: int = 64,
    ) -> None:
        suitable = (SoftmaxCrossEntropyLoss, *BINARY_LOSSES)
        problems = [*loss_problems(name, loss, suitable, "classes"), *hidden_problems(name, hidden)]
        super().__init__(
            name, weight, representation=representation, head_learning_rate=head_learning_rate, problems=problems
        )
        self._loss, self._hidden = loss, hidden
        self._three = isinstance(loss, SoftmaxCrossEntropyLoss)

    def problems(self, task: Task) -> list[Problem]:
        """It suits all tasks."""
        return []

    def make_head(self, task: Task) -> nn.Module:
        """Three scores or one logit of a representation and an action."""
        return ActionHead(task, 3 if self._three else 1, self._hidden)

    def loss(self, head: nn.Module, encode: Encoder, batch: AuxiliaryBatch) -> ObjectiveLoss:
        """How surprising the classes are."""
        logits = head(encode(batch.observations), batch.actions)
        if self._three:
            return ObjectiveLoss(self._loss(logits, torch.sign(batch.rewards).long() + 1))
        return ObjectiveLoss(self._loss(logits[:, 0], (batch.rewards != 0).to(logits.dtype)))
