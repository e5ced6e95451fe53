"""Lines of text, wrapped for the terminal that is there."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable
from contextlib import AbstractContextManager

from rewardlab.cli.words import one_line

__all__ = ["doing", "rows", "show", "width", "wrapped"]

_NARROWEST, _WIDEST = 20, 100


def doing(what: str) -> AbstractContextManager[object]:
    """Say on a terminal what is being done; in a file or a pipe, where nobody waits, nothing."""
    from rich.console import Console
    from rich.markup import escape

    return Console(stderr=True).status(escape(one_line(what)), spinner="line")


def rows(pairs: Iterable[tuple[str, str]], first: int) -> list[tuple[str, bool]]:
    """Rows of two columns, each wrapped within its own, for `show`.

    Args:
        pairs: What stands on the left and on the right.
        first: Characters of the left column, two spaces behind it included; at most half of the line.
    """
    first = min(first, width() // 2)
    lines = []
    for left, right in pairs:
        lefts, rights = textwrap.wrap(left, first - 2), textwrap.wrap(right, width() - first - 2)
        height = max(len(lefts), len(rights))
        for one, other in zip(_filled(lefts, height), _filled(rights, height), strict=True):
            lines.append((f"  {one:<{first}}{other}".rstrip(), False))
    return lines


def wrapped(text: str, indent: str) -> list[tuple[str, bool]]:
    """A text behind its indent, further lines below it, for `show`."""
    rest = " " * len(indent)
    return [(line, False) for line in textwrap.wrap(text, width(), initial_indent=indent, subsequent_indent=rest)]


def width() -> int:
    """Characters of a line: those of the terminal, but neither too few to read nor too many."""
    return max(_NARROWEST, min(_WIDEST, shutil.get_terminal_size().columns))


def show(lines: Iterable[tuple[str, bool]]) -> None:
    """Print lines that are wrapped already, headings (those with True) bold where a terminal can show it."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True, width=width())
    for line, heading in lines:
        console.print(Text(line, style="bold" if heading else ""))


def _filled(lines: list[str], height: int) -> list[str]:
    return lines + [""] * (height - len(lines))
