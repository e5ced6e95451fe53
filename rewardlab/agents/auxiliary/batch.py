"""A batch of transitions for auxiliary objectives: true endings, true last observations, what was really paid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["AuxiliaryBatch", "TransitionSource", "as_tensors", "map_observations"]


@final
@dataclass(frozen=True, slots=True)
class AuxiliaryBatch:
    """Single steps of an agent in its environment; none reaches over the end of an episode.

    Attributes:
        observations: ``[B, ...]`` as the agent's networks get them; a dictionary of such for dictionary spaces.
        actions: ``[B]`` int64 for discrete actions, else ``[B, ...]`` as the environment got them (off-policy: scaled
            to [-1, 1], as SB3's buffer keeps them).
        rewards: ``[B]`` float32, what the agent is paid, without the value that SB3 adds where an episode is cut off.
        next_observations: As ``observations``; where an episode ended, its own last observation.
        terminated: ``[B]`` bool, whether the step ended the task.
        truncated: ``[B]`` bool, whether the step only ended the episode.
    """

    observations: Any
    actions: Tensor
    rewards: Tensor
    next_observations: Any
    terminated: Tensor
    truncated: Tensor

    def __len__(self) -> int:
        return len(self.rewards)


class TransitionSource(Protocol):
    """Where the batches of an agent come from."""

    def sample(self, generator: np.random.Generator, size: int) -> AuxiliaryBatch:
        """Draw transitions, with replacement, by this generator alone."""
        ...


def map_observations(function: Callable[[Any], Any], observations: Any) -> Any:
    """The function of an observation, or of each entry of a dictionary of them."""
    if isinstance(observations, dict):
        return {key: function(part) for key, part in observations.items()}
    return function(observations)


def as_tensors(arrays: Any, device: torch.device) -> Any:
    """Arrays, or a dictionary of them, as tensors on a device; on the CPU they share their memory."""

    def move(array: NDArray[Any]) -> Tensor:
        return torch.as_tensor(array, device=device)

    return map_observations(move, arrays)
