"""Auxiliary objective: what the environment shows after a step."""

from __future__ import annotations

import math
from typing import final

from torch import Tensor, nn
from torch.nn import functional

from rewardlab.agents.auxiliary.batch import AuxiliaryBatch
from rewardlab.agents.auxiliary.head_layers import ActionHead, hidden_problems
from rewardlab.agents.auxiliary.loss_choice import REGRESSION_LOSSES, loss_problems
from rewardlab.agents.auxiliary.objective import AbstractObjective, Encoder, ObjectiveLoss, Task, Weight
from rewardlab.agents.auxiliary.observation_vector import ObservationVector
from rewardlab.errors import Problem
from rewardlab.losses.modules import AbsoluteErrorLoss, HuberLoss, MixtureNLLLoss, SquaredErrorLoss

__all__ = ["NextObservation"]


@final
class NextObservation(AbstractObjective):
    """Predicts the next observation from the representation and the action.

    Observations are compared as in `ObservationVector`: images from 0 to 1, whole numbers one-hot. Where an episode
    ended, the next observation is its own last one. Numbers of very different size deserve ``VecNormalize``.

    A squared error makes the head say the mean of what may follow, which may be a thing that never does. With a
    `MixtureNLLLoss` it names several values and spreads for each number of the observation, and how likely each is, so
    that two valid futures are two components; numbers are taken one by one, not which of them go together. Bishop,
    "Mixture density networks", 1994.

    Args:
        loss: Of the predicted and the true numbers.
        weight: See `AbstractObjective`, as for what follows.
        components: Of the mixture, at least 1; only with a `MixtureNLLLoss`.
        least_spread: Of a component, above 0, in the unit of the observations: without a least one, what can be known
            exactly would have no best likelihood, and its gradients would drown all others.
        name: Under which it is logged.
        representation: What it shapes.
        head_learning_rate: Of the head.
        hidden: Width of the head's hidden layer; 0 for none.

    Raises:
        BadInput: The loss is not one of these, or an argument is out of range.
    """

    def __init__(
        self,
        loss: SquaredErrorLoss | AbsoluteErrorLoss | HuberLoss | MixtureNLLLoss,
        weight: Weight,
        *,
        components: int | None = None,
        least_spread: float = 0.05,
        name: str = "next_observation",
        representation: str | None = None,
        head_learning_rate: float = 1e-3,
        hidden: int = 64,
    ) -> None:
        problems = [
            *loss_problems(name, loss, (*REGRESSION_LOSSES, MixtureNLLLoss), "numbers"),
            *_mixture_problems(name, loss, components, least_spread),
            *hidden_problems(name, hidden),
        ]
        super().__init__(
            name, weight, representation=representation, head_learning_rate=head_learning_rate, problems=problems
        )
        self._loss, self._hidden = loss, hidden
        self._components, self._least_spread = components or 0, least_spread

    def problems(self, task: Task) -> list[Problem]:
        """It suits all tasks."""
        return []

    def make_head(self, task: Task) -> nn.Module:
        """An observation, or a mixture for each of its numbers, of a representation and an action."""
        return _Forecast(task, self._hidden, self._components, self._least_spread)

    def loss(self, head: nn.Module, encode: Encoder, batch: AuxiliaryBatch) -> ObjectiveLoss:
        """How far the predicted observations are from those that came, or how unlikely those were."""
        predicted, target = head(encode(batch.observations), batch)
        return ObjectiveLoss(self._loss(predicted[0], target, *predicted[1:]))


@final
class _Forecast(nn.Module):
    """What is predicted (means, and of a mixture the spreads and logits too), and what came."""

    def __init__(self, task: Task, hidden: int, components: int, least_spread: float) -> None:
        super().__init__()
        self.observation_vector = ObservationVector(task.observation_space)
        self.components, self.least_spread = components, least_spread
        outputs = self.observation_vector.size * (3 * components or 1)
        self.said = ActionHead(task, outputs, hidden)

    def forward(self, representation: Tensor, batch: AuxiliaryBatch) -> tuple[tuple[Tensor, ...], Tensor]:
        said, target = self.said(representation, batch.actions), self.observation_vector(batch.next_observations)
        if not self.components:
            return (said,), target
        means, raw, logits = said.reshape(*target.shape, 3, self.components).unbind(-2)
        return (means, self.least_spread + functional.softplus(raw), logits), target


def _mixture_problems(name: str, loss: object, components: object, least_spread: object) -> list[Problem]:
    problems = []
    mixture = isinstance(loss, MixtureNLLLoss)
    whole = isinstance(components, int) and not isinstance(components, bool) and components >= 1
    if mixture and not whole:
        expected = "a whole number of at least 1 beside a MixtureNLLLoss"
        problems.append(Problem(f"{name}.components", repr(components), expected, "3 for up to three valid futures"))
    if not mixture and components is not None:
        got = f"{components!r} beside a {type(loss).__name__}"
        problems.append(Problem(f"{name}.components", got, "none", "only a MixtureNLLLoss has components"))
    if not (isinstance(least_spread, int | float) and 0 < least_spread < math.inf):
        problems.append(Problem(f"{name}.least_spread", repr(least_spread), "a finite number above 0"))
    return problems
