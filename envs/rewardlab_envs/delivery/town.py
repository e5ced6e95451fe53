"""The town of the delivery task: streets on a grid, a depot, customers, and the minutes that driving takes."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem

__all__ = ["DEFAULT_MAP", "FAST_MINUTES", "MOVES", "SLOW_MINUTES", "Town"]

DEFAULT_MAP = """
.A.B
~.#.
C.D.
"""
"""``D`` the depot, letters from ``A`` the customers, ``.`` fast streets, ``~`` slow streets, ``#`` buildings."""

FAST_MINUTES = 2
SLOW_MINUTES = 5
MOVES = {"north": (-1, 0), "east": (0, 1), "south": (1, 0), "west": (0, -1)}


@final
@dataclass(frozen=True)
class Town:
    """A town, read from a map.

    Attributes:
        lines: The rows of the map, all of one length.
    """

    lines: tuple[str, ...]

    @staticmethod
    def from_map(text: str) -> Town:
        """Read a map, one character a cell; blank lines around it are dropped.

        Raises:
            BadInput: Rows of different lengths, unknown characters, not exactly one depot, customers that are not
                A, B, C… each once, or a customer or a street that cannot be reached.
        """
        if not isinstance(text, str):  # a file of settings may hold anything
            raise BadInput(Problem("map", repr(text), "a text, one line for each row"))
        lines = tuple(line.strip() for line in text.strip().splitlines())
        cells = "".join(lines)
        customers = sorted(cell for cell in cells if cell.isalpha() and cell != "D")
        expected = list("ABCEFGHIJKLMNOPQRSTUVWXYZ"[: len(customers)])
        checks = [
            (len({len(line) for line in lines}) != 1, "rows of different lengths", "rows of one length"),
            (cells.count("D") != 1, f"{cells.count('D')} depots 'D'", "exactly one"),
            (not customers or customers != expected, f"customers {''.join(customers)!r}", "A, B, C, E… each once"),
            (
                bool(set(cells) - set(".~#D") - set(customers)),
                f"characters {''.join(sorted(set(cells)))!r}",
                "A-Z . ~ # D",
            ),
        ]
        problems = [Problem("map", got, expectation) for bad, got, expectation in checks if bad]
        if problems:
            raise BadInput(*problems)
        town = Town(lines)
        cut_off = [
            letter
            for letter, cell in zip(customers, town.customers, strict=True)
            if town.minutes_to(cell)[town.depot] < 0
        ]
        if cut_off:
            raise BadInput(
                Problem("map", f"customer {cut_off[0]!r} behind buildings", "a street from the depot to each")
            )
        apart = [town.cells[cell] for cell in np.flatnonzero(town.minutes_to(town.depot) < 0).tolist()]
        if apart:
            # Half of the shifts begin anywhere in town, and none can be finished from there.
            got = f"a street in row {apart[0][0]}, column {apart[0][1]}, behind buildings"
            raise BadInput(Problem("map", got, "a way from the depot to each cell", "make it a building '#'"))
        return town

    @cached_property
    def cells(self) -> tuple[tuple[int, int], ...]:
        """Row and column of each cell that can be driven on, by cell index."""
        rows = enumerate(self.lines)
        return tuple((row, column) for row, line in rows for column, mark in enumerate(line) if mark != "#")

    @cached_property
    def depot(self) -> int:
        """The cell index of the depot."""
        return next(index for index, cell in enumerate(self.cells) if self.mark(cell) == "D")

    @cached_property
    def customers(self) -> tuple[int, ...]:
        """The cell index of each customer, in the order of their letters."""
        found = [(self.mark(cell), index) for index, cell in enumerate(self.cells) if self.mark(cell) not in ".~D"]
        return tuple(index for _, index in sorted(found))

    def mark(self, cell: tuple[int, int]) -> str:
        """The character of the map at a row and column."""
        return self.lines[cell[0]][cell[1]]

    def drive(self, index: int, move: str) -> tuple[int, int]:
        """Drive one cell.

        Args:
            index: The cell where the courier is.
            move: A key of `MOVES`.

        Returns:
            The cell reached and the minutes it took. A building or the edge of the town is not entered, but the attempt
            takes as long as a fast street.
        """
        row, column = self.cells[index]
        target = (row + MOVES[move][0], column + MOVES[move][1])
        if target not in self.cells:
            return index, FAST_MINUTES
        return self.cells.index(target), SLOW_MINUTES if self.mark(target) == "~" else FAST_MINUTES

    def minutes_to(self, goal: int) -> NDArray[np.int64]:
        """The fewest minutes from each cell to one, ``[cells]``; -1 where there is no way (Dijkstra 1959)."""
        into: list[list[tuple[int, int]]] = [[] for _ in self.cells]
        for origin in range(len(self.cells)):
            for move in MOVES:
                target, minutes = self.drive(origin, move)
                into[target].append((origin, minutes))
        best = np.full(len(self.cells), -1, dtype=np.int64)
        queue = [(0, goal)]
        while queue:
            minutes, cell = heapq.heappop(queue)
            if best[cell] >= 0:
                continue
            best[cell] = minutes
            for origin, extra in into[cell]:
                heapq.heappush(queue, (minutes + extra, origin))
        return best
