"""A lesson: one idea about losses or rewards, computed in front of the reader and told in a screenful."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

from rewardlab.lessons.layout import paragraph

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Lesson"]


@final
@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson.

    Attributes:
        name: How the command line calls it, in small letters with hyphens, such as ``mean-or-median``.
        title: What it shows, as a sentence without a full stop.
        tell: Computes it anew and returns its lines: no line longer than 80 characters, nothing printed, the same at
            every call. Every number in it is computed, none is written down.
        belief: What is commonly believed and not so; empty if nothing is.
        truth: One line on what is so instead, and why. Empty exactly if ``belief`` is.
        draw: Draws its picture as a matplotlib figure; None if it has none.
    """

    name: str
    title: str
    tell: Callable[[], list[str]]
    belief: str = ""
    truth: str = ""
    draw: Callable[[], Figure] | None = None

    def lines(self) -> list[str]:
        """The whole of it: title, what was computed, and what is commonly believed instead."""
        lines = [self.title, "=" * len(self.title), "", *self.tell()]
        if self.belief:
            lines += ["", *paragraph(f"Commonly believed: {self.belief}", "  ")]
            lines += [*paragraph(f"In truth: {self.truth}", "  ")]
        return lines

    def save_picture(self, folder: Path) -> Path | None:
        """Write its picture as ``NAME.png``.

        Args:
            folder: Where to; made if it is not there.

        Returns:
            The file, or None if the lesson has no picture.
        """
        if self.draw is None:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.png"
        self.draw().savefig(path, dpi=120)
        return path
