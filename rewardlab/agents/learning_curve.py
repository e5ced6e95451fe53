"""What training paid and what it achieved, as it went on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback

__all__ = ["LearningCurve"]


@final
class LearningCurve(BaseCallback):
    """Averages the episodes that end in training over equal spans of steps.

    Attributes:
        points: One dictionary a span: ``steps`` at its end, ``episodes`` in it, and the means over them of ``paid``
            (what the learner saw, shaping included), ``objective``, ``length`` and each ``ledger`` line. A span in
            which no episode ended is left out.

    Args:
        budget_steps: The length of the training.
        on_progress: Called with the steps taken at the end of each span.
        spans: The number of points.
    """

    def __init__(self, budget_steps: int, on_progress: Callable[[int], None], spans: int = 40) -> None:
        super().__init__()
        self.points: list[dict[str, Any]] = []
        self._span_steps = max(1, budget_steps // spans)
        self._next_end = self._span_steps
        self._on_progress = on_progress
        self._episodes: list[dict[str, Any]] = []

    def _on_step(self) -> bool:
        for index in np.flatnonzero(self.locals["dones"]).tolist():
            self._episodes.append(self.locals["infos"][index]["episode"])
        if self.num_timesteps >= self._next_end:
            self._close_span()
        return True

    def _on_training_end(self) -> None:
        self._close_span()

    def _close_span(self) -> None:
        self._next_end += self._span_steps
        self._on_progress(self.num_timesteps)
        if not self._episodes:
            return
        lines = {name for episode in self._episodes for name in episode["ledger"]}
        point = {
            "steps": self.num_timesteps,
            "episodes": len(self._episodes),
            "paid": float(np.mean([episode["r"] for episode in self._episodes])),
            "objective": float(np.mean([episode["objective"] for episode in self._episodes])),
            "length": float(np.mean([episode["l"] for episode in self._episodes])),
            "ledger": {
                name: float(np.mean([episode["ledger"].get(name, 0.0) for episode in self._episodes]))
                for name in sorted(lines)
            },
        }
        self.points.append(point)
        self._episodes = []
