"""An endgame as a picture: text for a terminal, an image for a replay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab_envs.endgame.positions import BARE, MATE, PROMOTED, STALEMATE, STUCK, Positions

__all__ = ["SQUARE_PIXELS", "BoardPicture"]

SQUARE_PIXELS = 60
LIGHT, DARK, WHITE, BLACK, INK = "#f0e6d2", "#b9a37e", "#fdfdfb", "#22262b", "#22262b"
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
        size = self.positions.board.size
        men = self._men(index)
        lines = [
            f"{rank + 1} " + " ".join(men.get(rank * size + file, ".") for file in range(size))
            for rank in reversed(range(size))
        ]
        end = _ENDS.get(int(self.positions.phase[index]))
        return "\n".join([*lines, "  " + " ".join("abcdefgh"[:size]), *([end] if end else [])])

    def rgb(self, index: int) -> NDArray[np.uint8]:
        """The board from White's side, ``[H, W, 3]`` uint8: 60 pixels a square; framed in the dark where it is over."""
        # Imported here, because playing without pictures must not pay for the drawing library.
        from PIL import Image, ImageDraw

        size, side = self.positions.board.size, SQUARE_PIXELS
        image = Image.new("RGB", (side * size, side * size), LIGHT)
        draw = ImageDraw.Draw(image)
        for square in range(size * size):
            rank, file = divmod(square, size)
            left, top = file * side, (size - 1 - rank) * side
            if (rank + file) % 2 == 0:
                draw.rectangle((left, top, left + side - 1, top + side - 1), fill=DARK)
            man = self._men(index).get(square)
            if man:
                disc, letter = (BLACK, WHITE) if man == "k" else (WHITE, INK)
                draw.ellipse((left + 8, top + 8, left + side - 9, top + side - 9), fill=disc, outline=INK, width=2)
                middle = (left + side // 2, top + side // 2)
                draw.text(middle, man.upper(), fill=letter, font_size=26, anchor="mm")
        if self.positions.phase[index] in _ENDS:
            draw.rectangle((0, 0, side * size - 1, side * size - 1), outline=INK, width=4)
        return np.asarray(image)

    def _men(self, index: int) -> dict[int, str]:
        """Square to letter."""
        at = self.positions
        men = {int(at.king[index]): "K", int(at.lone[index]): "k"}
        if at.kind[index] >= 0:
            men[int(at.piece[index])] = at.letters[int(at.kind[index])]
        return men
