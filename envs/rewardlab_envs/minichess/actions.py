"""Moves as numbers of an agent: every way in which some piece could go, and no other.

The agent sees the board from its own side: row 0 is its own first row, so that its pawns go up whether it plays White
or Black. Files are not mirrored.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab_envs.minichess.rules import LETTERS, rule_set

__all__ = ["ActionTable", "action_names", "action_table"]


@final
@dataclass(frozen=True, slots=True)
class ActionTable:
    """The numbering of one rule set.

    Attributes:
        number: ``[S, S, 6]`` int32, action of a move from a square to a square (row times size plus file) with a
            promotion (0 for none); -1 where nothing can move so.
        moves: ``[A, 3]`` int64, from, to and promotion of each action.
        size: Rows of the board.
    """

    number: NDArray[np.int32]
    moves: NDArray[np.int64]
    size: int

    def __len__(self) -> int:
        """How many actions there are."""
        return len(self.moves)

    def describe(self, action: int) -> str:
        """An action as text, such as "e2e4" or "a7a8q", squares as the agent sees them."""
        origin, to, promotion = self.moves[action].tolist()
        squares = [f"{chr(ord('a') + square % self.size)}{square // self.size + 1}" for square in (origin, to)]
        return "".join(squares) + (LETTERS[promotion].lower() if promotion else "")


@functools.cache
def action_table(rules: str) -> ActionTable:
    """The numbering of a rule set: first all queen's and knight's moves by from and to, then all promotions."""
    chosen = rule_set(rules)
    size = chosen.size
    squares = [(row, column) for row in range(size) for column in range(size)]
    moves = [
        (first * size + file, row * size + column, 0)
        for first, file in squares
        for row, column in squares
        if _somebody_goes(abs(row - first), abs(column - file))
    ]
    moves += [
        ((size - 2) * size + file, (size - 1) * size + column, LETTERS.index(letter))
        for file in range(size)
        for column in range(max(file - 1, 0), min(file + 2, size))
        for letter in chosen.promotions
    ]
    number = np.full((size * size, size * size, 6), -1, dtype=np.int32)
    table = np.array(moves, dtype=np.int64)
    number[table[:, 0], table[:, 1], table[:, 2]] = np.arange(len(table))
    return ActionTable(number, table, size)


@functools.cache
def action_names(rules: str, colour: int) -> tuple[str, ...]:
    """The move that each action is, as UCI writes it, such as "e2e4": squares as White sees them.

    Args:
        rules: The name of a rule set.
        colour: Whose actions they are: 1 for White, -1 for Black.
    """
    table = action_table(rules)
    own = [table.describe(action) for action in range(len(table))]
    if colour > 0:
        return tuple(own)
    turned = str.maketrans({str(row): str(table.size + 1 - row) for row in range(1, table.size + 1)})
    return tuple(name.translate(turned) for name in own)


def _somebody_goes(rows: int, columns: int) -> bool:
    return (rows, columns) != (0, 0) and (0 in (rows, columns) or rows == columns or {rows, columns} == {1, 2})
