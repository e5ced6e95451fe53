"""A position as a picture: text for a terminal, an image for a replay. White is always below."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rewardlab_envs.minichess.rules import LETTERS
from rewardlab_envs.minichess.squares import SIDE

__all__ = ["rgb_picture", "text_picture"]

_PIXELS = 64
_LIGHT, _DARK = "#ede8dc", "#a9b8a2"
_MEN = {1: ("#ffffff", "#222222"), -1: ("#333333", "#ffffff")}


def text_picture(state: NDArray[np.int16], size: int) -> str:
    """The board, a letter for each man (White's are capitals), and who is to move."""
    lines = [
        f"{row + 1} " + " ".join(_letter(int(state[10 * row + 21 + column])) for column in range(size))
        for row in reversed(range(size))
    ]
    files = "  " + " ".join("abcdefgh"[:size])
    return "\n".join([*lines, files, f"{'White' if state[SIDE] > 0 else 'Black'} to move"])


def rgb_picture(state: NDArray[np.int16], size: int) -> NDArray[np.uint8]:
    """The board from above, ``[H, W, 3]`` uint8, 64 pixels a square: a disc with a letter for each man."""
    # Imported here, because playing without pictures must not pay for the drawing library.
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (_PIXELS * size, _PIXELS * size), _LIGHT)
    draw = ImageDraw.Draw(image)
    for row in range(size):
        for column in range(size):
            left, top = _PIXELS * column, _PIXELS * (size - 1 - row)
            if (row + column) % 2 == 0:
                draw.rectangle((left, top, left + _PIXELS - 1, top + _PIXELS - 1), fill=_DARK)
            piece = int(state[10 * row + 21 + column])
            if piece:
                paint, ink = _MEN[1 if piece > 0 else -1]
                draw.ellipse((left + 8, top + 8, left + _PIXELS - 8, top + _PIXELS - 8), fill=paint, outline="#222222")
                centre = (left + _PIXELS / 2, top + _PIXELS / 2)
                draw.text(centre, LETTERS[abs(piece)], fill=ink, font_size=28, anchor="mm")
    return np.asarray(image)


def _letter(piece: int) -> str:
    return LETTERS[piece] if piece >= 0 else LETTERS[-piece].lower()
