"""Where a curriculum may let an endgame begin: the nearer to mate, the easier."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["MATES", "start_sets"]

MATES = (1, 2, 3, 4, 6, 8, 12, 16, 24)
"""Within how many moves White can mate in each of the sets."""


def start_sets(moves_to_mate: NDArray[np.int64], start: NDArray[np.float64]) -> dict[str, tuple[int, ...]]:
    """Sets of first states, ``mate_in_1``, ``mate_in_2`` and so on: each holds the ones before it.

    Args:
        moves_to_mate: ``[S]`` by the tablebase.
        start: ``[S]`` how probable it is that an episode begins in each state; only of those the sets are made.

    Returns:
        Name to state indices, for as many moves as are fewer than the longest mate takes.
    """
    possible = start > 0
    longest = int(moves_to_mate[possible].max())
    return {
        f"mate_in_{most}": tuple(np.flatnonzero(possible & (moves_to_mate <= most)).tolist())
        for most in MATES
        if most < longest
    }
