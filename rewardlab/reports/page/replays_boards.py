"""The boards of all replays of a page: each picture kept once, small, and within the page's room for them."""

from __future__ import annotations

import base64
import io
import re
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.reports.page.shown_text import shown

__all__ = ["MARK_BEGINS", "MARK_ENDS", "BoardShelf", "marked_text"]

MARK_BEGINS, MARK_ENDS = "\u0002", "\u0003"
"""Stand round what a text board shows in another colour or weight, as a terminal would."""

_WIDEST_PIXELS = 360
_COLOURS = 48
_CONTROL = re.compile(r"\x1b\[([0-9;]*)m")


@final
class BoardShelf:
    """Keeps pictures as data addresses and texts as they are, each once, and knows them by their place.

    Args:
        room_bytes: For the pictures of one episode, as text. The last one may go beyond it.
    """

    def __init__(self, room_bytes: int) -> None:
        self._room = room_bytes
        self._used = 0
        self._places: dict[bytes | str, int] = {}
        self.images: list[str] = []
        self.texts: list[str] = []

    def begin_episode(self) -> None:
        """Give room for the pictures of another episode; those that are there already cost nothing."""
        self._used = 0

    def put_image(self, pixels: NDArray[np.uint8]) -> int | None:
        """Keep a picture.

        Args:
            pixels: ``[H, W, 3]`` uint8.

        Returns:
            Its place in ``images``; None if the room is used up.
        """
        key = str(pixels.shape).encode() + pixels.tobytes()
        if key not in self._places:
            if self._used >= self._room:
                return None
            self.images.append(_data_address(pixels))
            self._used += len(self.images[-1])
            self._places[key] = len(self.images) - 1
        return self._places[key]

    def put_text(self, text: str) -> int:
        """Keep a board of letters: its place in ``texts``."""
        kept = marked_text(text)
        if kept not in self._places:
            self.texts.append(kept)
            self._places[kept] = len(self.texts) - 1
        return self._places[kept]


def marked_text(text: str) -> str:
    """A text for a terminal with marks where that would begin and end another colour or weight.

    Args:
        text: With ANSI sequences or without; other control characters are made visible.
    """
    parts = _CONTROL.split(text)
    marks = [MARK_ENDS if style in ("", "0") else MARK_BEGINS for style in parts[1::2]]
    texts = [shown(part, lines=True) for part in parts[::2]]
    return "".join(part for pair in zip(texts, [*marks, ""], strict=True) for part in pair)


def _data_address(pixels: NDArray[np.uint8]) -> str:
    """A PNG with a small palette: boards have few colours, and so they need a tenth of the room."""
    from PIL import Image

    image: Any = Image.fromarray(pixels)
    if image.width > _WIDEST_PIXELS:
        size = (_WIDEST_PIXELS, round(image.height * _WIDEST_PIXELS / image.width))
        image = image.resize(size, Image.Resampling.LANCZOS)
    image = image.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"
