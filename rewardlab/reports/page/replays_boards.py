"""The boards of all replays of a page: each picture kept once, and small."""

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
_COLOURS = 24
_CONTROL = re.compile(r"\x1b\[([0-9;]*)m")


@final
class BoardShelf:
    """Keeps pictures as data addresses and texts as they are, each once, and knows them by their place."""

    def __init__(self) -> None:
        self._places: dict[bytes | str, int] = {}
        self.images: list[str] = []
        self.texts: list[str] = []

    def put_image(self, pixels: NDArray[np.uint8]) -> int:
        """Keep a picture, ``[H, W, 3]`` uint8: its place in ``images``."""
        key = str(pixels.shape).encode() + pixels.tobytes()
        if key not in self._places:
            self.images.append(_data_address(pixels))
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
    """WebP without loss, but of few colours: a board needs no more, and takes a fifth of the room of a plain PNG."""
    from PIL import Image

    image: Any = Image.fromarray(pixels)
    if image.width > _WIDEST_PIXELS:
        size = (_WIDEST_PIXELS, round(image.height * _WIDEST_PIXELS / image.width))
        image = image.resize(size, Image.Resampling.LANCZOS)
    image = image.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")
    written = io.BytesIO()
    image.save(written, "WEBP", lossless=True, quality=100, method=4)
    return f"data:image/webp;base64,{base64.b64encode(written.getvalue()).decode()}"
