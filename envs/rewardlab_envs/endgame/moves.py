"""How king, queen, rook and pawn move against a lone king, for any number of positions at once.

A position is three squares: White's king, White's piece, and Black's king, alone. The piece is given by its letter:
Q, R or P. Black has nothing with which to give check, so that White's king need only keep away from Black's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab_envs.endgame.board import DIRECTIONS, Board

__all__ = ["PROMOTIONS", "Moves", "WhiteMoves"]

PROMOTIONS = ("Q", "R")
"""What a pawn may become. A bishop or a knight cannot mate alone, so nobody is the poorer for their absence."""

_STRAIGHT = tuple(number for number, (rank, file) in enumerate(DIRECTIONS.values()) if 0 in (rank, file))
_ALL = tuple(range(len(DIRECTIONS)))


@final
@dataclass(frozen=True, slots=True)
class WhiteMoves:
    """What each of A moves leads to from each of B positions, with Black to move then.

    Attributes:
        king: ``[B, A]`` the square of White's king.
        piece: ``[B, A]`` the square of the piece.
        promoted: ``[A]`` the letter that a pawn becomes by this move; "" for all else.
        legal: ``[B, A]`` bool. What is not legal has squares that mean nothing.
    """

    king: NDArray[np.int64]
    piece: NDArray[np.int64]
    promoted: tuple[str, ...]
    legal: NDArray[np.bool_]


@final
@dataclass(frozen=True)
class Moves:
    """The moves of one piece and the two kings on one board.

    A pawn goes from the rank before the last to the last only by promotion. The double step from the second rank is for
    8 x 8, where chess is played; smaller boards have none.

    Attributes:
        board: The board.
        letter: "Q", "R" or "P".
        word: What the piece is called in the names of its moves, so that pieces which become one another may share
            them; "queen" or "rook" by default.
    """

    board: Board
    letter: str
    word: str = ""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """A word for each of White's A moves, in the order of `white`: the king's eight, then the piece's."""
        king = tuple(f"king_{direction}" for direction in DIRECTIONS)
        if self.letter == "P":
            double = ("pawn_two",) if self._double_step else ()
            return (*king, "pawn_one", *double, "promote_queen", "promote_rook")
        own_word, directions = {"Q": ("queen", _ALL), "R": ("rook", _STRAIGHT)}[self.letter]
        word, far = self.word or own_word, range(1, self.board.size)
        return (*king, *(f"{word}_{tuple(DIRECTIONS)[number]}_{steps}" for number in directions for steps in far))

    @cached_property
    def check(self) -> NDArray[np.bool_]:
        """``[n, n, n]`` bool, by white king, piece, black king: whether the piece attacks the black king's square."""
        board, squares = self.board, np.arange(self.board.squares)
        attacked = np.zeros((board.squares,) * 3, dtype=np.bool_)
        for direction, steps in self._attacks:
            open_way = np.ones((board.squares, board.squares), dtype=np.bool_)  # by white king, piece
            for step in range(steps):
                target = board.rays[:, direction, step]
                king, piece = np.nonzero(open_way & (target >= 0))
                attacked[king, piece, target[piece]] = True
                open_way &= (target >= 0) & (squares[:, None] != target)
        return attacked

    @cached_property
    def apart(self) -> NDArray[np.bool_]:
        """``[n, n, n]`` bool: three squares, kings not side by side, and no pawn on the first or last rank."""
        kings = self.board.king_distance > 1
        other = ~np.eye(self.board.squares, dtype=np.bool_)
        possible = kings[:, None, :] & other[:, :, None] & other[None, :, :]
        if self.letter == "P":
            rank = self.board.rank
            possible &= ((rank > 0) & (rank < self.board.size - 1))[None, :, None]
        return possible

    @cached_property
    def white_to_move(self) -> NDArray[np.bool_]:
        """``[n, n, n]`` bool: the positions in which White may be to move, for Black's king is not in check."""
        return self.apart & ~self.check

    def white(self, king: NDArray[np.int64], piece: NDArray[np.int64], black: NDArray[np.int64]) -> WhiteMoves:
        """White's moves from positions in which White may be to move.

        Args:
            king: ``[B]`` squares of White's king.
            piece: ``[B]`` squares of the piece.
            black: ``[B]`` squares of Black's king.
        """
        steps = self.board.steps[king]
        may_step = (steps >= 0) & (steps != piece[:, None]) & (self.board.king_distance[steps, black[:, None]] > 1)
        stays = np.broadcast_to(piece[:, None], steps.shape)
        pieces, may_go, promoted = self._piece_moves(king, piece, black)
        return WhiteMoves(
            np.concatenate([steps, np.broadcast_to(king[:, None], pieces.shape)], axis=1),
            np.concatenate([stays, pieces], axis=1),
            ("",) * len(DIRECTIONS) + promoted,
            np.concatenate([may_step, may_go], axis=1),
        )

    def black(
        self, king: NDArray[np.int64], piece: NDArray[np.int64], black: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
        """Black's moves from positions in which Black is to move, eight at most, in the order of `DIRECTIONS`.

        Args:
            king: ``[...]`` squares of White's king.
            piece: ``[...]`` squares of the piece.
            black: ``[...]`` squares of Black's king.

        Returns:
            ``[..., 8]`` the square that Black's king comes to, whether that is legal, and whether it takes the piece.
        """
        steps = self.board.steps[black]
        king, piece = king[..., None], piece[..., None]
        takes = steps == piece
        free = (steps >= 0) & (self.board.king_distance[king, steps] > 1)
        # A square that Black's own king hides from the piece is attacked too: `check` knows of White's king alone.
        legal = free & (takes | ~self.check[king, piece, steps])
        return steps, legal, takes & legal

    @property
    def _double_step(self) -> bool:
        return self.board.size == 8

    @property
    def _attacks(self) -> tuple[tuple[int, int], ...]:
        """The directions in which the piece attacks, each with how far."""
        if self.letter == "P":
            return tuple((number, 1) for number, (rank, file) in enumerate(DIRECTIONS.values()) if rank == 1 and file)
        return tuple((number, self.board.size - 1) for number in (_ALL if self.letter == "Q" else _STRAIGHT))

    def _piece_moves(
        self, king: NDArray[np.int64], piece: NDArray[np.int64], black: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_], tuple[str, ...]]:
        if self.letter == "P":
            return self._pawn_moves(king, piece, black)
        targets = self.board.rays[piece][:, [number for number, _ in self._attacks]]
        blocked = (targets < 0) | (targets == king[:, None, None]) | (targets == black[:, None, None])
        may_go = ~np.logical_or.accumulate(blocked, axis=2)
        moves = targets.shape[1] * targets.shape[2]
        return targets.reshape(len(king), moves), may_go.reshape(len(king), moves), ("",) * moves

    def _pawn_moves(
        self, king: NDArray[np.int64], piece: NDArray[np.int64], black: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_], tuple[str, ...]]:
        rank, size = self.board.rank[piece], self.board.size
        one, two = piece + size, piece + 2 * size
        free = (one != king) & (one != black)
        last = rank == size - 2
        columns, letters = [(one, free & ~last)], [""]
        if self._double_step:
            columns.append((two, free & (rank == 1) & (two != king) & (two != black)))
            letters.append("")
        columns += [(one, free & last)] * len(PROMOTIONS)
        targets, may_go = (np.stack(parts, axis=1) for parts in zip(*columns, strict=True))
        return targets, may_go, (*letters, *PROMOTIONS)
