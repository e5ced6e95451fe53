"""An action as one flat vector, as something that a head can be told."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Any, final

import torch
from gymnasium import spaces
from torch import Tensor

__all__ = ["ActionVector", "choices"]


@final
@dataclass(frozen=True, slots=True)
class ActionVector:
    """Actions as vectors: choices one-hot and side by side, switches as 0 and 1, anything else as it is.

    Attributes:
        space: The agent's action space.
    """

    space: spaces.Space[Any]

    @property
    def size(self) -> int:
        """The length of a vector."""
        return sum(choices(self.space)) or int(spaces.utils.flatdim(self.space))

    def __call__(self, actions: Tensor) -> Tensor:
        """Actions of a batch, ``[B]`` or ``[B, ...]``, as float32 ``[B, size]``."""
        counts = choices(self.space)
        rows = actions.reshape(len(actions), -1)
        if not counts:
            return rows.float()
        begins = torch.tensor([0, *accumulate(counts[:-1])], device=rows.device)
        # Several times faster than functional.one_hot, which looks at every action before.
        empty = torch.zeros(len(rows), sum(counts), device=rows.device)
        return empty.scatter_(1, rows.long() + begins, 1.0)


def choices(space: spaces.Space[Any]) -> list[int]:
    """Between how many actions each choice of a space is; an empty list where actions are no choices."""
    if isinstance(space, spaces.Discrete):
        return [int(space.n)]
    if isinstance(space, spaces.MultiDiscrete):
        return [int(count) for count in space.nvec.ravel()]
    return []
