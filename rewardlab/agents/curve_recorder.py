"""What training paid and what it achieved, averaged over spans of steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, final

import numpy as np

from rewardlab.snapshots import Restorable

__all__ = ["CurveRecorder"]


@final
class CurveRecorder(Restorable):
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
        self.points: list[dict[str, Any]] = []
        self._span_steps = max(1, budget_steps // spans)
        self._next_end = self._span_steps
        self._on_progress = on_progress
        self._episodes: list[Mapping[str, Any]] = []

    def add(self, episode: Mapping[str, Any]) -> None:
        """Take note of an episode that ended: the ``info["episode"]`` that the ledger makes."""
        self._episodes.append(episode)

    def span_ends(self, steps: int) -> bool:
        """Whether a span ends here; then `close_span` is due."""
        return steps >= self._next_end

    def close_span(self, steps: int, **measured: float) -> None:
        """End a span.

        Args:
            steps: The environment steps taken so far.
            **measured: Further numbers of this span, kept in its point, such as ``evaluated``: the mean objective of
                the policy without exploration in the bare environment (see `rewardlab.agents.probe`).
        """
        self._next_end += self._span_steps
        self._on_progress(steps)
        if not self._episodes:
            return
        lines = {name for episode in self._episodes for name in episode["ledger"]}
        self.points.append(
            {
                "steps": steps,
                "episodes": len(self._episodes),
                "paid": float(np.mean([episode["r"] for episode in self._episodes])),
                "objective": float(np.mean([episode["objective"] for episode in self._episodes])),
                "length": float(np.mean([episode["l"] for episode in self._episodes])),
                "ledger": {
                    name: float(np.mean([episode["ledger"].get(name, 0.0) for episode in self._episodes]))
                    for name in sorted(lines)
                },
                **measured,
            }
        )
        self._episodes = []

    def snapshot(self) -> dict[str, Any]:
        """The points so far, where the span ends, and the episodes in it."""
        return {"points": [*self.points], "next_end": self._next_end, "episodes": [*self._episodes]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a snapshot."""
        self.points, self._episodes = [*state["points"]], [*state["episodes"]]
        self._next_end = state["next_end"]
