"""What the heads of the objectives are made of: linear layers, after a representation and, if need be, an action."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from rewardlab.agents.auxiliary.action_vector import ActionVector
from rewardlab.agents.auxiliary.objective import Task
from rewardlab.errors import Problem

__all__ = ["ActionHead", "hidden_problems", "layers"]


@final
class ActionHead(nn.Module):
    """From a representation and the action that was taken there to some numbers.

    Args:
        task: Whose representation and actions.
        outputs: How many numbers.
        hidden: The width of the layer in between; 0 for none, so that what the action adds is the same everywhere.
    """

    def __init__(self, task: Task, outputs: int, hidden: int) -> None:
        super().__init__()
        self.action_vector = ActionVector(task.action_space)
        self.layers = layers(task.size + self.action_vector.size, outputs, hidden)

    def forward(self, representation: Tensor, actions: Tensor) -> Tensor:
        """The numbers, ``[B, outputs]``, of a representation ``[B, size]`` and actions as a batch has them."""
        said: Tensor = self.layers(torch.cat([representation, self.action_vector(actions)], dim=1))
        return said


def layers(inputs: int, outputs: int, hidden: int) -> nn.Module:
    """A linear layer, or two with ``hidden`` rectified units in between."""
    if hidden == 0:
        return nn.Linear(inputs, outputs)
    return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs))


def hidden_problems(name: str, hidden: object) -> list[Problem]:
    """What is wrong with the width of a hidden layer."""
    if isinstance(hidden, int) and not isinstance(hidden, bool) and hidden >= 0:
        return []
    return [Problem(f"{name}.hidden", repr(hidden), "a whole number of at least 0", "0 leaves the layer out")]
