"""The tablebase of an endgame: for every position, in how many moves White mates if both sides play perfectly.

Retrograde analysis (Thompson 1986, "Retrograde analysis of certain endgames") begins with the mates, and goes back move
by move. A position with White to move is won in k moves if a move leads to one in which Black is mated in k - 1 more.
One with Black to move is lost in k if every move leads to a position that is won in at most k, and one of them in k.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab_envs.endgame.board import Board
from rewardlab_envs.endgame.moves import PROMOTIONS, Moves

__all__ = ["NOT_WON", "Tablebase", "solved_tablebase"]

NOT_WON = 255
"""Stands where mate cannot be forced, or where there is no such position."""

_BLOCK = 8192
"""So many positions are looked at together: more take more memory, and are no quicker."""


@final
@dataclass(frozen=True, slots=True)
class Tablebase:
    """The moves to mate, by squares of White's king, White's piece, Black's king.

    Attributes:
        letter: The piece: "Q", "R" or "P".
        size: The squares of a side of the board.
        white: ``[n, n, n]`` uint8, White's moves until mate where White is to move, from 1; else `NOT_WON`.
        black: ``[n, n, n]`` uint8, the same where Black is to move; 0 where Black is mated.
    """

    letter: str
    size: int
    white: NDArray[np.uint8]
    black: NDArray[np.uint8]

    @property
    def longest(self) -> int:
        """The most moves that a forced mate takes with White to move; 0 where there is none."""
        return int(self.white[self.white < NOT_WON].max(initial=0))


def solved_tablebase(letter: str, size: int, promoted: Mapping[str, Tablebase] | None = None) -> Tablebase:
    """Solve an endgame from nothing.

    Args:
        letter: "Q", "R" or "P".
        size: The squares of a side of the board.
        promoted: For "P": the tablebase of each of `PROMOTIONS` on this board; solved too if they are not given.

    Example:
        >>> solved_tablebase("R", 4).longest
        7
    """
    moves = Moves(Board(size), letter)
    if letter == "P" and promoted is None:
        promoted = {name: solved_tablebase(name, size) for name in PROMOTIONS}
    cube = moves.apart.shape
    # The last entry is where the moves lead that are not there: no mate for White, no escape for Black.
    white = np.append(np.full(moves.apart.size, NOT_WON, dtype=np.uint8), np.uint8(NOT_WON))
    black = white.copy()
    white[-1] = 0
    white_places, white_after, by_promotion = _white_successors(moves, promoted or {})
    black_places, black_after, mated = _black_successors(moves)
    black[mated] = 0
    for k in count(1):
        won = (by_promotion == k) | (black.take(white_after) == k - 1).any(axis=1)
        white[white_places[won]] = k
        white_places, white_after, by_promotion = (part[~won] for part in (white_places, white_after, by_promotion))
        lost = (white.take(black_after) <= k).all(axis=1)
        black[black_places[lost]] = k
        black_places, black_after = black_places[~lost], black_after[~lost]
        if not won.any() and not lost.any() and not ((by_promotion > k) & (by_promotion < NOT_WON)).any():
            break
    return Tablebase(letter, size, white[:-1].reshape(cube), black[:-1].reshape(cube))


def _white_successors(
    moves: Moves, promoted: Mapping[str, Tablebase]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
    """Every position with White to move, where each move leads, and in how many moves a promotion mates.

    Returns:
        ``[B]`` positions in the flattened cube; ``[B, A]`` successors there, its end for moves that are not legal or
        promote; ``[B]`` the moves to mate by the best promotion, else `NOT_WON`.
    """
    cube = moves.white_to_move.shape
    places = np.flatnonzero(moves.white_to_move)
    after = np.full((len(places), len(moves.names)), moves.apart.size, dtype=np.int32)
    best = np.full(len(places), NOT_WON, dtype=np.int64)
    for begin in range(0, len(places), _BLOCK):
        rows = slice(begin, begin + _BLOCK)
        king, piece, lone = np.unravel_index(places[rows], cube)
        led = moves.white(king, piece, lone)
        for action, letter in enumerate(led.promoted):
            legal = led.legal[:, action]
            there = led.king[legal, action], led.piece[legal, action], lone[legal]
            if letter:
                value = promoted[letter].black[there].astype(np.int64)
                best[rows][legal] = np.minimum(best[rows][legal], np.where(value < NOT_WON, value + 1, NOT_WON))
            else:
                after[rows, action][legal] = np.ravel_multi_index(there, cube)
    return places, after, best


def _black_successors(moves: Moves) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
    """The positions with Black to move that may be lost, where each move leads, and the mates.

    Returns:
        ``[B]`` positions in the flattened cube, without those where Black can take the piece or has no move;
        ``[B, 8]`` successors there, its end for moves that are not legal; positions in which Black is mated.
    """
    cube = moves.apart.shape
    places = np.flatnonzero(moves.apart)
    king, piece, lone = np.unravel_index(places, cube)
    steps, legal, takes = moves.black(king, piece, lone)
    after = np.where(legal, (king[:, None] * cube[0] + piece[:, None]) * cube[0] + steps, moves.apart.size)
    stuck = ~legal.any(axis=1)
    going_on = ~stuck & ~takes.any(axis=1)
    return places[going_on], after[going_on].astype(np.int32), places[stuck & moves.check.ravel()[places]]
