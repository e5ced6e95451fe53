"""When an episode has succeeded, and when enough of them have: the arithmetic of a curriculum."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from rewardlab.errors import BadInput, Problem

__all__ = ["Promotion", "Success"]


@final
@dataclass(frozen=True, slots=True)
class Success:
    """When an episode has succeeded: an event occurred in it, or its objective came to enough. One of the two is given.

    Attributes:
        event: The name of an event.
        objective_at_least: What the undiscounted sum of the objective must reach. An environment without an objective
            is taken to mean what it pays.
    """

    event: str | None = None
    objective_at_least: float | None = None

    def __post_init__(self) -> None:
        if (self.event is None) == (self.objective_at_least is None):
            got = "neither" if self.event is None else "both"
            raise BadInput(Problem("success", got, "either an event or objective_at_least"))
        if self.objective_at_least is not None and not math.isfinite(self.objective_at_least):
            raise BadInput(Problem("success.objective_at_least", repr(self.objective_at_least), "a finite number"))

    def reached(self, total: float) -> bool:
        """Whether an episode whose event or objective came to a total has succeeded."""
        return total > 0.0 if self.objective_at_least is None else total >= self.objective_at_least


@final
class Promotion:
    """Counts successes, and moves on to the next stage when enough of the last episodes of this one succeeded.

    Only episodes that *began* in the present stage count.

    Args:
        stages: How many stages there are before the task itself.
        window: How many of the last episodes are looked at; before there are so many, nobody is promoted.
        rate: The share of them that must have succeeded, in (0, 1].

    Attributes:
        stage: The present one; ``stages`` is the task itself.
    """

    def __init__(self, stages: int, *, window: int, rate: float) -> None:
        problems = []
        if isinstance(window, bool) or not isinstance(window, int | np.integer) or window < 1:
            problems.append(Problem("window", repr(window), "a number of episodes, at least 1"))
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0.0 < rate <= 1.0:
            problems.append(Problem("rate", repr(rate), "a share in (0, 1]"))
        if stages < 1:
            problems.append(Problem("stages", "none", "at least one set of first states"))
        if problems:
            raise BadInput(*problems)
        self.stages, self.window, self.rate = stages, int(window), float(rate)
        self.stage = 0
        self._outcomes: deque[bool] = deque(maxlen=self.window)

    @property
    def success_rate(self) -> float:
        """The share of successes among the last episodes of this stage; NaN before the first."""
        return sum(self._outcomes) / len(self._outcomes) if self._outcomes else math.nan

    def take(self, begun_in: int, succeeded: bool) -> bool:
        """Take an episode in; True if that moves on to the next stage."""
        if begun_in != self.stage:
            return False
        self._outcomes.append(succeeded)
        promoted = self.stage < self.stages and len(self._outcomes) == self.window and self.success_rate >= self.rate
        if promoted:
            self.stage += 1
            self._outcomes.clear()
        return promoted

    def state_dict(self) -> dict[str, Any]:
        """Stage and last outcomes, as JSON data."""
        return {"stage": self.stage, "outcomes": list(self._outcomes)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state.

        Raises:
            BadInput: The state does not fit.
        """
        stage, outcomes = state.get("stage"), state.get("outcomes")
        if isinstance(stage, bool) or not isinstance(stage, int) or not 0 <= stage <= self.stages:
            raise BadInput(Problem("state['stage']", repr(stage), f"a whole number from 0 to {self.stages}"))
        fits = isinstance(outcomes, list) and all(isinstance(outcome, bool) for outcome in outcomes)
        if not fits or len(outcomes) > self.window:  # type: ignore[arg-type]
            raise BadInput(Problem("state['outcomes']", repr(outcomes), f"a list of at most {self.window} booleans"))
        self.stage = stage
        self._outcomes = deque(outcomes, maxlen=self.window)  # type: ignore[arg-type]
