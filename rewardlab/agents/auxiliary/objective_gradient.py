"""The gradient of one objective on one batch: on what it shares with the agent, and on its own head."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from rewardlab.agents.auxiliary.batch import AuxiliaryBatch
from rewardlab.agents.auxiliary.joined_gradient import AddedGradient
from rewardlab.agents.auxiliary.objective import AbstractObjective
from rewardlab.agents.auxiliary.representation import Representation
from rewardlab.errors import BadInput, RunFailed

__all__ = ["objective_gradient"]


def objective_gradient(
    objective: AbstractObjective,
    head: nn.Module,
    parameters: tuple[list[nn.Parameter], list[nn.Parameter]],
    representation: Representation,
    batch: AuxiliaryBatch,
    weight: float,
    places: Mapping[int, int],
) -> AddedGradient:
    """Compute the loss of a batch, leave the head's gradients in the head, and return those of the representation.

    Args:
        objective: Whose loss.
        head: What it made.
        parameters: The head's own, and its opponent's.
        representation: What it shapes.
        batch: Transitions.
        weight: 0 keeps the representation out of it altogether.
        places: Of the representation's parameters among those of a `JoinedGradient`, by ``id``.

    Raises:
        RunFailed: The loss is not finite, or refuses what a head predicted.
        BadInput: An objective of the user's own returned no loss.
    """
    shared = [parameter for _, parameter in representation.parameters] if weight else []

    def encode(observations: Any) -> Tensor:
        with torch.set_grad_enabled(bool(shared)):
            return representation.encode(observations)

    try:
        loss = objective.loss(head, encode, batch)
    except BadInput as refused:
        if objective.name in str(refused):
            raise
        # A loss knows its own name only, and in the middle of a training it is no longer the user's input.
        raise RunFailed(f"auxiliary objective {objective.name!r}: {refused}") from refused
    if not math.isfinite(loss.value.item()):
        raise RunFailed(f"auxiliary objective {objective.name!r}: its loss is {loss.value.item()}")
    own, opponent = parameters
    with_opponent = loss.opponent is not None
    gradients = torch.autograd.grad(loss.value, [*shared, *own], allow_unused=True, retain_graph=with_opponent)
    for parameter, gradient in zip(own, gradients[len(shared) :], strict=True):
        parameter.grad = gradient
    if loss.opponent is not None:
        for parameter, gradient in zip(opponent, torch.autograd.grad(loss.opponent, opponent), strict=True):
            parameter.grad = gradient
    reached = zip(shared, gradients[: len(shared)], strict=True)
    by_place = {places[id(parameter)]: gradient for parameter, gradient in reached if gradient is not None}
    return AddedGradient(objective.name, weight, loss.value.detach(), by_place)
