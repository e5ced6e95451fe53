"""Auxiliary objective: whether a step will end the task."""

from __future__ import annotations

from typing import final

from torch import nn

from rewardlab.agents.auxiliary.batch import AuxiliaryBatch
from rewardlab.agents.auxiliary.head_layers import ActionHead, hidden_problems
from rewardlab.agents.auxiliary.loss_choice import BINARY_LOSSES, loss_problems
from rewardlab.agents.auxiliary.objective import AbstractObjective, Encoder, ObjectiveLoss, Task, Weight
from rewardlab.errors import Problem
from rewardlab.losses.modules import BinaryCrossEntropyLoss, FocalLoss, WeightedBinaryCrossEntropyLoss

__all__ = ["TerminationPrediction"]


@final
class TerminationPrediction(AbstractObjective):
    """Predicts from the representation and the action whether a step terminates; a time limit is no termination.

    Terminations are rare, one in an episode: weigh them (`WeightedBinaryCrossEntropyLoss`), or have the easy cases
    count less (`FocalLoss`). Kartal et al., "Terminal prediction as an auxiliary task for deep reinforcement
    learning", 2019 (there: how much of the episode is over).

    Args:
        loss: Of yes and no.
        weight: See `AbstractObjective`, as for what follows.
        name: Under which it is logged.
        representation: What it shapes.
        head_learning_rate: Of the head.
        hidden: Width of the head's hidden layer; 0 for none.

    Raises:
        BadInput: The loss is not one of yes and no, or an argument is out of range.
    """

    def __init__(
        self,
        loss: BinaryCrossEntropyLoss | WeightedBinaryCrossEntropyLoss | FocalLoss,
        weight: Weight,
        *,
        name: str = "termination",
        representation: str | None = None,
        head_learning_rate: float = 1e-3,
        hidden: int = 64,
    ) -> None:
        problems = [*loss_problems(name, loss, BINARY_LOSSES, "yes and no"), *hidden_problems(name, hidden)]
        super().__init__(
            name, weight, representation=representation, head_learning_rate=head_learning_rate, problems=problems
        )
        self._loss, self._hidden = loss, hidden

    def problems(self, task: Task) -> list[Problem]:
        """It suits all tasks; one that never terminates only teaches it so."""
        return []

    def make_head(self, task: Task) -> nn.Module:
        """One logit of a representation and an action."""
        return ActionHead(task, 1, self._hidden)

    def loss(self, head: nn.Module, encode: Encoder, batch: AuxiliaryBatch) -> ObjectiveLoss:
        """How surprising the terminations are."""
        logits = head(encode(batch.observations), batch.actions)[:, 0]
        return ObjectiveLoss(self._loss(logits, batch.terminated.to(logits.dtype)))
