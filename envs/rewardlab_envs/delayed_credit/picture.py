"""Delayed credit as a picture: two roads from one decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

__all__ = ["RoadPicture"]

WIDTH, HEIGHT, MARGIN = 480, 160, 50
PAPER, ROAD, WON, LOST, WALKER, INK = "#fbfaf7", "#ced4da", "#2a9d8f", "#adb5bd", "#1d3557", "#222222"


@final
@dataclass(frozen=True, slots=True)
class RoadPicture:
    """Draws the states of one delay.

    Attributes:
        delay: The idle steps.
    """

    delay: int

    def text(self, index: int) -> str:
        """One line: what was decided, and how long is still to wait."""
        if index == 0:
            return f"decide; what comes of it is seen {self.delay + 1} steps later"
        if index >= 2 * self.delay + 1:
            return "won" if self._accepted(index) else "nothing won"
        decided = "accepted" if self._accepted(index) else "declined"
        return f"{decided}; {self.delay + 1 - self._walked(index)} steps to go"

    def rgb(self, index: int) -> NDArray[np.uint8]:
        """The two roads with the walker on one of them, ``[H, W, 3]`` uint8."""
        # Imported here, because playing without pictures must not pay for the drawing library.
        from PIL import Image, ImageDraw

        image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
        draw = ImageDraw.Draw(image)
        fork, end = MARGIN + 50, WIDTH - MARGIN
        for height in (45, 115):
            draw.line(((MARGIN, 80), (fork, height), (end, height)), fill=ROAD, width=12, joint="curve")
        draw.ellipse((end - 16, 29, end + 16, 61), fill=WON)
        draw.text((end, 45), "win", fill="white", font_size=14, anchor="mm")
        draw.ellipse((end - 16, 99, end + 16, 131), fill=LOST)
        draw.ellipse((MARGIN - 8, 72, MARGIN + 8, 88), fill=ROAD)
        x, y = MARGIN, 80
        if index > 0:
            y = 45 if self._accepted(index) else 115
            x = round(fork + (end - fork) * self._walked(index) / (self.delay + 1))
        draw.ellipse((x - 9, y - 9, x + 9, y + 9), fill=WALKER)
        draw.text((WIDTH // 2, HEIGHT - 14), self.text(index), fill=INK, font_size=13, anchor="mm")
        return np.asarray(image)

    def _accepted(self, index: int) -> bool:
        return self.delay < index <= 2 * self.delay or index == 2 * self.delay + 2

    def _walked(self, index: int) -> int:
        """The steps behind this state."""
        if index > 2 * self.delay:
            return self.delay + 1
        return index - self.delay if index > self.delay else index
