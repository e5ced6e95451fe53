"""Auxiliary objective: next observations that a judge cannot tell from true ones."""

from __future__ import annotations

from typing import cast, final

import torch
from torch import Tensor, nn

from rewardlab.agents.auxiliary.action_vector import ActionVector
from rewardlab.agents.auxiliary.batch import AuxiliaryBatch
from rewardlab.agents.auxiliary.head_layers import ActionHead, hidden_problems, layers
from rewardlab.agents.auxiliary.loss_choice import loss_problems
from rewardlab.agents.auxiliary.objective import AbstractObjective, Encoder, ObjectiveLoss, Task, Weight
from rewardlab.agents.auxiliary.observation_vector import ObservationVector
from rewardlab.errors import Problem
from rewardlab.losses.modules import CombinedGenerativeLoss, DiscriminatorLoss

__all__ = ["AdversarialNextObservation"]


@final
class AdversarialNextObservation(AbstractObjective):
    """Generates the next observation from the representation, the action and noise, against a discriminator.

    The discriminator sees the observation, the action and what followed, true or generated; it has no way into the
    representation, and only its own loss trains it. The generator is also pulled towards the true next observation:
    `CombinedGenerativeLoss` says how much either counts. Where several futures are valid, its squared error asks for
    their mean and the judge for one of them. What is logged is the generator's loss, which need not fall while both get
    better.

    Goodfellow et al., "Generative adversarial networks", 2014; conditioned as by Isola et al., "Image-to-image
    translation with conditional adversarial networks", 2017.

    Args:
        loss: Of the generator.
        weight: See `AbstractObjective`, as for what follows.
        noise: How many standard normal numbers the generator is given, at least 0.
        name: Under which it is logged.
        representation: What it shapes.
        head_learning_rate: Of generator and discriminator.
        hidden: Width of the hidden layers of both; 0 for none.

    Raises:
        BadInput: It is another loss, or an argument is out of range.
    """

    def __init__(
        self,
        loss: CombinedGenerativeLoss,
        weight: Weight,
        *,
        noise: int = 8,
        name: str = "adversarial_next_observation",
        representation: str | None = None,
        head_learning_rate: float = 1e-3,
        hidden: int = 64,
    ) -> None:
        problems = [
            *loss_problems(name, loss, (CombinedGenerativeLoss,), "a generator"),
            *hidden_problems(name, hidden),
        ]
        if not isinstance(noise, int) or isinstance(noise, bool) or noise < 0:
            problems.append(Problem(f"{name}.noise", repr(noise), "a whole number of at least 0"))
        super().__init__(
            name, weight, representation=representation, head_learning_rate=head_learning_rate, problems=problems
        )
        self._loss, self._hidden, self._noise = loss, hidden, noise
        self._verdict = DiscriminatorLoss()

    def problems(self, task: Task) -> list[Problem]:
        """It suits all tasks."""
        return []

    def make_head(self, task: Task) -> nn.Module:
        """A generator, and as ``opponent`` its discriminator."""
        return _Rivals(task, self._hidden, self._noise)

    def loss(self, head: nn.Module, encode: Encoder, batch: AuxiliaryBatch) -> ObjectiveLoss:
        """The loss of the generator, and that of the discriminator on the same generated observations."""
        rivals = cast("_Rivals", head)
        before = rivals.observation_vector(batch.observations)
        true = rivals.observation_vector(batch.next_observations)
        made = rivals.generated(encode(batch.observations), batch.actions)
        value = self._loss(made, true, rivals.judged(before, batch.actions, made))
        verdicts = [rivals.judged(before, batch.actions, shown) for shown in (true, made.detach())]
        return ObjectiveLoss(value, self._verdict(*verdicts))


@final
class _Rivals(nn.Module):
    def __init__(self, task: Task, hidden: int, noise: int) -> None:
        super().__init__()
        self.observation_vector = ObservationVector(task.observation_space)
        self.action_vector = ActionVector(task.action_space)
        self.noise, size = noise, self.observation_vector.size
        with_noise = Task(task.observation_space, task.action_space, task.size + noise, task.device)
        self.generator = ActionHead(with_noise, size, hidden)
        self.opponent = layers(2 * size + self.action_vector.size, 1, hidden)

    def generated(self, representation: Tensor, actions: Tensor) -> Tensor:
        drawn = torch.randn(len(representation), self.noise, device=representation.device)
        made: Tensor = self.generator(torch.cat([representation, drawn], dim=1), actions)
        return made

    def judged(self, before: Tensor, actions: Tensor, after: Tensor) -> Tensor:
        logits: Tensor = self.opponent(torch.cat([before, self.action_vector(actions), after], dim=1))
        return logits[:, 0]
