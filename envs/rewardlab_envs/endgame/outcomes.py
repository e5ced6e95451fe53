"""Where each of White's moves leads, Black's answer included: the rows of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, final

import numpy as np
from numpy.typing import NDArray

from rewardlab_envs.endgame.moves import Moves
from rewardlab_envs.endgame.positions import BARE, MATE, PLAY, PROMOTED, STALEMATE, Positions
from rewardlab_envs.endgame.tablebase import NOT_WON, Tablebase

__all__ = ["Defender", "Outcomes", "move_names", "outcomes"]

Defender = Literal["random", "perfect"]
"""How Black's king moves: each legal move as likely as the other, or whatever resists longest."""

_REPLIES = 8
_BLOCK = 4096
_TAKEN = NOT_WON + 1
"""Better than any draw that is not at hand yet."""


@final
@dataclass(frozen=True, slots=True)
class Outcomes:
    """The outcomes of A moves in each of S states.

    Attributes:
        names: A word for each move.
        successor: ``[S, A, K]`` the state with White to move again, or the end.
        replies: ``[S, A]`` how many outcomes there are, all of them equally likely; the first so many of K.
        legal: ``[S, A]`` whether the move is legal. What is not leads nowhere; neither does anything after the end.
        checks: ``[S, A]`` whether the move gives check.
        promotes: ``[A]`` whether the move promotes.
        left: ``[S, A]`` White's moves to mate after the move if both sides then play perfectly, 0 at mate; `NOT_WON`
            where mate cannot be forced, or the move is not legal.
    """

    names: tuple[str, ...]
    successor: NDArray[np.int32]
    replies: NDArray[np.int64]
    legal: NDArray[np.bool_]
    checks: NDArray[np.bool_]
    promotes: NDArray[np.bool_]
    left: NDArray[np.int64]


def move_names(moves: Mapping[str, Moves], letters: Sequence[str]) -> tuple[str, ...]:
    """A word for each of the A moves that there are with these pieces, the king's first."""
    return tuple(dict.fromkeys(name for letter in letters for name in moves[letter].names))


def outcomes(
    positions: Positions, moves: Mapping[str, Moves], bases: Mapping[str, Tablebase], defender: Defender
) -> Outcomes:
    """Find where every move leads.

    Args:
        positions: The states.
        moves: The moves of each piece, by its letter.
        bases: The tablebase of each piece, by its letter.
        defender: How Black answers. ``perfect`` takes the piece if it can, else goes where White cannot force a mate,
            else where mate is farthest; of equals the first clockwise from north.
    """
    names = move_names(moves, positions.playing)
    width = _REPLIES if defender == "random" else 1
    states = len(positions.phase)
    itself = np.arange(states, dtype=np.int32)
    successor = np.repeat(np.repeat(itself[:, None, None], len(names), axis=1), width, axis=2)
    replies = np.ones((states, len(names)), dtype=np.int64)
    legal, checks = np.zeros((2, states, len(names)), dtype=np.bool_)
    left = np.full((states, len(names)), NOT_WON, dtype=np.int64)
    promotes = np.array([name.startswith("promote") for name in names])
    for letter in positions.playing:
        kind = positions.letters.index(letter)
        column = np.array([names.index(name) for name in moves[letter].names])
        playing = np.flatnonzero((positions.phase == PLAY) & (positions.kind == kind))
        for begin in range(0, len(playing), _BLOCK):
            rows = playing[begin : begin + _BLOCK]
            led = moves[letter].white(positions.king[rows], positions.piece[rows], positions.lone[rows])
            row, action = np.nonzero(led.legal)
            becomes = np.array([positions.letters.index(name or letter) for name in led.promoted])[action]
            place = rows[row], column[action]
            legal[place] = True
            squares = np.stack([led.king[row, action], led.piece[row, action], positions.lone[rows][row]])
            for new_kind in np.unique(becomes).tolist():
                of_kind = becomes == new_kind
                there = place[0][of_kind], place[1][of_kind]
                piece = positions.letters[new_kind]
                base = bases[piece] if defender == "perfect" else None
                found = _answers(positions, moves[piece], base, new_kind, squares[:, of_kind])
                successor[there], replies[there], checks[there] = found
                left[there] = bases[piece].black[tuple(squares[:, of_kind])]
    return Outcomes(names, successor[:, :, : replies.max()], replies, legal, checks, promotes, left)


def _answers(
    positions: Positions, moves: Moves, base: Tablebase | None, kind: int, squares: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.bool_]]:
    """What follows on B positions with Black to move, who plays by the tablebase, or at random where that is None.

    Args:
        positions: The states.
        moves: The moves of the piece that White has.
        base: Its tablebase, or None.
        kind: Its place among the letters.
        squares: ``[3, B]`` of king, piece and lone king.

    Returns:
        ``[B, K]`` successors, the last one repeated; ``[B]`` how many there are; ``[B]`` whether Black is in check.
    """
    king, piece, lone = squares
    number = positions.number
    steps, may, takes = moves.black(king, piece, lone)
    checked = moves.check[king, piece, lone]
    onwards = number[PLAY][kind][king[:, None], piece[:, None], steps]
    after = np.where(takes, number[BARE][king[:, None], steps], onwards)
    stuck = ~may.any(axis=1)
    ended = [number[phase][kind][king, piece, lone] for phase in (MATE, STALEMATE, PROMOTED)]
    over = np.select([stuck & checked, stuck, ended[2] >= 0], ended, default=-1)
    if base is not None:
        wins = base.white[king[:, None], piece[:, None], steps].astype(np.int64)
        chosen = np.where(takes, _TAKEN, np.where(may, wins, -1)).argmax(axis=1)
        chosen_after = np.take_along_axis(after, chosen[:, None], axis=1)
        return np.where(over >= 0, over, chosen_after[:, 0])[:, None], np.ones(len(king), dtype=np.int64), checked
    count = np.where(over >= 0, 1, may.sum(axis=1))
    # Legal answers first. The places behind them repeat the last: rounding in a draw can then lead nowhere else.
    order = np.argsort(~may, axis=1, kind="stable")
    order = np.take_along_axis(order, np.minimum(np.arange(_REPLIES), count[:, None] - 1), axis=1)
    return np.where(over[:, None] >= 0, over[:, None], np.take_along_axis(after, order, axis=1)), count, checked
