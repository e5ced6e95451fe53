"""A square board with men on it, drawn in one look: as text, as SVG and as an image.

Letters say what a man is, capitals White's and small ones Black's, so that nothing depends on telling colours apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

__all__ = ["SQUARE_PIXELS", "DrawnBoard"]

SQUARE_PIXELS = 60

_LIGHT, _DARK, _WHITE, _BLACK, _INK, _MARK = "#f0e6d2", "#b9a37e", "#fdfdfb", "#22262b", "#22262b", "#d55e00"
_RADIUS, _LETTER_PIXELS, _SMALL_PIXELS, _MARK_PIXELS, _FRAME_PIXELS = 21, 28, 10, 3, 4
_FINER = 3
"""Images are drawn so many times as large and made small again, for else circles have steps."""


@final
@dataclass(frozen=True, slots=True)
class DrawnBoard:
    """A board at one moment. Square ``row * size + file``, and row 0, White's own, is drawn at the bottom.

    Attributes:
        size: The squares of a side.
        men: The letter of the man on each square that is not empty; small for Black.
        note: One line: who is to move, or how it ended.
        marked: Squares to mark, such as those that the last step changed.
        is_over: Whether the game has ended; framed in the dark then.
    """

    size: int
    men: Mapping[int, str]
    note: str = ""
    marked: frozenset[int] = frozenset()
    is_over: bool = False

    def text(self) -> str:
        """Rows of letters, with their numbers, and the note below. Marks are not shown."""
        lines = [
            f"{row + 1} " + " ".join(self.men.get(row * self.size + file, ".") for file in range(self.size))
            for row in reversed(range(self.size))
        ]
        return "\n".join([*lines, "  " + " ".join(self._files()), *([self.note] if self.note else [])])

    def svg(self) -> str:
        """A picture for a page, 60 pixels a square: shapes and letters only, nothing that runs or is fetched."""
        side, whole = SQUARE_PIXELS, SQUARE_PIXELS * self.size
        parts = [f"<title>{_escaped(self.note or 'a board')}</title>"]
        for square in range(self.size**2):
            left, top, fill = *self._corner(square), self._fill(square)
            parts.append(f'<rect x="{left}" y="{top}" width="{side}" height="{side}" fill="{fill}"/>')
            if square in self.marked:
                parts.append(_outline(left, top, side, _MARK, _MARK_PIXELS))
        for x, y, sign in self._signs():
            parts.append(f'<text x="{x}" y="{y}" font-size="{_SMALL_PIXELS}" fill="{_INK}">{sign}</text>')
        for square, man in sorted(self.men.items()):
            (left, top), (disc, letter) = self._corner(square), _paints(man)
            x, y = left + side // 2, top + side // 2
            parts.append(f'<circle cx="{x}" cy="{y}" r="{_RADIUS}" fill="{disc}" stroke="{_INK}" stroke-width="2"/>')
            parts.append(f'<text x="{x}" y="{y}" font-size="{_LETTER_PIXELS}" fill="{letter}">{_escaped(man)}</text>')
        if self.is_over:
            parts.append(_outline(0, 0, whole, _INK, _FRAME_PIXELS))
        head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{whole}" viewBox="0 0 {whole} {whole}"'
        fonts = 'font-family="sans-serif" text-anchor="middle" dominant-baseline="central"'
        return "\n".join([f'{head} role="img" {fonts}>', *parts, "</svg>\n"])

    def rgb(self) -> NDArray[np.uint8]:
        """The same as an image, ``[H, W, 3]`` uint8, 60 pixels a square."""
        # Imported here, because playing without pictures must not pay for the drawing library.
        from PIL import Image, ImageDraw

        whole, side = SQUARE_PIXELS * self.size, SQUARE_PIXELS * _FINER
        image = Image.new("RGB", (whole * _FINER, whole * _FINER), _LIGHT)
        draw = ImageDraw.Draw(image)
        for square in range(self.size**2):
            left, top = (_FINER * place for place in self._corner(square))
            mark = _MARK if square in self.marked else None
            box = (left, top, left + side - 1, top + side - 1)
            draw.rectangle(box, fill=self._fill(square), outline=mark, width=_FINER * _MARK_PIXELS if mark else 0)
        for x, y, sign in self._signs():
            _write(draw, x, y, sign, _INK, _SMALL_PIXELS)
        for square, man in self.men.items():
            (left, top), (disc, letter) = self._corner(square), _paints(man)
            x, y, radius = left + SQUARE_PIXELS // 2, top + SQUARE_PIXELS // 2, _RADIUS + 1
            edges = (x - radius, y - radius, x + radius, y + radius)
            draw.ellipse(tuple(_FINER * edge for edge in edges), fill=disc, outline=_INK, width=2 * _FINER)
            _write(draw, x, y, man, letter, _LETTER_PIXELS)
        if self.is_over:
            last = whole * _FINER - 1
            draw.rectangle((0, 0, last, last), outline=_INK, width=_FINER * _FRAME_PIXELS)
        return np.asarray(image.resize((whole, whole), Image.Resampling.BOX))

    def _files(self) -> str:
        return "abcdefghijklmnopqrstuvwxyz"[: self.size]

    def _corner(self, square: int) -> tuple[int, int]:
        """The left and upper edge of a square, in pixels."""
        row, file = divmod(square, self.size)
        return file * SQUARE_PIXELS, (self.size - 1 - row) * SQUARE_PIXELS

    def _fill(self, square: int) -> str:
        row, file = divmod(square, self.size)
        return _DARK if (row + file) % 2 == 0 else _LIGHT

    def _signs(self) -> list[tuple[int, int, str]]:
        """The names of rows and files, in the corners of the squares at the left and at the bottom."""
        whole, place = SQUARE_PIXELS * self.size, 9
        rows = [(place, whole - (row + 1) * SQUARE_PIXELS + place, str(row + 1)) for row in range(self.size)]
        files = [((file + 1) * SQUARE_PIXELS - place, whole - place, name) for file, name in enumerate(self._files())]
        return rows + files


def _paints(man: str) -> tuple[str, str]:
    """The colours of a man's disc and of its letter."""
    return (_WHITE, _INK) if man.isupper() else (_BLACK, _WHITE)


def _outline(left: int, top: int, side: int, colour: str, width: int) -> str:
    inner = side - width
    edges = f'x="{left + width / 2:g}" y="{top + width / 2:g}" width="{inner}" height="{inner}"'
    return f'<rect {edges} fill="none" stroke="{colour}" stroke-width="{width}"/>'


def _write(draw: Any, x: int, y: int, sign: str, colour: str, pixels: int) -> None:
    draw.text((_FINER * x, _FINER * y), sign, fill=colour, font_size=_FINER * pixels, anchor="mm")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
