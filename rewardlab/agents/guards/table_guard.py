"""Looks at the action values of a tabular learner."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.agents.guards.guard_settings import GuardSettings
from rewardlab.agents.guards.trail import Trail
from rewardlab.errors import Diverged, Problem

__all__ = ["TableGuard"]


@final
class TableGuard:
    """Ends a training at the first action value that is no number, or absurdly large.

    Args:
        table: ``[S, A]`` the action values to begin with; minus infinity for actions that are not legal.
        settings: How large is absurd.
        trail: The last steps, for the report.
    """

    def __init__(self, table: NDArray[np.float64], settings: GuardSettings, trail: Trail) -> None:
        self._legal = table != -np.inf
        # A value is a sum of rewards.
        self._largest = settings.gradient
        self._square = settings.gradient**2
        self._trail = trail

    def updated(
        self, table: NDArray[np.float64], states: NDArray[np.int64], actions: NDArray[np.int64], number: int
    ) -> None:
        """Look at the values that a step has changed.

        Args:
            table: ``[S, A]`` as it is now.
            states: ``[N]`` where the step began.
            actions: ``[N]`` what was done.
            number: Of the step.

        Raises:
            Diverged: One of them is no number, or absurd.
        """
        values = table[states, actions]
        with np.errstate(over="ignore"):
            # Written so that NaN does not pass.
            is_sound = values.dot(values) <= self._square
        if not is_sound:
            for state, action in zip(states.tolist(), actions.tolist(), strict=True):
                self._look_at(table, state, action, number)

    def whole(self, table: NDArray[np.float64], number: int) -> None:
        """Look at all of it.

        Raises:
            Diverged: A value is no number, or absurd.
        """
        wrong = np.argwhere(self._legal & ~(np.abs(table) <= self._largest))
        for state, action in wrong[:1].tolist():
            self._look_at(table, state, action, number)

    def _look_at(self, table: NDArray[np.float64], state: int, action: int, number: int) -> None:
        value: Any = table[state, action]
        if abs(value) <= self._largest:
            return
        problem = Problem(
            f"step {number}",
            f"an action value of {value:g} for action {action} in state {state}",
            f"a finite number of at most {self._largest:g} in size",
            "lower the learning rate or the scale of the reward",
        )
        report = {"step": number, "environment": None, "layer": "table", "value": f"{value:g}"}
        raise Diverged(str(problem), {**report, "last_steps": self._trail.last_steps(0)})
