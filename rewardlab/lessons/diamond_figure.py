"""L1's diamond and L2's circle with the contours of a loss, and where each touches them, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.losses.regularisers import l1_proximal, l2_proximal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["diamond_figure", "nearest_on_circle", "nearest_on_diamond"]

BLACK, BLUE, ORANGE = "#000000", "#0072b2", "#d55e00"
"""Told apart by all kinds of colour vision (Okabe and Ito, 2008)."""


def nearest_on_diamond(centre: NDArray[Any]) -> NDArray[Any]:
    """The point of least squared distance to a centre, ``[2]``, whose sizes sum to at most 1.

    Each size is lowered by the same amount, but not below 0: a proximal step of L1. How much follows from the sum:
    Duchi et al. (2008), "Efficient projections onto the l1-ball for learning in high dimensions".
    """
    larger, smaller = np.sort(np.abs(centre))[::-1]
    amount = max(0.0, (larger + smaller - 1) / 2, larger - 1) if larger + smaller > 1 else 0.0
    return l1_proximal(centre, float(amount), 1.0)


def nearest_on_circle(centre: NDArray[Any]) -> NDArray[Any]:
    """The point of least squared distance to a centre, ``[2]``, whose squares sum to at most 1.

    All is divided by the same number: a proximal step of L2.
    """
    return l2_proximal(centre, max(0.0, float(np.linalg.norm(centre)) - 1) / 2, 1.0)


def diamond_figure(centre: tuple[float, float] = (1.6, 0.5)) -> Figure:
    """Circle and diamond side by side, each with the contours of the same loss and the best point within.

    Args:
        centre: Where the loss, a squared distance, is 0; outside of both.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    middle = np.array(centre)
    figure = Figure(figsize=(9.6, 4.1), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    turns = np.linspace(0, 2 * np.pi, 401)
    circle = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    diamond = np.array([[1, 0], [0, 1], [-1, 0], [0, -1], [1, 0]], dtype=float)
    _draw(left, middle, circle, nearest_on_circle(middle), BLUE, "L2: sum of squares at most 1")
    _draw(right, middle, diamond, nearest_on_diamond(middle), ORANGE, "L1: sum of sizes at most 1")
    return figure


def _draw(axis: Axes, centre: NDArray[Any], border: NDArray[Any], best: NDArray[Any], colour: str, title: str) -> None:
    axis.fill(border[:, 0], border[:, 1], color=colour, alpha=0.2, linewidth=0)
    axis.plot(border[:, 0], border[:, 1], color=colour, linewidth=2)
    across, up = np.meshgrid(np.linspace(-1.4, 2.6, 201), np.linspace(-1.4, 1.6, 151))
    distance = np.hypot(across - centre[0], up - centre[1])
    reached = float(np.hypot(*(best - centre)))
    levels = sorted({reached, 1.1, 1.5})
    axis.contour(
        across, up, distance, levels=levels, colors="0.55", linewidths=[1.8 if x == reached else 0.8 for x in levels]
    )
    axis.plot(centre[0], centre[1], "x", color=BLACK, markersize=8)
    axis.annotate("least loss", (centre[0], centre[1]), (0, 9), textcoords="offset points", ha="center", fontsize=9)
    axis.plot(best[0], best[1], "o", color=BLACK, markersize=7)
    axis.annotate(
        f"best within: ({best[0]:.3g}, {best[1]:.3g})",
        (best[0], best[1]),
        (0.75, -1.25),
        fontsize=9,
        bbox={"boxstyle": "round", "facecolor": "white", "edgecolor": "none"},
        arrowprops={"arrowstyle": "-", "color": "0.3", "shrinkB": 5},
    )
    axis.axhline(0, color="0.7", linewidth=0.8, zorder=0)
    axis.axvline(0, color="0.7", linewidth=0.8, zorder=0)
    axis.set_aspect("equal")
    axis.set_xlim(-1.4, 2.6)
    axis.set_ylim(-1.4, 1.6)
    axis.set_xlabel("first weight")
    axis.set_ylabel("second weight")
    axis.set_title(title, fontsize=11)
    axis.spines[["top", "right"]].set_visible(False)
