"""A position as a picture: text for a terminal, SVG for a page, an image for a replay. White is always below."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardlab_envs.drawn_board import DrawnBoard
from rewardlab_envs.minichess.rules import LETTERS
from rewardlab_envs.minichess.squares import SIDE

__all__ = ["RENDER_MODES", "drawn", "drawn_position", "squares_of"]

RENDER_MODES = ("ansi", "rgb_array", "svg")


def drawn_position(
    state: NDArray[np.int16], size: int, *, note: str = "", marked: frozenset[int] = frozenset(), is_over: bool = False
) -> DrawnBoard:
    """The board of a position.

    Args:
        state: ``[128]`` int16.
        size: Rows of the board.
        note: What to say of it; who is to move by default.
        marked: Squares to mark, each its row times ``size`` plus its file.
        is_over: Whether the game has ended.
    """
    pieces = np.concatenate([state[10 * row + 21 : 10 * row + 21 + size] for row in range(size)]).tolist()
    men = {square: _letter(piece) for square, piece in enumerate(pieces) if piece}
    side = "White" if state[SIDE] > 0 else "Black"
    return DrawnBoard(size, men, note or f"{side} to move", marked, is_over)


def squares_of(moves: Iterable[str], size: int) -> frozenset[int]:
    """The squares from and to which moves go, as UCI writes them; each its row times ``size`` plus its file."""
    names = [name for move in moves for name in (move[:2], move[2:4])]
    return frozenset((int(name[1]) - 1) * size + ord(name[0]) - ord("a") for name in names)


def drawn(board: DrawnBoard, render_mode: str | None) -> Any:
    """A board as one of `RENDER_MODES` asks for it; None where there is no mode."""
    if render_mode == "ansi":
        return board.text()
    if render_mode == "svg":
        return board.svg()
    return board.rgb() if render_mode == "rgb_array" else None


def _letter(piece: int) -> str:
    return LETTERS[piece] if piece >= 0 else LETTERS[-piece].lower()
