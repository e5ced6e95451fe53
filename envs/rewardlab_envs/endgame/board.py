"""A square board: numbered squares, directions, distances, and the ways in which it can be turned."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

__all__ = ["DIRECTIONS", "Board"]

DIRECTIONS = {
    "north": (1, 0),
    "northeast": (1, 1),
    "east": (0, 1),
    "southeast": (-1, 1),
    "south": (-1, 0),
    "southwest": (-1, -1),
    "west": (0, -1),
    "northwest": (1, -1),
}
"""Ranks and files of each direction, clockwise. North is where White's pawns go."""


@final
@dataclass(frozen=True)
class Board:
    """A board of ``size`` times ``size`` squares; square ``rank * size + file``, and rank 0 is White's own.

    Attributes:
        size: The squares of a side.
    """

    size: int

    @property
    def squares(self) -> int:
        """How many there are."""
        return self.size**2

    @cached_property
    def rank(self) -> NDArray[np.int64]:
        """``[squares]`` the rank of each square, from 0."""
        return np.arange(self.squares) // self.size

    @cached_property
    def file(self) -> NDArray[np.int64]:
        """``[squares]`` the file of each square, from 0."""
        return np.arange(self.squares) % self.size

    @cached_property
    def rays(self) -> NDArray[np.int64]:
        """``[squares, 8, size - 1]`` the square so many steps away in each of `DIRECTIONS`; -1 off the board."""
        steps = np.arange(1, self.size)
        ranks, files = np.array(list(DIRECTIONS.values())).T
        rank = self.rank[:, None, None] + ranks[:, None] * steps
        file = self.file[:, None, None] + files[:, None] * steps
        inside = (rank >= 0) & (rank < self.size) & (file >= 0) & (file < self.size)
        return np.where(inside, rank * self.size + file, -1)

    @cached_property
    def steps(self) -> NDArray[np.int64]:
        """``[squares, 8]`` the neighbour in each of `DIRECTIONS`; -1 off the board."""
        return self.rays[:, :, 0]

    @cached_property
    def king_distance(self) -> NDArray[np.int64]:
        """``[squares, squares]`` the moves that a king needs on an empty board."""
        ranks = np.abs(self.rank[:, None] - self.rank)
        files = np.abs(self.file[:, None] - self.file)
        distance: NDArray[np.int64] = np.maximum(ranks, files)
        return distance

    @cached_property
    def edge_distance(self) -> NDArray[np.int64]:
        """``[squares]`` the steps to the nearest edge; 0 on it."""
        last = self.size - 1
        return np.minimum(np.minimum(self.rank, last - self.rank), np.minimum(self.file, last - self.file))

    def turned(self, *, mirrored_only: bool) -> NDArray[np.int64]:
        """Where each square comes to lie when the board is turned or mirrored, ``[ways, squares]``.

        Args:
            mirrored_only: Left and right alone change places, as with pawns on the board: 2 ways, else 8. The first way
                leaves the board as it is.
        """
        last, ways = self.size - 1, []
        for swapped in (False, True):
            rank, file = (self.file, self.rank) if swapped else (self.rank, self.file)
            for up in (rank, last - rank):
                ways += [up * self.size + file, up * self.size + last - file]
        return np.array(ways[:2] if mirrored_only else ways)
