"""A matrix of distances as a picture: each pair of rewards a cell, with its number in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rewardlab.audit.distances import DistanceMatrix
from rewardlab.reports.saved_figure import plain_text, save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["distance_map_figure", "draw_distance_map"]

COLOUR_MAP = "cividis_r"
"""Light for near and dark for far; told apart by all kinds of colour vision, and in grey."""

_CELL_INCHES = 0.62
_LONGEST_NAME = 28


def draw_distance_map(matrix: DistanceMatrix, path: Path, *, title: str = "") -> Path:
    """Write `distance_map_figure` to a file.

    Args:
        matrix: What to draw.
        path: A ``.png`` or ``.svg`` file to write.
        title: What stands above it; the kind of distance and the discount by default.

    Returns:
        The path.
    """
    figure = distance_map_figure(matrix, title=title)
    return save_figure(figure, path)


def distance_map_figure(matrix: DistanceMatrix, *, title: str = "") -> Figure:
    """The matrix as a heat map, from 0 to 1 whatever its entries, so that two pictures can be compared.

    Args:
        matrix: What to draw.
        title: What stands above it; the kind of distance and the discount by default.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = [_shown(name) for name in matrix.names]
    side = _CELL_INCHES * len(names) + 0.085 * max(len(name) for name in names)
    figure = Figure(figsize=(side + 1.9, side + 0.9), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    image = axis.imshow(matrix.values, cmap=COLOUR_MAP, vmin=0.0, vmax=1.0)
    axis.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
    axis.set_yticks(range(len(names)), names)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    for row, values in enumerate(matrix.values):
        for column, value in enumerate(values):
            # The upper half of the map is dark; rounding must not part cells that show the same number.
            colour = "white" if value > 0.505 else "black"
            axis.text(column, row, f"{value:.2f}", ha="center", va="center", color=colour, fontsize=9)
    bar = figure.colorbar(image, ax=axis, shrink=0.8, ticks=[0, 0.5, 1])
    bar.ax.set_yticklabels(["0  same", "0.5", "1  opposite"])
    bar.outline.set_visible(False)
    axis.set_title(plain_text(title) or f"{matrix.kind.upper()} distance, gamma {matrix.gamma:g}", fontsize=11)
    return figure


def _shown(name: str) -> str:
    """A name that leaves room for the picture, and stays text."""
    return plain_text(name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…")
