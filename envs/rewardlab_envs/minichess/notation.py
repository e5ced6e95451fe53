"""How moves are written: as UCI does, "e2e4", and as people do, "Nxf7+" (FIDE, Laws of Chess, appendix C)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from rewardlab_envs.minichess.loading import compiled
from rewardlab_envs.minichess.rules import LETTERS
from rewardlab_envs.minichess.squares import KING, MOST_MOVES, PAWN, SIDE, STATE_LENGTH, name_of

__all__ = ["after", "named_moves", "standard_notation", "written"]


def named_moves(state: NDArray[np.int16], rules: NDArray[np.int16]) -> dict[str, int]:
    """The legal moves of a position, from the name that UCI gives them to the engine's number.

    Args:
        state: ``[128]`` int16.
        rules: ``[32]`` int16, as `RuleSet.as_numbers` gives them.
    """
    buffer = np.zeros(MOST_MOVES, dtype=np.int64)
    count = compiled("moves").legal_moves(state, rules, buffer)
    return {written(move): move for move in buffer[:count].tolist()}


def after(state: NDArray[np.int16], rules: NDArray[np.int16], move: int) -> NDArray[np.int16]:
    """The position after a legal move, given by the engine's number; ``[128]`` int16."""
    reached = np.empty(STATE_LENGTH, dtype=np.int16)
    compiled("moves").make(state, rules, move, reached)
    return reached


def written(move: int) -> str:
    """A move, given by the engine's number, as UCI writes it, such as "e2e4" or "a7a8q"."""
    promotion = LETTERS[move >> 14].lower() if move >> 14 else ""
    return f"{name_of(move & 127)}{name_of(move >> 7 & 127)}{promotion}"


def standard_notation(state: NDArray[np.int16], rules: NDArray[np.int16], moves: Iterable[str]) -> list[str]:
    """Moves of a game as people write them, such as "e4", "Nbd2", "exd6", "e8=Q#" or "O-O".

    Args:
        state: The position before the first of them, ``[128]`` int16.
        rules: ``[32]`` int16, as `RuleSet.as_numbers` gives them.
        moves: Legal one after the other, as UCI writes them.
    """
    words = []
    for move in moves:
        legal = named_moves(state, rules)
        reached = after(state, rules, legal[move])
        check = ""
        if compiled("moves").in_check(reached, int(reached[SIDE])):
            check = "+" if named_moves(reached, rules) else "#"
        words.append(_without_check(state, legal, move) + check)
        state = reached
    return words


def _without_check(state: NDArray[np.int16], legal: dict[str, int], move: str) -> str:
    origin, to, promotion = move[:2], move[2:4], move[4:].upper()
    piece = _piece_from(state, legal[move])
    if piece == KING and abs(ord(to[0]) - ord(origin[0])) == 2:
        return "O-O" if to > origin else "O-O-O"
    if piece == PAWN:
        # A pawn that changes its file takes something, be it en passant.
        way = to if origin[0] == to[0] else f"{origin[0]}x{to}"
        return f"{way}={promotion}" if promotion else way
    takes = "x" if state[legal[move] >> 7 & 127] else ""
    rivals = [
        other[:2]
        for other, number in legal.items()
        if other[2:4] == to and other[:2] != origin and _piece_from(state, number) == piece
    ]
    return f"{LETTERS[piece]}{_told_apart(origin, rivals)}{takes}{to}"


def _told_apart(origin: str, rivals: list[str]) -> str:
    """What must be said of a square, so that it is none of the others: nothing, its file, its row, or both."""
    if not rivals:
        return ""
    if origin[0] not in {rival[0] for rival in rivals}:
        return origin[0]
    return origin[1] if origin[1] not in {rival[1] for rival in rivals} else origin


def _piece_from(state: NDArray[np.int16], move: int) -> int:
    return abs(int(state[move & 127]))
