"""Random numbers of our own while torch's global stream, which the agent draws from, stays where it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import final

import torch
from torch import Tensor

__all__ = ["OwnRandomness"]


@final
class OwnRandomness:
    """A torch stream that is swapped in for a while, on the CPU and on a CUDA device if the agent lives there.

    Args:
        seed: Where it begins.
        device: The agent's.
    """

    def __init__(self, seed: int, device: torch.device) -> None:
        self._device = device
        self._on_cpu: Tensor = torch.Generator().manual_seed(seed).get_state()
        self._on_cuda: Tensor | None = None
        if device.type == "cuda":
            self._on_cuda = torch.Generator(device).manual_seed(seed).get_state()

    @property
    def state(self) -> Tensor:
        """Where the CPU's stream is, ``uint8``; to be saved and given back."""
        return self._on_cpu

    @state.setter
    def state(self, state: Tensor) -> None:
        self._on_cpu = state

    @contextmanager
    def swapped_in(self) -> Iterator[None]:
        """Inside, torch's global stream is ours; afterwards it is as it was."""
        theirs = torch.get_rng_state()
        torch.set_rng_state(self._on_cpu)
        on_cuda = torch.cuda.get_rng_state(self._device) if self._on_cuda is not None else None
        if self._on_cuda is not None:
            torch.cuda.set_rng_state(self._on_cuda, self._device)
        try:
            yield
        finally:
            self._on_cpu = torch.get_rng_state()
            torch.set_rng_state(theirs)
            if on_cuda is not None:
                self._on_cuda = torch.cuda.get_rng_state(self._device)
                torch.cuda.set_rng_state(on_cuda, self._device)
