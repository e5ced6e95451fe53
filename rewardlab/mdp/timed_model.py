"""A time limit as part of the task: time joins the state, and the last step ends the episode.

It is the criterion of an evaluation over H steps, or of a learner that does not bootstrap where a time limit cuts off.
Because nothing in such a model can come twice, its exact solution exists even without a discount.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.finite_model import FiniteModel

__all__ = ["LARGEST_TIMED_MODEL", "TimedModel", "timed_model"]

LARGEST_TIMED_MODEL = 2_000_000
"""Entries of ``[S, A, K]`` beyond this would not fit into memory comfortably."""


@final
@dataclass(frozen=True, slots=True)
class TimedModel:
    """A model with time in its state.

    Attributes:
        model: The states of step 0, then those of step 1, and so on to step H, at which all are terminal. A state that
            was terminal already is terminal at every step.
        horizon: H.
        untimed_states: S, the states of the model without time.
    """

    model: FiniteModel
    horizon: int
    untimed_states: int

    def table(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        """An ``[S, ...]`` table of the untimed model, the same at every step."""
        return np.tile(table, (self.horizon + 1, *([1] * (table.ndim - 1))))


def timed_model(model: FiniteModel, horizon: int) -> TimedModel:
    """Put time into the state.

    Args:
        model: The dynamics.
        horizon: H, the number of steps after which an episode ends.

    Raises:
        BadInput: The horizon is not at least 1, or the model would grow too large.
    """
    if isinstance(horizon, bool) or not isinstance(horizon, int | np.integer) or horizon < 1:
        raise BadInput(Problem("horizon", repr(horizon), "a whole number of steps, at least 1"))
    size = (int(horizon) + 1) * model.successor.size
    if size > LARGEST_TIMED_MODEL:
        got = f"{horizon} steps of a model of {model.n_states} states, {size:,} outcomes in all"
        fix = "leave the horizon out, or make the task smaller"
        raise BadInput(Problem("horizon", got, f"at most {LARGEST_TIMED_MODEL:,} outcomes", fix))
    steps, states = int(horizon) + 1, model.n_states
    step = np.arange(steps).repeat(states)
    offset = np.minimum(step + 1, horizon) * states
    successor = np.tile(model.successor, (steps, 1, 1)) + offset[:, None, None]
    start = np.zeros(steps * states)
    start[:states] = model.start
    timed = FiniteModel(
        successor,
        np.tile(model.probability, (steps, 1, 1)),
        np.tile(model.terminal, steps) | (step == horizon),
        start,
        np.tile(model.legal, (steps, 1)),
        {name: np.tile(values, (steps, 1, 1)) for name, values in model.events.items()},
    )
    return TimedModel(timed, int(horizon), states)
