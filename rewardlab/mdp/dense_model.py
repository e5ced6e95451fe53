"""From the arrays of a textbook, ``P[s, a, s']`` and ``R[s, a, s']``, to a finite model."""

from __future__ import annotations

import reprlib

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.finite_model import FiniteModel

__all__ = ["dense_model", "dense_reward_table", "number_array"]


def dense_model(
    transitions: ArrayLike, *, terminal: ArrayLike | None = None, start: ArrayLike | None = None
) -> FiniteModel:
    """A finite model from a dense transition array.

    Args:
        transitions: ``[S, A, S]`` the probability of each next state; rows sum to 1. A row of zeros says that the
            action is not legal there.
        terminal: ``[S]`` bool, the states in which the task is over; none by default.
        start: ``[S]`` the distribution of the first state; uniform over the states that are not terminal by default.

    Raises:
        BadInput: The arrays do not fit together.
    """
    chances = number_array(transitions, "transitions", "[S, A, S] probabilities")
    if chances.ndim != 3 or chances.shape[0] != chances.shape[2] or 0 in chances.shape:
        raise BadInput(Problem("transitions", f"shape {chances.shape}", "[S, A, S], none of them 0"))
    ends = np.zeros(len(chances), dtype=np.bool_) if terminal is None else np.asarray(terminal, dtype=np.bool_)
    if ends.shape != (len(chances),):
        raise BadInput(Problem("terminal", f"shape {ends.shape}", f"({len(chances)},)"))
    begins = ~ends / max(1, int((~ends).sum())) if start is None else number_array(start, "start", "[S] probabilities")
    legal = (chances != 0).any(axis=2)
    # The most successors that any action has; an outcome of probability 0 fills the rows of the others.
    outcomes = max(1, int((chances != 0).sum(axis=2).max()))
    # Where an action may lead anywhere, outcomes are numbered as states are.
    order = np.zeros(chances.shape) if outcomes == len(chances) else chances == 0
    successor = np.argsort(order, axis=2, kind="stable")[:, :, :outcomes]
    probability = np.take_along_axis(chances, successor, axis=2)
    probability[~legal] = np.eye(outcomes)[0]
    return FiniteModel(successor, probability, ends, begins, legal | ends[:, None])


def dense_reward_table(model: FiniteModel, reward: ArrayLike, where: str = "reward") -> NDArray[np.float64]:
    """A reward given as an array, as a table over the outcomes of a model.

    Args:
        model: The dynamics.
        reward: ``[S, A]``, ``[S, A, S]`` by next state, or ``[S, A, K]`` by outcome. Where K equals S, an array of
            that shape is read by outcome; `dense_model` numbers outcomes so that both are the same where it matters.
        where: The place to name in an error.

    Returns:
        ``[S, A, K]`` float64, with 0 for what cannot happen.

    Raises:
        BadInput: It has another shape, or what can happen is paid NaN or an infinity.
    """
    paid = number_array(reward, where, "an array of numbers")
    states, actions = model.n_states, model.n_actions
    shapes = {(states, actions), (states, actions, states), model.successor.shape}
    if paid.shape not in shapes:
        expected = " or ".join(str(shape) for shape in sorted(shapes, key=lambda shape: (len(shape), shape)))
        raise BadInput(Problem(where, f"an array of shape {paid.shape}", expected))
    if paid.ndim == 2:
        paid = np.broadcast_to(paid[:, :, None], model.successor.shape)
    elif paid.shape != model.successor.shape:
        paid = np.take_along_axis(paid, model.successor, axis=2)
    table = np.where(model.feasible, paid, 0.0)
    if not np.isfinite(table).all():
        raise BadInput(Problem(where, "NaN or an infinity for what can happen", "finite numbers"))
    return table


def number_array(given: ArrayLike, where: str, expected: str) -> NDArray[np.float64]:
    """What a user gave, as a float64 array of whatever shape.

    Args:
        given: An array, or lists in lists.
        where: The place to name in an error.
        expected: What would have been right.

    Raises:
        BadInput: Its rows differ in length, or something in it is no real number.
    """
    try:
        array = np.asarray(given)
        if not np.iscomplexobj(array):
            return np.asarray(array, dtype=np.float64)
    except (TypeError, ValueError):
        pass
    fix = "rows of one length, and a real number in each place"
    raise BadInput(Problem(where, reprlib.repr(given), expected, fix))
