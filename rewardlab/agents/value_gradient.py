"""How large the gradients of the value loss are: what a badly scaled reward blows up first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

import numpy as np
import torch

from rewardlab.snapshots import Restorable

__all__ = ["ValueGradient"]


@final
class ValueGradient(Restorable):
    """Watches the gradient at a value head, before it is clipped, without changing it.

    Args:
        head: The last layer of the value function.
    """

    def __init__(self, head: torch.nn.Module) -> None:
        self._squares: list[torch.Tensor] = []
        self._parameters = list(head.parameters())
        self._handles = [
            parameter.register_post_accumulate_grad_hook(self._note)  # type: ignore[no-untyped-call]
            for parameter in self._parameters
        ]

    def mean_norm(self) -> float | None:
        """The mean norm over the backward passes since the last call; None if there were none."""
        if not self._squares:
            return None
        count = len(self._parameters)
        norms = torch.stack(self._squares).reshape(-1, count).sum(dim=1).sqrt()
        self._squares = []
        return float(norms.mean())

    def remove(self) -> None:
        """Stop watching."""
        for handle in self._handles:
            handle.remove()

    def snapshot(self) -> dict[str, Any]:
        """What was seen since the last mean."""
        return {"squares": np.array([float(square) for square in self._squares], dtype=np.float32)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a snapshot of a watch on a head of the same make."""
        self._squares = [*torch.from_numpy(np.array(state["squares"], dtype=np.float32))]

    def _note(self, parameter: torch.Tensor) -> None:
        if parameter.grad is not None:
            self._squares.append(parameter.grad.detach().square().sum())
