"""How the command line reads a word and writes a line."""

from __future__ import annotations

import argparse
import unicodedata
from pathlib import Path

__all__ = ["actions", "count", "one_line", "place", "seconds", "seed", "seeds", "state"]


def one_line(text: str) -> str:
    """What a user wrote comes back in messages, and must neither break their lines nor drive the terminal."""
    return "".join(repr(mark)[1:-1] if unicodedata.category(mark) in ("Cc", "Cs") else mark for mark in text)


def actions(text: str) -> list[int]:
    """Actions by their numbers, with commas between."""
    return [_whole(part.strip(), 0, 10**9) for part in text.split(",")]


def count(text: str) -> int:
    """A number of steps."""
    return _whole(text, 1, 10**12)


def seeds(text: str) -> int:
    """A number of seeds."""
    return _whole(text, 1, 10_000)


def seed(text: str) -> int:
    """A seed."""
    return _whole(text, 0, 2**32 - 1)


def _whole(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most):
        raise argparse.ArgumentTypeError(f"got {text!r}, expected a whole number in [{least}, {most}]")
    return int(text)


def state(text: str) -> int:
    """The number of a state."""
    return _whole(text, 0, 10**12)


def place(text: str) -> Path:
    """A file or folder to write; an empty word would be the current folder, which nobody means by it."""
    if not text:
        raise argparse.ArgumentTypeError("got '', expected a file or folder; . is this one")
    return Path(text)


def seconds(text: str) -> float:
    """A pause."""
    try:
        pause = float(text)
    except ValueError:
        pause = -1.0
    if not 0 <= pause <= 3600:
        raise argparse.ArgumentTypeError(f"got {text!r}, expected seconds in [0, 3600]")
    return pause
