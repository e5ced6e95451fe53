"""Trains the head of an objective alone, on one batch and with the observations as their own representation."""

from __future__ import annotations

from typing import Any

import torch
from gymnasium import spaces
from torch import Tensor, nn

from rewardlab.agents.auxiliary import AbstractObjective, AuxiliaryBatch, Task


def task_of(size: int = 2, actions: spaces.Space[Any] | None = None) -> Task:
    """Observations of so many numbers, and three actions unless others are given."""
    observations = spaces.Box(-10.0, 10.0, (size,))
    return Task(observations, actions or spaces.Discrete(3), size, torch.device("cpu"))


def batch_of(observations: Tensor, **others: Any) -> AuxiliaryBatch:
    """A batch in which nothing happens but what is given."""
    count = len(observations)
    never = torch.zeros(count, dtype=torch.bool)
    nothing: dict[str, Any] = {
        "actions": torch.zeros(count, dtype=torch.int64),
        "rewards": torch.zeros(count),
        "next_observations": observations,
        "terminated": never,
        "truncated": never,
    }
    return AuxiliaryBatch(observations, **{**nothing, **others})


def learned(
    objective: AbstractObjective, task: Task, batch: AuxiliaryBatch, steps: int = 200, rate: float = 0.02
) -> tuple[nn.Module, float, float]:
    """The head after some steps of Adam, and the loss before and after them."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    assert objective.problems(task) == []
    head = objective.make_head(task)
    optimizer = torch.optim.Adam(head.parameters(), lr=rate)
    first = last = float("nan")
    for step in range(steps + 1):
        loss = objective.loss(head, lambda observations: observations, batch)
        last = loss.value.item()
        first = last if step == 0 else first
        optimizer.zero_grad()
        loss.value.backward()
        if loss.opponent is not None:
            opponent = [*head.opponent.parameters()]  # type: ignore[union-attr]
            for parameter, gradient in zip(opponent, torch.autograd.grad(loss.opponent, opponent), strict=True):
                parameter.grad = gradient
        optimizer.step()
    return head, first, last
