"""What of a model can be reached from where episodes begin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab.mdp.finite_model import FiniteModel

__all__ = ["ReachablePart", "reachable_part", "reachable_states"]


@final
@dataclass(frozen=True, slots=True)
class ReachablePart:
    """The part of a model that some policy can reach.

    Attributes:
        model: The model of those states alone, numbered anew in their old order.
        states: ``[n]`` the old number of each of them.
    """

    model: FiniteModel
    states: NDArray[np.int64]

    def table(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        """The rows of an ``[S, ...]`` table that belong to these states."""
        return table[self.states]


def reachable_states(model: FiniteModel, *, allowed: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    """The states that can be reached from the start distribution, ``[S]`` bool.

    Args:
        model: The dynamics.
        allowed: ``[S, A]`` bool, the actions that may be taken; the legal ones by default.
    """
    feasible = model.feasible if allowed is None else model.feasible & allowed[:, :, None]
    reached: NDArray[np.bool_] = model.start > 0
    frontier = np.flatnonzero(reached)
    while len(frontier):
        entered = model.successor[frontier][feasible[frontier]]
        fresh = np.unique(entered[~reached[entered]])
        reached[fresh] = True
        frontier = fresh
    return reached


def reachable_part(model: FiniteModel) -> ReachablePart:
    """Leave out what no policy can reach. No policy's return depends on it."""
    states = np.flatnonzero(reachable_states(model))
    number = np.zeros(model.n_states, dtype=np.int64)
    number[states] = np.arange(len(states))
    # What cannot happen may lead to a state that is left out; it then leads to where it began.
    here = np.broadcast_to(np.arange(len(states))[:, None, None], (len(states), model.n_actions, model.n_outcomes))
    successor = np.where(model.feasible[states], number[model.successor[states]], here)
    part = FiniteModel(
        successor,
        model.probability[states],
        model.terminal[states],
        model.start[states],
        model.legal[states],
        {name: values[states] for name, values in model.events.items()},
    )
    return ReachablePart(part, states)
