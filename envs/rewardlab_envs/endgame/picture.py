"""An endgame as a picture: text for a terminal, SVG for a page, an image for a replay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab_envs.drawn_board import DrawnBoard
from rewardlab_envs.endgame.positions import BARE, MATE, PROMOTED, STALEMATE, STUCK, Positions

__all__ = ["BoardPicture"]

_ENDS = {
    MATE: "mate",
    STALEMATE: "stalemate",
    STUCK: "stalemate",
    BARE: "draw: the piece is taken",
    PROMOTED: "promoted",
}


@final
@dataclass(frozen=True, slots=True)
class BoardPicture:
    """Draws the states of one endgame.

    Attributes:
        positions: The states.
    """

    positions: Positions

    def text(self, index: int) -> str:
        """The board, White's men in capitals and Black's king as ``k``, and under it how the game ended, if it did."""
        return self._drawn(index).text()

    def svg(self, index: int) -> str:
        """The board from White's side as SVG; framed in the dark where the game is over."""
        return self._drawn(index).svg()

    def rgb(self, index: int) -> NDArray[np.uint8]:
        """The same as an image, ``[H, W, 3]`` uint8, 60 pixels a square."""
        return self._drawn(index).rgb()

    def _drawn(self, index: int) -> DrawnBoard:
        at = self.positions
        men = {int(at.king[index]): "K", int(at.lone[index]): "k"}
        if at.kind[index] >= 0:
            men[int(at.piece[index])] = at.letters[int(at.kind[index])]
        end = _ENDS.get(int(at.phase[index]), "")
        return DrawnBoard(at.board.size, men, end, is_over=bool(end))
