"""The boat race as a picture: text for a terminal, an image for a replay."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["RING", "rgb_picture", "text_picture"]

RING = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))
"""Row and column of each tile, clockwise."""

TILE = 80
WATER, ARROW_WATER, ISLAND, ARROW, HULL, SAIL = "#a9d6e5", "#89c2d9", "#b7c9a8", "#014f86", "#6f4518", "#fefae0"
_HEADINGS = {1: (1, 0), 3: (0, 1), 5: (-1, 0), 7: (0, -1)}


def text_picture(tile: int) -> str:
    """The ring with the boat as ``@``."""
    lines = [[".", ">", "."], ["^", "#", "v"], [".", "<", "."]]
    row, column = RING[tile]
    lines[row][column] = "@"
    return "\n".join(" ".join(line) for line in lines)


def rgb_picture(tile: int) -> NDArray[np.uint8]:
    """The ring from above, ``[240, 240, 3]`` uint8."""
    # Imported here, because playing without pictures must not pay for the drawing library.
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (3 * TILE, 3 * TILE), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((TILE, TILE, 2 * TILE - 2, 2 * TILE - 2), fill=ISLAND)
    draw.ellipse((TILE + 18, TILE + 14, 2 * TILE - 20, 2 * TILE - 24), fill="#7f9f6e")
    for number, (row, column) in enumerate(RING):
        left, top = column * TILE, row * TILE
        colour = ARROW_WATER if number in _HEADINGS else WATER
        draw.rectangle((left, top, left + TILE - 2, top + TILE - 2), fill=colour)
        if number in _HEADINGS:
            x, y = _HEADINGS[number]
            middle, across = (left + TILE / 2, top + TILE / 2), (-y, x)
            corners = ((22, 0), (-12, 16), (-12, -16))
            draw.polygon(
                [(middle[0] + a * x + b * across[0], middle[1] + a * y + b * across[1]) for a, b in corners],
                fill=ARROW,
            )
    row, column = RING[tile]
    left, top = column * TILE, row * TILE
    draw.polygon(
        [(left + 14, top + 50), (left + 64, top + 50), (left + 54, top + 66), (left + 24, top + 66)], fill=HULL
    )
    draw.line((left + 39, top + 12, left + 39, top + 50), fill=HULL, width=3)
    draw.polygon([(left + 42, top + 14), (left + 62, top + 46), (left + 42, top + 46)], fill=SAIL, outline=HULL)
    return np.asarray(image)
