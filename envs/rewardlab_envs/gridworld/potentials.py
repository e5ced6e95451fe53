"""Potentials of a gridworld: good, misleading, too strong, and one that says nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.rewards import Potential
from rewardlab_envs.gridworld.grid import Grid

__all__ = ["SCALE", "gridworld_potentials", "negative_distance"]

SCALE = 10.0
"""By how much ``distance_scaled`` is stronger than ``distance``."""


def negative_distance(position: ArrayLike, goal: ArrayLike | None = None) -> NDArray[np.float64]:
    """Minus the distance, as the crow flies, to a goal: the tutorial's potential.

    Args:
        position: ``[..., D]`` coordinates.
        goal: ``[D]`` coordinates; the origin by default.

    Raises:
        BadInput: Position and goal have different dimensions.

    Example:
        >>> negative_distance([3.0, 4.0])
        array(-5.)
    """
    places = np.asarray(position, dtype=np.float64)
    target = np.zeros(places.shape[-1:]) if goal is None else np.asarray(goal, dtype=np.float64)
    if places.ndim == 0 or target.shape != places.shape[-1:]:
        raise BadInput(Problem("goal", f"shape {target.shape}", f"{places.shape[-1:]}, as many numbers as a position"))
    return np.asarray(-np.linalg.norm(places - target, axis=-1))


def gridworld_potentials(grid: Grid, cell: NDArray[np.int64], moves: int) -> dict[str, Potential]:
    """The potentials of one map, by name.

    Args:
        grid: The map.
        cell: ``[S]`` the cell of each state.
        moves: 4 or 8.
    """
    farthest, steps = _steps(grid, grid.best_exits, moves)
    lesser = tuple(exit_ for exit_ in grid.exits if exit_ not in grid.best_exits)
    # The cell that lures: a poor exit where there is one, else the place that is hardest to come back from.
    lure = lesser or (int(np.argmax(np.where(np.isin(grid.marks, list(".So")), steps, -1))),)
    lured_farthest, lured = _steps(grid, lure, moves)
    positions = np.array(grid.cells, dtype=np.float64)
    flight = np.max([negative_distance(positions, positions[target]) for target in grid.best_exits], axis=0)
    made = (
        ("distance", -steps / farthest, "Minus the steps to the best exit, as a share of the longest way."),
        ("nearness", 1 - steps / farthest, "distance + 1: standing still is then charged and not paid."),
        ("distance_scaled", -SCALE * steps / farthest, f"distance, {SCALE:g} times as strong."),
        ("straight_line", flight, "Minus the distance to the best exit as the crow flies, walls or not."),
        ("misleading", -lured / lured_farthest, "Minus the steps to a wrong place, as a share of the longest way."),
        ("constant", np.ones(len(grid.cells)), "1 everywhere: it says nothing, and costs nothing either."),
    )
    return {name: Potential.from_table(values[cell], name=name, summary=summary) for name, values, summary in made}


def _steps(grid: Grid, targets: tuple[int, ...], moves: int) -> tuple[int, NDArray[np.int64]]:
    """The longest way to the targets, and the way of each cell; the longest for cells without a way."""
    steps = grid.steps_to(targets, moves=moves)
    farthest = max(1, int(steps.max()))
    return farthest, np.where(steps < 0, farthest, steps)
