"""Auxiliary objective: the value of what the agent does, learned again from single steps."""

from __future__ import annotations

from typing import final

from torch import nn

from rewardlab.agents.auxiliary.batch import AuxiliaryBatch
from rewardlab.agents.auxiliary.head_layers import hidden_problems, layers
from rewardlab.agents.auxiliary.loss_choice import REGRESSION_LOSSES, loss_problems
from rewardlab.agents.auxiliary.objective import AbstractObjective, Encoder, ObjectiveLoss, Task, Weight
from rewardlab.errors import Problem
from rewardlab.losses.modules import AbsoluteErrorLoss, HuberLoss, SquaredErrorLoss

__all__ = ["ValueReplay"]


@final
class ValueReplay(AbstractObjective):
    """Predicts the discounted return from the representation, by one-step temporal differences.

    The target is ``reward + gamma * value(next observation)``, by the head itself and without a gradient. It is the
    reward alone where the step terminated, and goes on behind the true last observation where the episode was only cut
    off: no return is needed that reaches beyond what a single step knows, so that it is right on a rollout and on a
    replay buffer alike. What it converges to is the value of the behaviour that made the transitions: on-policy that of
    the current policy, off-policy that of the mixture of policies in the buffer.

    After the value replay of Jaderberg et al., "Reinforcement learning with unsupervised auxiliary tasks", 2016, which
    used n steps and the agent's own value head.

    Args:
        loss: Of the value and its target, in the unit of the reward. An `AbsoluteErrorLoss` leads to medians, not to
            means, and a `HuberLoss` to something between.
        weight: See `AbstractObjective`, as for what follows.
        gamma: The discount, from 0 to 1; the agent's own, unless another horizon is meant.
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
        gamma: float,
        name: str = "value_replay",
        representation: str | None = None,
        head_learning_rate: float = 1e-3,
        hidden: int = 64,
    ) -> None:
        problems = [*loss_problems(name, loss, REGRESSION_LOSSES, "numbers"), *hidden_problems(name, hidden)]
        if not (isinstance(gamma, int | float) and not isinstance(gamma, bool) and 0 <= gamma <= 1):
            problems.append(Problem(f"{name}.gamma", repr(gamma), "a number from 0 to 1"))
        super().__init__(
            name, weight, representation=representation, head_learning_rate=head_learning_rate, problems=problems
        )
        self._loss, self._hidden, self._gamma = loss, hidden, float(gamma)

    def problems(self, task: Task) -> list[Problem]:
        """It suits all tasks."""
        return []

    def make_head(self, task: Task) -> nn.Module:
        """One number of a representation."""
        return layers(task.size, 1, self._hidden)

    def loss(self, head: nn.Module, encode: Encoder, batch: AuxiliaryBatch) -> ObjectiveLoss:
        """How far the values are from what the next step says of them."""
        value = head(encode(batch.observations))[:, 0]
        following = head(encode(batch.next_observations))[:, 0].detach()
        goes_on = (~batch.terminated).to(following.dtype)
        return ObjectiveLoss(self._loss(value, batch.rewards + self._gamma * goes_on * following))
