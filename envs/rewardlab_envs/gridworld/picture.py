"""A gridworld as a picture: text for a terminal, an image for a replay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np
from numpy.typing import NDArray

from rewardlab_envs.gridworld.grid import Grid

if TYPE_CHECKING:
    from PIL import ImageDraw

__all__ = ["CELL_PIXELS", "GridPicture"]

CELL_PIXELS = 48
FLOOR, WALL, EXIT, PIT, START = "#f1f3f5", "#6c7a89", "#b7e4c7", "#343a40", "#dbe7f3"
CLIFF, COIN, ROBOT, INK, LINE = "#e5989b", "#f2b705", "#1d3557", "#222222", "#ced4da"


@final
@dataclass(frozen=True, slots=True)
class GridPicture:
    """Draws the states of one map.

    Attributes:
        grid: The map.
        cell: The cell of each state.
        left: The coins left in each state, one bit each.
    """

    grid: Grid
    cell: tuple[int, ...]
    left: tuple[int, ...]

    def text(self, index: int) -> str:
        """The map with the robot as ``@``; coins that are taken are gone."""
        lines = [list(line) for line in self.grid.lines]
        for row, column in self._taken(index):
            lines[row][column] = "."
        row, column = self.grid.cells[self.cell[index]]
        lines[row][column] = "@"
        return "\n".join(" ".join(line) for line in lines)

    def rgb(self, index: int) -> NDArray[np.uint8]:
        """The map from above, ``[H, W, 3]`` uint8: 48 pixels a cell."""
        # Imported here, because playing without pictures must not pay for the drawing library.
        from PIL import Image, ImageDraw

        size = (CELL_PIXELS * len(self.grid.lines[0]), CELL_PIXELS * len(self.grid.lines))
        image = Image.new("RGB", size, LINE)
        draw = ImageDraw.Draw(image)
        taken = self._taken(index)
        for row, line in enumerate(self.grid.lines):
            for column, mark in enumerate(line):
                shown = "." if (row, column) in taken else mark
                _draw_cell(draw, column * CELL_PIXELS, row * CELL_PIXELS, shown)
        row, column = self.grid.cells[self.cell[index]]
        _draw_robot(draw, column * CELL_PIXELS, row * CELL_PIXELS)
        return np.asarray(image)

    def _taken(self, index: int) -> set[tuple[int, int]]:
        coins = enumerate(self.grid.where("o"))
        return {self.grid.cells[cell] for number, cell in coins if not self.left[index] >> number & 1}


def _draw_cell(draw: ImageDraw.ImageDraw, left: int, top: int, mark: str) -> None:
    size = CELL_PIXELS - 2
    colour = {"#": WALL, "S": START, "X": FLOOR, "!": CLIFF}.get(mark, FLOOR)
    if mark == "G" or mark.isdigit():
        colour = EXIT
    draw.rectangle((left, top, left + size, top + size), fill=colour)
    middle = (left + CELL_PIXELS // 2, top + CELL_PIXELS // 2)
    if mark == "G":
        draw.line((left + 16, top + 8, left + 16, top + 40), fill=INK, width=3)
        draw.polygon(((left + 18, top + 8), (left + 38, top + 15), (left + 18, top + 23)), fill="#2a9d8f")
    elif mark.isdigit():
        draw.text(middle, f"0.{mark}", fill="#2a9d8f", font_size=18, anchor="mm")
    elif mark == "X":
        draw.ellipse((left + 6, top + 10, left + size - 6, top + size - 6), fill=PIT)
    elif mark == "!":
        for step in range(3):
            x = left + 8 + 12 * step
            draw.polygon(((x - 5, top + 38), (x + 5, top + 38), (x, top + 14)), fill="#9d4e52")
    elif mark == "o":
        draw.ellipse((left + 13, top + 13, left + 33, top + 33), fill=COIN, outline="#c18c00", width=2)


def _draw_robot(draw: ImageDraw.ImageDraw, left: int, top: int) -> None:
    draw.rounded_rectangle((left + 10, top + 14, left + 36, top + 38), radius=6, fill=ROBOT)
    draw.line((left + 23, top + 14, left + 23, top + 7), fill=ROBOT, width=3)
    draw.ellipse((left + 20, top + 4, left + 26, top + 10), fill="#e76f51")
    for eye in (left + 15, left + 26):
        draw.ellipse((eye, top + 20, eye + 6, top + 26), fill="white")
    draw.line((left + 17, top + 32, left + 29, top + 32), fill="white", width=2)
