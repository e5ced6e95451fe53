"""The model that recorded steps speak for: chances are shares of what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.finite_model import FiniteModel
from rewardlab.transitions import Transitions

__all__ = ["EmpiricalModel", "closed_steps", "empirical_model"]


@final
@dataclass(frozen=True, slots=True)
class EmpiricalModel:
    """A model counted from steps, with what was paid in it.

    Attributes:
        model: States are those from which a step was used, in their order, and a last one in which the task is over.
            Legal is what was seen. Episodes begin in each of them, so that none is left out.
        tables: For each of the rewards ``[S, A, K]``, the mean of what was paid for each outcome.
        used: ``[B]`` bool, the steps that it was counted from.
    """

    model: FiniteModel
    tables: tuple[NDArray[np.float64], ...]
    used: NDArray[np.bool_]


def closed_steps(steps: Transitions, weights: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The steps after which more is known, ``[B]`` bool: they ended the task, or led to a state with such a step.

    A time limit leaves a last state from which nothing was recorded. To take it for an end would make its value 0, and
    shaping no shaping; so the step into it is left out, and then what led to nothing else, and so on.

    Args:
        steps: B steps between states that are numbered.
        weights: ``[B]`` how often each counts; 0 leaves it out.
    """
    used = weights > 0
    while True:
        further: NDArray[np.bool_] = used & (steps.terminated | np.isin(steps.next_state, steps.state[used]))
        if (further == used).all():
            return used
        used = further


def empirical_model(
    steps: Transitions, amounts: Sequence[NDArray[np.float64]], weights: NDArray[np.float64]
) -> EmpiricalModel:
    """Count a model.

    Args:
        steps: B steps between states that are numbered.
        amounts: For each of the rewards ``[B]`` what was paid.
        weights: ``[B]`` how often each step counts.

    Raises:
        BadInput: No step is left that `closed_steps` keeps.
    """
    used = closed_steps(steps, weights)
    if not used.any():
        fix = "record longer episodes, or episodes that end"
        raise BadInput(Problem("steps", "none after which anything is known", "steps that go on or end the task", fix))
    known, state = np.unique(steps.state[used], return_inverse=True)
    acted, action = np.unique(steps.action[used], return_inverse=True)
    over = len(known)
    reached = np.where(
        steps.terminated[used], over, np.minimum(np.searchsorted(known, steps.next_state[used]), over - 1)
    )
    key = (state * len(acted) + action) * (over + 1) + reached
    outcome, which = np.unique(key, return_inverse=True)
    of_step, next_state = outcome // (over + 1), outcome % (over + 1)
    # The outcomes of one state and action stand together, and are numbered from 0.
    number = np.arange(len(outcome)) - np.searchsorted(of_step, of_step)
    place = (of_step // len(acted), of_step % len(acted), number)
    shape = (over + 1, len(acted), int(number.max()) + 1)
    counts = np.bincount(which, weights=weights[used])
    count_table, successor = np.zeros(shape), np.full(shape, over)
    count_table[place], successor[place] = counts, next_state
    totals = count_table.sum(axis=2, keepdims=True)
    probability = np.where(totals > 0, count_table / np.where(totals > 0, totals, 1.0), np.eye(shape[2])[0])
    tables = []
    for paid in amounts:
        table = np.zeros(shape)
        table[place] = np.bincount(which, weights=weights[used] * paid[used]) / counts
        tables.append(table)
    ends = np.arange(over + 1) == over
    legal = totals[:, :, 0] > 0
    model = FiniteModel(successor, probability, ends, ~ends / over, legal | ends[:, None])
    return EmpiricalModel(model, tuple(tables), used)
