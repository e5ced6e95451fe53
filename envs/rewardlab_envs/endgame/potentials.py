"""Potentials of an endgame: what a player looks at, and the tablebase, which knows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rewardlab.rewards import Potential
from rewardlab_envs.endgame.board import Board
from rewardlab_envs.endgame.positions import Positions
from rewardlab_envs.endgame.tablebase import NOT_WON

__all__ = ["box_squares", "endgame_potentials"]


def endgame_potentials(positions: Positions, moves_to_mate: NDArray[np.int64]) -> dict[str, Potential]:
    """The potentials of one endgame, by name, each from 0 to 1: the nearer to mate, the more.

    None is negative, because with a discount that would pay for standing still, and an illegal move stands still.

    Args:
        positions: The states.
        moves_to_mate: ``[S]`` by the tablebase; `NOT_WON` where mate cannot be forced.
    """
    board, king, piece, lone = positions.board, positions.king, positions.piece, positions.lone
    farthest = int(board.edge_distance.max())
    won = moves_to_mate < NOT_WON
    longest = int(moves_to_mate[won].max())
    made = [
        (
            "edge",
            1 - board.edge_distance[lone] / farthest,
            "How near the lone king is to the edge: 1 on it, 0 as far away as can be.",
        ),
        (
            "kings",
            1 - (board.king_distance[king, lone] - 2) / (board.size - 3),
            "How near the kings are to each other: 1 with one square between them, 0 as far apart as can be.",
        ),
        (
            "tablebase",
            np.where(won, 1 - (moves_to_mate - 1) / longest, 0.0),
            "How near mate is in perfect play, an oracle: 1 with mate at hand, 0 where it cannot be forced.",
        ),
    ]
    if positions.letters == ("R",):
        box = 1 - box_squares(board, piece, lone) / board.squares
        made.append(("box", box, "The share of all squares that the rook takes from the lone king."))
    return {
        name: Potential.from_table(np.where(positions.terminal, 0.0, share), name=name, summary=summary)
        for name, share, summary in made
    }


def box_squares(board: Board, rook: NDArray[np.int64], lone: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many squares lie on the lone king's side of the rook's rank and file, ``[B]``.

    A king that stands on the rook's rank or file itself (behind the other king) is not confined by it.

    Args:
        board: The board.
        rook: ``[B]`` squares.
        lone: ``[B]`` squares.
    """
    sides = []
    for line in (board.rank, board.file):
        below, above = line[rook], board.size - 1 - line[rook]
        sides.append(np.select([line[lone] < line[rook], line[lone] > line[rook]], [below, above], board.size))
    return np.asarray(sides[0] * sides[1])
