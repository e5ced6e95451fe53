"""The learning curve of an SB3 agent, recorded by a callback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, final

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback

from rewardlab.agents.curve_recorder import CurveRecorder
from rewardlab.agents.value_gradient import ValueGradient
from rewardlab.snapshots import Restorable

__all__ = ["LearningCurve"]


@final
class LearningCurve(BaseCallback, Restorable):
    """Hands every episode that ends in training to a recorder, and evaluates the policy at the end of each span.

    Actor-critic agents also get ``value_gradient_norm`` in each point: how large the gradient at the value head was
    before SB3 clipped it, averaged over the minibatches of the span.

    Args:
        recorder: Where the points go.
        evaluate: Says how good the policy is as it stands.
    """

    def __init__(self, recorder: CurveRecorder, evaluate: Callable[[], float]) -> None:
        super().__init__()
        self._recorder = recorder
        self._evaluate = evaluate
        self._gradient: ValueGradient | None = None

    def snapshot(self) -> dict[str, Any]:
        """The gradients seen since the last point; the points are the recorder's."""
        return {"gradient": None if self._gradient is None else self._gradient.snapshot()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a snapshot, in a training that has begun."""
        if self._gradient is not None:
            self._gradient.restore(state["gradient"])

    def _on_training_start(self) -> None:
        head = getattr(self.model.policy, "value_net", None)
        self._gradient = None if head is None else ValueGradient(head)

    def _on_step(self) -> bool:
        for index in np.flatnonzero(self.locals["dones"]).tolist():
            self._recorder.add(self.locals["infos"][index]["episode"])
        if self._recorder.span_ends(self.num_timesteps):
            self._close_span()
        return True

    def _on_training_end(self) -> None:
        self._close_span()
        if self._gradient is not None:
            self._gradient.remove()

    def _close_span(self) -> None:
        norm = None if self._gradient is None else self._gradient.mean_norm()
        measured = {} if norm is None else {"value_gradient_norm": norm}
        self._recorder.close_span(self.num_timesteps, evaluated=self._evaluate(), **measured)
