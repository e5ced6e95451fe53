"""What an on-policy agent of SB3 lived through in its current rollout.

SB3's rollout buffer keeps no next observation and does not say how an episode ended, and where one is cut off it adds
gamma times a value to the reward, in place. So each step is copied as it happens, before SB3 comes to that.
"""

from __future__ import annotations

from typing import Any, final

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from torch import Tensor

from rewardlab.agents.auxiliary.batch import AuxiliaryBatch, map_observations

__all__ = ["RolloutRecord"]


@final
class RolloutRecord:
    """The transitions of one rollout, overwritten by the next.

    Args:
        steps: The steps of a rollout, of each environment.
        device: Where batches are put.
        action_space: Tells whole numbers from others.
    """

    def __init__(self, steps: int, device: torch.device, action_space: spaces.Space[Any]) -> None:
        self._steps, self._device = steps, device
        self._discrete = isinstance(action_space, spaces.Discrete)
        self._filled = 0
        self._arrays: dict[str, Any] = {}
        self._tensors: dict[str, Any] = {}

    def __len__(self) -> int:
        return self._filled * (len(self._arrays["rewards"][0]) if self._arrays else 0)

    def begin(self) -> None:
        """Forget the last rollout."""
        self._filled = 0
        self._tensors = {}

    def add(
        self,
        observations: Any,
        actions: NDArray[Any],
        rewards: NDArray[Any],
        new_observations: Any,
        dones: NDArray[np.bool_],
        infos: list[dict[str, Any]],
    ) -> None:
        """Copy a step of all environments.

        Args:
            observations: ``[N, ...]`` before the step, or a dictionary of such.
            actions: ``[N, ...]`` as the environments got them.
            rewards: ``[N]``.
            new_observations: As returned, after an ending those of the next episode.
            dones: ``[N]`` whether an episode ended.
            infos: Hold ``terminal_observation`` and ``TimeLimit.truncated`` where one did.
        """
        truncated = np.array([bool(info.get("TimeLimit.truncated", False)) for info in infos]) & dones
        self._put("observations", observations)
        self._put("actions", actions)
        self._put("rewards", np.asarray(rewards, np.float32))
        self._put("next_observations", _true_next(new_observations, dones, infos))
        self._put("terminated", dones & ~truncated)
        self._put("truncated", truncated)
        self._filled += 1

    def sample(self, generator: np.random.Generator, size: int) -> AuxiliaryBatch:
        """Draw transitions of the rollout, with replacement."""
        rows = torch.from_numpy(generator.integers(0, len(self), size))
        if not self._tensors:
            self._tensors = {name: map_observations(self._as_rows, part) for name, part in self._arrays.items()}
        drawn = {
            name: map_observations(lambda part: part.index_select(0, rows).to(self._device), part)
            for name, part in self._tensors.items()
        }
        if self._discrete:
            drawn["actions"] = drawn["actions"].long().flatten()
        return AuxiliaryBatch(**drawn)

    def _as_rows(self, array: NDArray[Any]) -> Tensor:
        """All steps of all environments one below the other, without a copy."""
        filled = array[: self._filled]
        return torch.from_numpy(filled.reshape(-1, *filled.shape[2:]))

    def _put(self, name: str, values: Any) -> None:
        if name not in self._arrays:
            empty = lambda part: np.empty((self._steps, *np.shape(part)), np.asarray(part).dtype)  # noqa: E731
            self._arrays[name] = map_observations(empty, values)
        if isinstance(values, dict):
            for key, part in values.items():
                self._arrays[name][key][self._filled] = part
        else:
            self._arrays[name][self._filled] = values


def _true_next(new_observations: Any, dones: NDArray[np.bool_], infos: list[dict[str, Any]]) -> Any:
    """What followed each step; copies only where an episode ended."""
    ended = np.flatnonzero(dones)
    if not len(ended):
        return new_observations
    true = map_observations(np.array, new_observations)
    for index in ended:
        last = infos[index]["terminal_observation"]
        if isinstance(true, dict):
            for key in true:
                true[key][index] = last[key]
        else:
            true[index] = last
    return true
