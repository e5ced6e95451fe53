"""Auxiliary objective: what a step will pay."""

from __future__ import annotations

from typing import final

from torch import nn

from rewardlab.agents.auxiliary.batch import AuxiliaryBatch
from rewardlab.agents.auxiliary.head_layers import ActionHead, hidden_problems
from rewardlab.agents.auxiliary.loss_choice import REGRESSION_LOSSES, loss_problems
from rewardlab.agents.auxiliary.objective import AbstractObjective, Encoder, ObjectiveLoss, Task, Weight
from rewardlab.errors import Problem
from rewardlab.losses.modules import AbsoluteErrorLoss, HuberLoss, SquaredErrorLoss

__all__ = ["RewardPrediction"]


@final
class RewardPrediction(AbstractObjective):
    """Predicts the reward of a step from the representation and the action.

    What is predicted is what the agent is paid, without the value that SB3 adds where an episode is cut off; under
    ``VecNormalize`` it is the normalised reward. Where nearly all rewards are 0, `RewardClasses` learns more.

    Jaderberg et al., "Reinforcement learning with unsupervised auxiliary tasks", 2016 (there: the classes).

    Args:
        loss: Of the predicted and the paid reward, in its unit.
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
        loss: SquaredErrorLoss | AbsoluteErrorLoss | HuberLoss,
        weight: Weight,
        *,
        name: str = "reward",
        representation: str | None = None,
        head_learning_rate: float = 1e-3,
        hidden: int = 64,
    ) -> None:
        problems = [*loss_problems(name, loss, REGRESSION_LOSSES, "numbers"), *hidden_problems(name, hidden)]
        super().__init__(
            name, weight, representation=representation, head_learning_rate=head_learning_rate, problems=problems
        )
        self._loss, self._hidden = loss, hidden

    def problems(self, task: Task) -> list[Problem]:
        """It suits all tasks."""
        return []

    def make_head(self, task: Task) -> nn.Module:
        """One number of a representation and an action."""
        return ActionHead(task, 1, self._hidden)

    def loss(self, head: nn.Module, encode: Encoder, batch: AuxiliaryBatch) -> ObjectiveLoss:
        """How far the predicted rewards are from the paid ones."""
        predicted = head(encode(batch.observations), batch.actions)[:, 0]
        return ObjectiveLoss(self._loss(predicted, batch.rewards))
