"""Texts of strangers as they may be shown: what would steer a page, a line or a reader is shown as a mark instead."""

from __future__ import annotations

import unicodedata

__all__ = ["named", "plain", "shortened", "shown"]

_PICTURES = 0x2400
"""Unicode has a picture for each control character of ASCII, from here on."""
_STEERING = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
_JOINERS = "\u200c\u200d"
"""Parts of words in Persian and Hindi and of many emoji; they turn nothing round."""


def shown(text: object, *, lines: bool = False) -> str:
    r"""A text with control characters, and what turns the direction of writing round, as visible marks.

    Args:
        text: Whatever is to be shown.
        lines: Whether line ends and tabulators mean what they usually mean.

    Example:
        >>> shown("red\x1b[31m, \u202eturned")
        'red␛[31m, ⟨U+202E⟩turned'
    """
    kept = _JOINERS + ("\n\t" if lines else "")
    return "".join(mark if mark in kept else _visible(mark) for mark in str(text))


def shortened(text: object, most: int) -> str:
    """A text on one line with at most so many characters; its end is kept too, by which long names often differ.

    Args:
        text: Whatever is to be shown.
        most: At least 8.
    """
    line = shown(text)
    if len(line) <= most:
        return line
    end = most // 4
    return f"{line[: most - end - 1]}…{line[-end:]}"


def named(name: object, most: int) -> str:
    """A name as it stands in a sentence: in quotes where it has what a sentence has between names.

    Args:
        name: Of a stranger's choice.
        most: Its characters before it is `shortened`.

    Example:
        >>> named("ppo", 40), named("ppo, next observation", 40)
        ('ppo', '"ppo, next observation"')
    """
    short = shortened(name, most)
    return f'"{short}"' if any(mark in short for mark in (",", ";", " and ")) else short


def plain(text: object, most: int = 120) -> str:
    """A text as Plotly must be given it to draw these very characters: it takes some of HTML for formatting.

    Args:
        text: Whatever is to be drawn.
        most: Its characters before it is `shortened`.
    """
    escaped = shortened(text, most).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # Two dollars are a formula to Plotly, and it warns that it has nothing to set it with.
    return escaped.replace("$", "&#36;")


def _visible(mark: str) -> str:
    if unicodedata.category(mark) not in _STEERING:
        return mark
    if ord(mark) < 0x20:
        return chr(_PICTURES + ord(mark))
    return "␡" if mark == "\x7f" else f"⟨U+{ord(mark):04X}⟩"
