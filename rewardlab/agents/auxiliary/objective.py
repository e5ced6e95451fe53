"""What an auxiliary objective is: a head on a representation of the agent, and a loss of a batch of transitions."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from gymnasium import spaces
from torch import Tensor, nn

from rewardlab.agents.auxiliary.batch import AuxiliaryBatch
from rewardlab.errors import BadInput, Problem

__all__ = ["AbstractObjective", "Encoder", "ObjectiveLoss", "Task", "Weight", "weight_problems"]

Encoder = Callable[[Any], Tensor]
"""From observations, ``[B, ...]`` or a dictionary, to the representation ``[B, size]``."""

Weight = float | Callable[[float], float]
"""A number of at least 0, or a schedule as SB3 has them: of the share of training that is left, from 1 to 0."""


@final
@dataclass(frozen=True, slots=True)
class Task:
    """What a head must fit.

    Attributes:
        observation_space: As the agent's networks get it (images already have their channels first).
        action_space: The agent's.
        size: The width of the representation.
        device: The agent's.
    """

    observation_space: spaces.Space[Any]
    action_space: spaces.Space[Any]
    size: int
    device: torch.device


@final
@dataclass(frozen=True, slots=True)
class ObjectiveLoss:
    """The loss of a batch.

    Attributes:
        value: A scalar, which the representation and the head make smaller.
        opponent: A scalar that only the parameters of ``head.opponent`` make smaller, with an optimiser of their own;
            None if there is no opponent.
    """

    value: Tensor
    opponent: Tensor | None = None


class AbstractObjective(ABC):
    """One auxiliary objective.

    Args:
        name: Under which it is logged and saved; no two objectives of an agent may share one.
        weight: By which its gradient is multiplied, at least 0; a number, or a schedule. With 0 the head still learns
            and the agent is bit by bit what it would be without.
        representation: What it shapes, one of `representation_names`; None for the agent's first that has parameters.
        head_learning_rate: Of the head's own Adam.
        problems: What a subclass has found wrong with its own arguments, to be refused together with the rest.

    Raises:
        BadInput: An argument is out of range.
    """

    def __init__(
        self,
        name: str,
        weight: Weight,
        *,
        representation: str | None = None,
        head_learning_rate: float = 1e-3,
        problems: Sequence[Problem] = (),
    ) -> None:
        problems = [*problems, *weight_problems(f"{name}.weight", weight)]
        if not (isinstance(head_learning_rate, int | float) and 0 < head_learning_rate < math.inf):
            got = repr(head_learning_rate)
            problems.append(Problem(f"{name}.head_learning_rate", got, "a finite number above 0"))
        if not name or any(letter.isspace() or letter in "/\\" for letter in name):
            problems.append(Problem("objective.name", repr(name), "a word without spaces and slashes"))
        if problems:
            raise BadInput(*problems)
        self.name, self.weight, self.representation = name, weight, representation
        self.head_learning_rate = float(head_learning_rate)

    @abstractmethod
    def problems(self, task: Task) -> list[Problem]:
        """What of the task does not suit it; an empty list if nothing."""

    @abstractmethod
    def make_head(self, task: Task) -> nn.Module:
        """The layers that it needs. Random numbers may be drawn from torch's global stream, which is put back."""

    @abstractmethod
    def loss(self, head: nn.Module, encode: Encoder, batch: AuxiliaryBatch) -> ObjectiveLoss:
        """The loss of a batch, by what ``make_head`` made."""


def weight_problems(where: str, weight: object) -> list[Problem]:
    """What is wrong with a weight; a schedule is judged when it is asked."""
    if callable(weight):
        return []
    if isinstance(weight, int | float) and not isinstance(weight, bool) and 0 <= weight < math.inf:
        return []
    return [Problem(where, repr(weight), "a finite number of at least 0, or a schedule of the remaining progress")]
