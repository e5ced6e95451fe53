"""The states of an endgame: every position with White to move, and every way in which the game can be over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab_envs.endgame.board import Board
from rewardlab_envs.endgame.moves import Moves

__all__ = ["BARE", "MATE", "PLAY", "PROMOTED", "STALEMATE", "STUCK", "Positions", "enumerated_positions"]

PLAY, MATE, STALEMATE, STUCK, BARE, PROMOTED = range(6)
"""Whether White is to move, or how the game ended: mate, stalemate of Black, stalemate of White (`STUCK`, whose king is
shut in by its own pawn), the piece taken, or, where that is an end, a promotion."""


@final
@dataclass(frozen=True)
class Positions:
    """S states, and how to find them.

    Attributes:
        board: The board.
        letters: The pieces that White may have.
        phase: ``[S]`` one of `PLAY`, `MATE`, `STALEMATE`, `STUCK`, `BARE`, `PROMOTED`.
        kind: ``[S]`` which of the letters White has; -1 where the piece is taken.
        king: ``[S]`` the square of White's king.
        piece: ``[S]`` the square of the piece; -1 where it is taken.
        lone: ``[S]`` the square of Black's king.
        number: Phase to ``[kinds, n, n, n]`` int32: the state of each kind and squares of king, piece and lone king; -1
            where there is none. `PLAY` finds those that are `STUCK` too; of `BARE` it is ``[n, n]``.
    """

    board: Board
    letters: tuple[str, ...]
    phase: NDArray[np.int64]
    kind: NDArray[np.int64]
    king: NDArray[np.int64]
    piece: NDArray[np.int64]
    lone: NDArray[np.int64]
    number: Mapping[int, NDArray[np.int32]]

    @property
    def terminal(self) -> NDArray[np.bool_]:
        """``[S]`` bool, where the game is over."""
        over: NDArray[np.bool_] = self.phase != PLAY
        return over

    @property
    def playing(self) -> tuple[str, ...]:
        """The pieces with which White may be to move; where a promotion ends the game, the pawn alone."""
        return tuple(letter for kind, letter in enumerate(self.letters) if (self.number[PLAY][kind] >= 0).any())

    @property
    def weight(self) -> NDArray[np.int64]:
        """``[S]`` the positions with White to move that each state stands for: 1, or up to 8 on a folded board."""
        numbers = self.number[PLAY]
        return np.bincount(numbers[numbers >= 0], minlength=len(self.phase))


def enumerated_positions(moves: Mapping[str, Moves], *, fold: bool, promotion_ends: bool) -> Positions:
    """Number the states: first those with White to move, then the ends.

    Args:
        moves: The moves of each piece that White may come to have, by its letter; the first is the one at the start.
        fold: Whether positions that are one another turned or mirrored are one state.
        promotion_ends: Whether the game is over when a pawn promotes, so that of the other pieces there are only
            positions with Black to move, and the piece on the last rank.
    """
    board, letters = next(iter(moves.values())).board, tuple(moves)
    canonical = _canonical(board, fold=fold, mirrored_only="P" in letters)
    rows: list[tuple[int, int, NDArray[np.int64]]] = []
    number: dict[int, NDArray[np.int32]] = {}
    masks = [_masks(one, only_promoted=promotion_ends and letter != "P") for letter, one in moves.items()]
    count = 0
    for phase in (PLAY, MATE, STALEMATE, STUCK, PROMOTED):
        number[phase] = np.full((len(letters), *masks[0][phase].shape), -1, dtype=np.int32)
        for kind, mask in enumerate(masks):
            there = np.flatnonzero(mask[phase])
            chosen = there[canonical[there] == there]
            of_cell = np.full(canonical.shape, -1, dtype=np.int32)
            of_cell[chosen] = np.arange(count, count + len(chosen))
            number[phase][kind].ravel()[there] = of_cell[canonical[there]]
            rows.append((phase, kind, chosen))
            count += len(chosen)
    number[PLAY] = np.maximum(number[PLAY], number[STUCK])
    shape = (board.squares,) * 3
    squares = np.concatenate([np.stack(np.unravel_index(cells, shape)) for _, _, cells in rows], axis=1)
    king, lone, number[BARE] = _bare_kings(board, count, fold=fold, mirrored_only="P" in letters)
    bare = len(king)
    return Positions(
        board,
        letters,
        np.concatenate(
            [np.repeat([phase for phase, _, _ in rows], [len(cells) for _, _, cells in rows]), [BARE] * bare]
        ),
        np.concatenate([np.repeat([kind for _, kind, _ in rows], [len(cells) for _, _, cells in rows]), [-1] * bare]),
        np.concatenate([squares[0], king]),
        np.concatenate([squares[1], np.full(bare, -1)]),
        np.concatenate([squares[2], lone]),
        number,
    )


def _masks(moves: Moves, *, only_promoted: bool) -> dict[int, NDArray[np.bool_]]:
    """Phase to ``[n, n, n]`` bool: the positions of a piece that are states of that phase."""
    king, piece, lone = np.nonzero(moves.apart)
    stuck = np.zeros(moves.apart.shape, dtype=np.bool_)
    stuck[king, piece, lone] = ~moves.black(king, piece, lone)[1].any(axis=1)
    king, piece, lone = np.nonzero(moves.white_to_move)
    may_play = np.zeros_like(stuck)
    may_play[king, piece, lone] = moves.white(king, piece, lone).legal.any(axis=1)
    none = np.zeros_like(stuck)
    masks = {
        PLAY: may_play,
        MATE: stuck & moves.check,
        STALEMATE: stuck & ~moves.check,
        STUCK: moves.white_to_move & ~may_play,
        PROMOTED: none,
    }
    if only_promoted:
        last = (moves.board.rank == moves.board.size - 1)[None, :, None]
        masks = {phase: mask & last for phase, mask in masks.items()}
        masks |= {PLAY: none, STUCK: none, PROMOTED: moves.apart & ~stuck & last}
    return masks


def _canonical(board: Board, *, fold: bool, mirrored_only: bool) -> NDArray[np.int64]:
    """``[n ** 3]`` the cell of the cube that stands for each; itself, unless boards that are turned count as one.

    Of the turned positions it is the one whose lone king, then White's king, then the piece has the lowest square.
    """
    n = board.squares
    cells = np.arange(n**3)
    if not fold:
        return cells
    king, piece, lone = np.unravel_index(cells, (n, n, n))
    keys = [(way[lone] * n + way[king]) * n + way[piece] for way in board.turned(mirrored_only=mirrored_only)]
    first, second, third = np.unravel_index(np.min(keys, axis=0), (n, n, n))
    return np.asarray((second * n + third) * n + first)


def _bare_kings(
    board: Board, first: int, *, fold: bool, mirrored_only: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """The squares of both kings where nothing else is left, and the states of those, numbered from ``first``."""
    n = board.squares
    king, lone = np.nonzero(board.king_distance > 1)
    ways = board.turned(mirrored_only=mirrored_only) if fold else np.arange(n)[None]
    key = np.min([way[lone] * n + way[king] for way in ways], axis=0)
    keys, place = np.unique(key, return_inverse=True)
    number = np.full((n, n), -1, dtype=np.int32)
    number[king, lone] = first + place
    return keys % n, keys // n, number
