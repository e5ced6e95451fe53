"""A garden: where one can walk, where tomatoes grow, where the bucket stands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem

__all__ = ["MOVES", "ORIGINAL", "SMALL", "Garden", "check_dry_probability"]

MOVES = {"north": (-1, 0), "east": (0, 1), "south": (1, 0), "west": (0, -1)}


@final
@dataclass(frozen=True)
class Garden:
    """A rectangle of soil: ``T`` a tomato, ``B`` the bucket, ``S`` where one begins, ``.`` a path.

    Attributes:
        lines: Its rows.
    """

    lines: tuple[str, ...]

    @cached_property
    def marks(self) -> str:
        """The character of each cell, row by row."""
        return "".join(self.lines)

    @cached_property
    def tomato(self) -> NDArray[np.int64]:
        """The number of the tomato in each cell, ``[C]``; -1 where there is none."""
        grows = np.array([mark == "T" for mark in self.marks])
        return np.where(grows, grows.cumsum() - 1, -1)

    @property
    def n_tomatoes(self) -> int:
        """How many grow there."""
        return self.marks.count("T")

    @property
    def bucket(self) -> int:
        """The cell of the bucket."""
        return self.marks.index("B")

    @property
    def start(self) -> int:
        """The cell where one begins."""
        return self.marks.index("S")

    @cached_property
    def led(self) -> NDArray[np.int64]:
        """Where each move leads, ``[C, 4]``; the same cell at the fence."""
        height, width = len(self.lines), len(self.lines[0])
        return np.array(
            [
                [
                    min(max(row + down, 0), height - 1) * width + min(max(column + right, 0), width - 1)
                    for down, right in MOVES.values()
                ]
                for row in range(height)
                for column in range(width)
            ]
        )


ORIGINAL = Garden(("B.....S", "TTTTTT.", ".......", "TTTTTTT"))
"""Thirteen tomatoes in 28 cells, the numbers of the original; where they grow is our own choice."""

SMALL = Garden(("B.S", "TTT"))
"""Three tomatoes in six cells."""


def check_dry_probability(value: object) -> float:
    """Return the probability as a float, or refuse it.

    Raises:
        BadInput: It is no number in [0, 1].
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise BadInput(Problem("dry_probability", repr(value), "a number in [0, 1]"))
    return float(value)
