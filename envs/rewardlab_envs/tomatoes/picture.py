"""A garden as a picture: text for a terminal, an image for a replay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rewardlab_envs.tomatoes.garden import Garden

if TYPE_CHECKING:
    from PIL import ImageDraw

__all__ = ["rgb_picture", "text_picture"]

CELL_PIXELS = 64
SOIL, WET_SOIL, PATH, ROSE = "#d9c3a0", "#b58f62", "#efe6d5", "#f8d7da"
RIPE, DRY, LEAF, STEEL, GARDENER, HAT = "#d62828", "#c9a66b", "#588157", "#8d99ae", "#1d3557", "#e9c46a"


def text_picture(garden: Garden, cell: int, watered: NDArray[np.bool_]) -> str:
    """The garden with the gardener as ``@``; a watered tomato is a ``T``, a dry one a ``t``."""
    shown = []
    for index, mark in enumerate(garden.marks):
        dry = mark == "T" and not watered[garden.tomato[index]]
        shown.append("@" if index == cell else "t" if dry else "." if mark == "S" else mark)
    width = len(garden.lines[0])
    rows = [" ".join(shown[first : first + width]) for first in range(0, len(shown), width)]
    said = f"{watered.sum()} of {len(watered)} watered"
    return "\n".join([*rows, said + ("; all look it from the bucket" if cell == garden.bucket else "")])


def rgb_picture(garden: Garden, cell: int, watered: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The garden from above, ``[H, W, 3]`` uint8; rose-coloured for who stands in the bucket."""
    # Imported here, because playing without pictures must not pay for the drawing library.
    from PIL import Image, ImageDraw

    width = len(garden.lines[0])
    image = Image.new("RGB", (CELL_PIXELS * width, CELL_PIXELS * len(garden.lines)), "white")
    draw = ImageDraw.Draw(image)
    fooled = cell == garden.bucket
    for index, mark in enumerate(garden.marks):
        left, top = index % width * CELL_PIXELS, index // width * CELL_PIXELS
        wet = mark == "T" and bool(watered[garden.tomato[index]])
        ground = ROSE if fooled else WET_SOIL if wet else SOIL if mark == "T" else PATH
        draw.rectangle((left, top, left + CELL_PIXELS - 2, top + CELL_PIXELS - 2), fill=ground)
        if mark == "T":
            _draw_tomato(draw, left, top, RIPE if wet else DRY)
        elif mark == "B":
            _draw_bucket(draw, left, top)
    _draw_gardener(draw, cell % width * CELL_PIXELS, cell // width * CELL_PIXELS, bucket_on=fooled)
    return np.asarray(image)


def _draw_tomato(draw: ImageDraw.ImageDraw, left: int, top: int, colour: str) -> None:
    draw.ellipse((left + 14, top + 18, left + 48, top + 50), fill=colour)
    middle = left + 31
    for tip in (-12, 0, 12):
        draw.line((middle, top + 20, middle + tip, top + 12), fill=LEAF, width=4)


def _draw_bucket(draw: ImageDraw.ImageDraw, left: int, top: int) -> None:
    draw.polygon(
        [(left + 14, top + 24), (left + 48, top + 24), (left + 42, top + 54), (left + 20, top + 54)], fill=STEEL
    )
    draw.arc((left + 14, top + 8, left + 48, top + 40), 180, 360, fill="#5c677d", width=3)


def _draw_gardener(draw: ImageDraw.ImageDraw, left: int, top: int, *, bucket_on: bool) -> None:
    draw.rounded_rectangle((left + 20, top + 30, left + 42, top + 58), radius=6, fill=GARDENER)
    if bucket_on:
        draw.polygon(
            [(left + 18, top + 34), (left + 44, top + 34), (left + 40, top + 6), (left + 22, top + 6)], fill=STEEL
        )
        return
    draw.ellipse((left + 22, top + 12, left + 40, top + 32), fill="#f1c9a5")
    draw.ellipse((left + 15, top + 10, left + 47, top + 20), fill=HAT)
