"""Figures as files: the same picture gives the same bytes, and names in it stay text."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FIGURE_ENDINGS", "plain_text", "save_figure"]

FIGURE_ENDINGS = (".pdf", ".png", ".svg")
"""What a figure can be written as."""

# Who wrote it and when is no part of a picture.
_NAMELESS = {
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
}


def save_figure(figure: Figure, path: Path, *, dots_per_inch: int = 120) -> Path:
    """Write a figure without date or maker: drawn twice by one version of Matplotlib, it has the same bytes.

    Args:
        figure: What to write.
        path: A file with one of `FIGURE_ENDINGS`. Letters of an SVG are outlines, so that it looks alike everywhere.
        dots_per_inch: Of a PNG.

    Returns:
        The path.
    """
    import matplotlib as mpl

    with warnings.catch_warnings(), mpl.rc_context({"svg.hashsalt": "rewardlab", "pdf.fonttype": 42}):
        # A name may hold any character, and a box in its place is all that can be done about it.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(path, dpi=dots_per_inch, metadata=_NAMELESS.get(path.suffix))
    return path


def plain_text(text: str) -> str:
    """A name as Matplotlib shows it letter by letter: a dollar sign in one must not start a formula."""
    return text.replace("$", r"\$")
