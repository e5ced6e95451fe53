"""Delivery as a picture: text for a terminal, an image for a replay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np
from numpy.typing import NDArray

from rewardlab_envs.delivery.state import DeliveryState
from rewardlab_envs.delivery.town import Town

if TYPE_CHECKING:
    from PIL import ImageDraw

__all__ = ["StatePicture"]

CELL_PIXELS = 72
COLOURS = {"#": "#8d99ae", ".": "#edf2f4", "~": "#f4d58d", "depot": "#bfd7ea"}
PARCEL, COURIER, WAITING, INK = "#b5651d", "#1d3557", "#2a9d8f", "#222222"


@final
@dataclass(frozen=True, slots=True)
class StatePicture:
    """Draws the states of one town.

    Attributes:
        town: The town.
        states: What each state index means.
    """

    town: Town
    states: tuple[DeliveryState, ...]

    def text(self, index: int) -> str:
        """The map with the courier as ``@``, or ``&`` while it carries, and a line that says what is going on."""
        state = self.states[index]
        row, column = self.town.cells[state.cell]
        lines = [list(line) for line in self.town.lines]
        lines[row][column] = "&" if state.carrying else "@"
        drawn = "\n".join(" ".join(line) for line in lines)
        return f"{drawn}\n{self._story(state)}"

    def rgb(self, index: int) -> NDArray[np.uint8]:
        """The map from above, ``[H, W, 3]`` uint8: 72 pixels a cell."""
        # Imported here, because playing without pictures must not pay for the drawing library.
        from PIL import Image, ImageDraw

        state = self.states[index]
        size = (CELL_PIXELS * len(self.town.lines[0]), CELL_PIXELS * len(self.town.lines))
        image = Image.new("RGB", size, "white")
        draw = ImageDraw.Draw(image)
        for row, line in enumerate(self.town.lines):
            for column, mark in enumerate(line):
                self._draw_cell(draw, row, column, mark, state)
        self._draw_courier(draw, state)
        return np.asarray(image)

    def _story(self, state: DeliveryState) -> str:
        if state.orders_left == 0:
            return "all parcels have arrived"
        where = "in the bag" if state.carrying else "at the depot"
        return f"parcel for {self._letter(state)} {where}, ordered {state.waited} minutes ago; {state.orders_left} left"

    def _letter(self, state: DeliveryState) -> str:
        return self.town.mark(self.town.cells[self.town.customers[state.customer]])

    def _draw_cell(self, draw: ImageDraw.ImageDraw, row: int, column: int, mark: str, state: DeliveryState) -> None:
        left, top = column * CELL_PIXELS, row * CELL_PIXELS
        right, bottom = left + CELL_PIXELS - 2, top + CELL_PIXELS - 2
        colour = COLOURS["depot"] if mark == "D" else COLOURS.get(mark, COLOURS["."])
        draw.rectangle((left, top, right, bottom), fill=colour)
        if mark == "~":
            draw.text((left + 5, top + 3), "slow", fill=INK, font_size=12)
        elif mark == "D":
            draw.text((left + 5, top + 3), "depot", fill=INK, font_size=13)
            if not state.carrying and state.orders_left:
                _draw_parcel(draw, left + 50, top + 48)
        elif mark.isalpha():
            waiting = mark == self._letter(state) and state.orders_left > 0
            if waiting:
                draw.rectangle((left + 1, top + 1, right - 1, bottom - 1), outline=WAITING, width=4)
                draw.text((left + 22, top + 6), "waits", fill=WAITING, font_size=13)
            draw.text((left + 8, top + 4), mark, fill=WAITING if waiting else INK, font_size=16)

    def _draw_courier(self, draw: ImageDraw.ImageDraw, state: DeliveryState) -> None:
        row, column = self.town.cells[state.cell]
        left, top = column * CELL_PIXELS + 6, row * CELL_PIXELS + 42
        draw.rounded_rectangle((left, top, left + 38, top + 19), radius=6, fill=COURIER)
        for wheel in (left + 5, left + 24):
            draw.ellipse((wheel, top + 13, wheel + 10, top + 23), fill=INK)
        if state.carrying:
            _draw_parcel(draw, left + 10, top - 17)


def _draw_parcel(draw: ImageDraw.ImageDraw, left: int, top: int) -> None:
    draw.rectangle((left, top, left + 18, top + 16), fill=PARCEL, outline=INK)
    draw.line((left + 9, top, left + 9, top + 16), fill="#f2e2c4", width=3)
