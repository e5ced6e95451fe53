"""Auxiliary objective: a function of your own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, final

import torch
from torch import Tensor, nn

from rewardlab.agents.auxiliary.batch import AuxiliaryBatch
from rewardlab.agents.auxiliary.objective import AbstractObjective, Encoder, ObjectiveLoss, Task, Weight
from rewardlab.errors import BadInput, Problem, one_of

__all__ = ["OwnObjective"]


@final
class OwnObjective(AbstractObjective):
    """Any loss of a batch.

    Args:
        name: Under which it is logged.
        make_head: From the `Task` to the layers that the loss needs, with at least one parameter.
        function: From the head, ``encode`` and a batch to a scalar tensor with a gradient. ``encode`` takes
            ``batch.observations`` or ``batch.next_observations`` to the representation, ``[B, size]``.
        weight: See `AbstractObjective`, as for what follows.
        representation: What it shapes.
        head_learning_rate: Of the head.

    Raises:
        BadInput: An argument is out of range or no function. Before training: what ``make_head`` returns is no module
            with parameters. In the first update: what ``function`` returns is no scalar tensor on the agent's device
            that depends on the representation or the head, or it asks for an observation that there is not.
    """

    def __init__(
        self,
        name: str,
        make_head: Callable[[Task], nn.Module],
        function: Callable[[Any, Encoder, AuxiliaryBatch], Tensor],
        weight: Weight,
        *,
        representation: str | None = None,
        head_learning_rate: float = 1e-3,
    ) -> None:
        given = {"make_head": make_head, "function": function}
        problems = [
            Problem(f"{name}.{argument}", repr(value), "a function")
            for argument, value in given.items()
            if not callable(value)
        ]
        super().__init__(
            name, weight, representation=representation, head_learning_rate=head_learning_rate, problems=problems
        )
        self._make_head, self._function = make_head, function

    def problems(self, task: Task) -> list[Problem]:
        """Only the function knows what it needs."""
        return []

    def make_head(self, task: Task) -> nn.Module:
        """What was asked for.

        Raises:
            BadInput: It is no module, or has nothing to train.
        """
        head = self._make_head(task)
        where = f"{self.name}.make_head"
        if not isinstance(head, nn.Module):
            raise BadInput(Problem(where, f"a {type(head).__name__}", "a torch.nn.Module"))
        if not any(parameter.requires_grad for parameter in head.parameters()):
            fix = "a projection such as nn.Linear(task.size, 16) is enough"
            raise BadInput(Problem(where, f"a {type(head).__name__} without parameters", "something to train", fix))
        return head

    def loss(self, head: nn.Module, encode: Encoder, batch: AuxiliaryBatch) -> ObjectiveLoss:
        """What the function says.

        Raises:
            BadInput: It is no scalar tensor on the device of the batch with a gradient, or the function asked for an
                observation that is not in the batch.
        """

        def observed(observations: Any) -> Tensor:
            # With weight 0 nothing leads back to the agent, but a loss of the representation alone is still no error.
            representation = encode(observations)
            return representation if representation.requires_grad else representation.detach().requires_grad_()

        where = f"loss of auxiliary objective {self.name!r}"
        try:
            value = self._function(head, observed, _with_named_observations(batch, where))
        except BadInput as refused:
            # By a loss of this library, or by the observations: neither knows for whom.
            named = [
                found if found.where == where else replace(found, where=f"{where}: {found.where}")
                for found in refused.problems
            ]
            raise BadInput(*named) from refused
        problem = _value_problem(where, value, batch.rewards.device)
        if problem is not None:
            raise BadInput(problem)
        return ObjectiveLoss(value)


@final
class _NamedObservations(dict[str, Any]):
    def __init__(self, observations: dict[str, Any], where: str) -> None:
        super().__init__(observations)
        self._where = where

    def __missing__(self, key: str) -> Any:
        raise BadInput(one_of(self._where, key, self, "observation"))


def _with_named_observations(batch: AuxiliaryBatch, where: str) -> AuxiliaryBatch:
    if not isinstance(batch.observations, dict):
        return batch
    before, after = (_NamedObservations(part, where) for part in (batch.observations, batch.next_observations))
    return replace(batch, observations=before, next_observations=after)


def _value_problem(where: str, value: Any, device: torch.device) -> Problem | None:
    if not isinstance(value, Tensor):
        return Problem(where, f"a {type(value).__name__}", "a tensor", "leave out .item() and float()")
    if value.ndim != 0:
        return Problem(where, f"a tensor of shape {tuple(value.shape)}", "a scalar", "take its mean: .mean()")
    if not value.is_floating_point():
        return Problem(where, f"a tensor of {value.dtype}", "a floating dtype")
    if value.device != device:
        return Problem(where, f"a tensor on {value.device}", f"one on {device}", "make the head's tensors there")
    if not value.requires_grad:
        fix = "leave out .detach() and torch.no_grad(), and use the head or encode(...)"
        return Problem(where, "a tensor without a gradient", "one that depends on the head or on encode(...)", fix)
    return None
