"""Where a curriculum may let a walk begin: the nearer to the exit, the easier."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rewardlab_envs.gridworld.grid import Grid

__all__ = ["start_sets"]

SHARES = {"near": 0.25, "halfway": 0.5, "far": 0.75}
"""How much of the longest way to the best exit may lie ahead."""


def start_sets(
    grid: Grid, cell: NDArray[np.int64], left: NDArray[np.int64], terminal: NDArray[np.bool_], moves: int
) -> dict[str, tuple[int, ...]]:
    """Sets of first states, by name: those with a share of the longest way ahead, and with every coin in its place.

    Args:
        grid: The map.
        cell: ``[S]`` the cell of each state.
        left: ``[S]`` the coins left in each state, one bit each.
        terminal: ``[S]`` where the walk is over.
        moves: 4 or 8.

    Returns:
        Name to state indices; a set that would be empty is left out.
    """
    steps = grid.steps_to(grid.best_exits, moves=moves)[cell]
    possible = ~terminal & (steps > 0) & (left == left.max())
    sets = {name: np.flatnonzero(possible & (steps <= share * steps.max())) for name, share in SHARES.items()}
    return {name: tuple(states.tolist()) for name, states in sets.items() if len(states)}
