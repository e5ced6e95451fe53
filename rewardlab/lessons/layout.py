"""Rows of numbers, and sentences, as lines of text that fit on any terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

__all__ = ["WIDTH", "columns", "paragraph"]

WIDTH = 80
"""Characters of the narrowest terminal that is still common."""


def columns(heads: Sequence[str], rows: Sequence[Sequence[str]], words: Sequence[int] = ()) -> list[str]:
    """Rows under their heads, numbers to the right and words to the left.

    Args:
        heads: What stands above each column.
        rows: Each as long as the heads, its numbers written out as the reader shall see them.
        words: The places of the columns that hold words, counted from 0.

    Returns:
        A line for the heads and one for each row, without spaces at their ends.
    """
    table = [heads, *rows]
    widths = [max(len(row[place]) for row in table) for place in range(len(heads))]
    lines = []
    for row in table:
        cells = zip(row, widths, strict=True)
        parts = [cell.ljust(width) if at in words else cell.rjust(width) for at, (cell, width) in enumerate(cells)]
        lines.append("  ".join(parts).rstrip())
    return lines


def paragraph(text: str, indent: str = "") -> list[str]:
    """A text broken into lines between its words.

    Args:
        text: Sentences.
        indent: What every line but the first begins with.
    """
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False)
