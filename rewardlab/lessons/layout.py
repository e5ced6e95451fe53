"""Rows of numbers as lines of text."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["columns"]


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
