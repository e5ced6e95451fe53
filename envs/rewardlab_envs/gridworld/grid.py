"""The map of a gridworld: cells, what stands on them, where a move leads, and how far it is."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem

__all__ = ["MARKS", "MOVES", "Grid"]

MARKS = {
    "#": "wall",
    ".": "floor",
    "S": "start",
    "G": "goal, an exit worth 1",
    **{str(tenths): f"an exit worth {tenths / 10}" for tenths in range(1, 10)},
    "X": "pit: ends the episode",
    "!": "cliff: throws back to the start",
    "o": "coin, to be had once",
}
"""What a character of a map means."""

MOVES = {
    "north": (-1, 0),
    "northeast": (-1, 1),
    "east": (0, 1),
    "southeast": (1, 1),
    "south": (1, 0),
    "southwest": (1, -1),
    "west": (0, -1),
    "northwest": (-1, -1),
}
"""Row and column of each move, clockwise; with four moves it is every second one."""


@final
@dataclass(frozen=True)
class Grid:
    """A map.

    Attributes:
        lines: Its rows, all of one length.
    """

    lines: tuple[str, ...]

    @staticmethod
    def from_text(text: str) -> Grid:
        """Read a map, one character a cell as in `MARKS`; blank lines around it are dropped.

        Raises:
            BadInput: Rows of different lengths, unknown characters, no exit, no place to start, or a cliff without
                exactly one ``S`` to throw back to.
        """
        lines = tuple(line.strip() for line in text.strip().splitlines())
        cells = "".join(lines)
        exits = [mark for mark in cells if mark == "G" or mark.isdigit()]
        unknown = "".join(sorted(set(cells) - set(MARKS)))
        checks = [
            (len({len(line) for line in lines}) > 1, "rows of different lengths", "rows of one length"),
            (bool(unknown), f"characters {unknown!r}", " ".join(MARKS)),
            (not exits, "no exit", "a goal 'G' or an exit '1' to '9'"),
            ("S" not in cells and "." not in cells, "no place to start", "a start 'S' or floor '.'"),
            ("!" in cells and cells.count("S") != 1, f"a cliff and {cells.count('S')} starts", "exactly one 'S'"),
        ]
        problems = [Problem("map", got, expected) for bad, got, expected in checks if bad]
        if problems:
            raise BadInput(*problems)
        grid = Grid(lines)
        steps = grid.steps_to(grid.best_exits)
        cut_off = [grid.cells[start] for start in grid.starts if steps[start] < 0]
        if cut_off:
            row, column = cut_off[0]
            got = f"a start in row {row}, column {column}, without a way to the best exit"
            raise BadInput(Problem("map", got, "a way that leads through no pit, cliff or other exit"))
        return grid

    @cached_property
    def cells(self) -> tuple[tuple[int, int], ...]:
        """Row and column of each cell that is no wall, by cell index."""
        rows = enumerate(self.lines)
        return tuple((row, column) for row, line in rows for column, mark in enumerate(line) if mark != "#")

    @cached_property
    def index(self) -> dict[tuple[int, int], int]:
        """The cell index of each row and column."""
        return {cell: number for number, cell in enumerate(self.cells)}

    @cached_property
    def marks(self) -> tuple[str, ...]:
        """The character of each cell."""
        return tuple(self.lines[row][column] for row, column in self.cells)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The cells where an episode may begin: those marked ``S``, or else all of the floor."""
        marked = self.where("S")
        return marked or self.where(".")

    @cached_property
    def worth(self) -> NDArray[np.float64]:
        """What leaving by each cell is worth, ``[C]``; 0 where there is no exit."""
        return np.array([1.0 if mark == "G" else int(mark) / 10 if mark.isdigit() else 0.0 for mark in self.marks])

    @cached_property
    def exits(self) -> tuple[int, ...]:
        """The cells that are exits."""
        return tuple(np.flatnonzero(self.worth > 0).tolist())

    @cached_property
    def best_exits(self) -> tuple[int, ...]:
        """The exits that are worth the most."""
        return tuple(np.flatnonzero(self.worth == self.worth.max()).tolist())

    def where(self, mark: str) -> tuple[int, ...]:
        """The cells of this character."""
        return tuple(cell for cell, other in enumerate(self.marks) if other == mark)

    def neighbour(self, cell: int, move: str) -> int:
        """The cell that a move leads to: the same one if a wall, the edge, or the corner of a wall is in the way."""
        row, column = self.cells[cell]
        down, right = MOVES[move]
        passed = {(row + down, column + right), (row + down, column), (row, column + right)}
        return self.index[row + down, column + right] if passed <= self.index.keys() else cell

    def steps_to(self, targets: tuple[int, ...], *, moves: int = 4) -> NDArray[np.int64]:
        """The fewest steps from each cell to the nearest of the targets, ``[C]``; -1 where there is no way.

        The way leads through no pit, cliff or other exit; slipping is not thought of.

        Args:
            targets: Cell indices.
            moves: 4 or 8.
        """
        names = list(MOVES)[:: 8 // moves]
        steps = np.full(len(self.cells), -1, dtype=np.int64)
        steps[list(targets)] = 0
        queue = deque(targets)
        while queue:
            here = queue.popleft()
            # Whatever stops a move stops the one back, so the neighbours are those from which a step leads here.
            for origin in {self.neighbour(here, move) for move in names}:
                if steps[origin] < 0 and self.marks[origin] in ".So":
                    steps[origin] = steps[here] + 1
                    queue.append(origin)
        return steps
