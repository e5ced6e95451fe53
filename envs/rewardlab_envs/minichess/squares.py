"""Where things stand: squares of the padded board, and places in the engine's arrays.

A board is a column of 12 rows of 10 cells, walls all around, so that every leap from a square lands in the array: row
``r`` and file ``c`` (from 0, White's left corner first) are cell ``10 * r + c + 21``. A state is ``[128]`` int16: the
120 cells, then what the constants below name. Pieces are 1 to 6 (pawn, knight, bishop, rook, queen, king), Black's
negative.
"""

from __future__ import annotations

__all__ = [
    "ANSWER",
    "AWAITED",
    "BEGIN",
    "BISHOP",
    "CASTLES",
    "CASTLING",
    "DOUBLE_STEP",
    "EN_PASSANT",
    "EN_PASSANT_RULE",
    "KING",
    "KING_PLACES",
    "KNIGHT",
    "MOST_MOVES",
    "NOTHING",
    "PAWN",
    "PLY",
    "PROMOTIONS",
    "QUEEN",
    "QUIET",
    "QUIET_LIMIT",
    "REPETITION_LIMIT",
    "ROOK",
    "SIDE",
    "SIZE",
    "STATE_LENGTH",
    "WALL",
    "name_of",
    "square_of",
]

PAWN, KNIGHT, BISHOP, ROOK, QUEEN, KING = 1, 2, 3, 4, 5, 6
WALL = 9
"""What stands in the cells outside the board."""

SIDE, CASTLING, EN_PASSANT, QUIET, PLY, KING_PLACES = 120, 121, 122, 123, 124, 125
"""Places in a state: who moves (1 or -1), rights as bits, the square behind a pawn that may be taken en passant (0 for
none), plies without capture or pawn move, plies since the first move of the game, and the cells of both kings."""

STATE_LENGTH = 128
MOST_MOVES = 512
"""More than any position has: at most 16 pieces a side are let in, and a queen has 27 moves at best."""

SIZE, DOUBLE_STEP, EN_PASSANT_RULE, QUIET_LIMIT, REPETITION_LIMIT, PROMOTIONS, CASTLES = 0, 1, 2, 3, 4, 5, 12
"""Places in `RuleSet.as_numbers`; promotions are a count and the pieces, ways to castle four squares each."""

BEGIN, ANSWER = -1, -2
"""Instead of an action: begin a new game; play the opponent's move that was awaited."""

NOTHING, AWAITED = -1, -2
"""Instead of a move that was played: none was; the opponent's, which is chosen elsewhere."""


def square_of(name: str) -> int:
    """The cell of a square such as "e4"."""
    return 10 * (int(name[1:]) - 1) + ord(name[0]) - ord("a") + 21


def name_of(square: int) -> str:
    """The name of the square in a cell, such as "e4"."""
    row, column = divmod(square - 21, 10)
    return f"{chr(ord('a') + column)}{row + 1}"
