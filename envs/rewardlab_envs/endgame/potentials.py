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
    """The potentials of one endgame, by name, each from -1 to 0.

    Args:
        positions: The states.
        moves_to_mate: ``[S]`` by the tablebase; `NOT_WON` where mate cannot be forced.
    """
    board, king, piece, lone = positions.board, positions.king, positions.piece, positions.lone
    farthest = max(1, int(board.edge_distance.max()))
    won = moves_to_mate < NOT_WON
    longest = max(1, int(moves_to_mate[won].max(initial=1)))
    made = [
        (
            "edge",
            board.edge_distance[lone] / farthest,
            "Minus the squares from the lone king to the edge, as a share of the most.",
        ),
        (
            "kings",
            board.king_distance[king, lone] / (board.size - 1),
            "Minus the moves between the two kings, as a share of the most.",
        ),
        (
            "tablebase",
            np.where(won, moves_to_mate / longest, 1.0),
            "Minus the moves to mate in perfect play, as a share of the most: an oracle; -1 where none can be forced.",
        ),
    ]
    if positions.letters == ("R",):
        box = box_squares(board, piece, lone) / board.squares
        made.append(("box", box, "Minus the squares to which the rook confines the lone king, as a share of all."))
    return {
        name: Potential.from_table(np.where(positions.terminal, 0.0, -share), name=name, summary=summary)
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
