"""An observation as one flat vector, as something that a head can predict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import torch
from gymnasium import spaces
from stable_baselines3.common.preprocessing import get_flattened_obs_dim, preprocess_obs
from torch import Tensor

__all__ = ["ObservationVector"]


@final
@dataclass(frozen=True, slots=True)
class ObservationVector:
    """Observations as vectors: images divided by 255, whole numbers one-hot, dictionaries joined in the order of keys.

    Attributes:
        space: The agent's observation space.
    """

    space: spaces.Space[Any]

    @property
    def size(self) -> int:
        """The length of a vector."""
        return sum(get_flattened_obs_dim(part) for part in _parts(self.space).values())

    def __call__(self, observations: Any) -> Tensor:
        """Observations as SB3's networks get them, ``[B, ...]`` or a dictionary of such, as float32 ``[B, size]``."""
        named = observations if isinstance(self.space, spaces.Dict) else {"": observations}
        vectors: list[Tensor] = []
        for key, part in _parts(self.space).items():
            prepared = preprocess_obs(named[key], part)
            assert isinstance(prepared, Tensor)
            vectors.append(prepared.reshape(len(prepared), -1))
        return vectors[0] if len(vectors) == 1 else torch.cat(vectors, dim=1)


def _parts(space: spaces.Space[Any]) -> dict[str, spaces.Space[Any]]:
    if isinstance(space, spaces.Dict):
        return {key: space[key] for key in sorted(space.spaces)}
    return {"": space}
