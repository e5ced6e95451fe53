"""Potential-based shaping along several paths to one goal, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.rewards.potential import shaping

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["GAMMA", "PATHS", "distances", "shaping_figure"]

GAMMA = 0.99

PATHS: dict[str, NDArray[np.float64]] = {
    "straight": np.array([[5, 5], [4, 4], [3, 3], [2, 2], [1, 1], [0, 0]], dtype=float),
    "waits at first": np.array([[5, 5]] * 6 + [[4, 4], [3, 3], [2, 2], [1, 1], [0, 0]], dtype=float),
    "to and fro": np.array([[5, 5], [4, 4], [3, 3]] + [[4, 4], [3, 3]] * 4 + [[2, 2], [1, 1], [0, 0]], dtype=float),
    "around the corner": np.array(
        [[5, 5]] + [[5 + i, 5 - i] for i in range(1, 6)] + [[10 - 2 * i, 0] for i in range(1, 6)], dtype=float
    ),
}
"""Places on the way from (5, 5) to the goal at (0, 0)."""

STYLES = (("#000000", "-", "o"), ("#0072b2", "--", "s"), ("#d55e00", "-.", "^"), ("#009e73", ":", "D"))
"""Colour, dash and mark of a path: told apart by all kinds of colour vision (Okabe and Ito, 2008), and in grey."""


def distances(places: ArrayLike) -> NDArray[Any]:
    """How far each place, ``[T, 2]``, is from the goal at (0, 0): ``[T]``."""
    return np.asarray(np.linalg.norm(np.asarray(places), axis=1))


def shaping_figure() -> Figure:
    """The paths, what each step pays, and what has been paid so far, discounted from the start."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12.0, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    plane, steps, sums = figure.subplots(1, 3, width_ratios=[1.0, 1.1, 1.1])
    for (name, path), (colour, dash, mark) in zip(PATHS.items(), STYLES, strict=True):
        potentials = -distances(path)
        ends = np.arange(len(path) - 1) == len(path) - 2
        paid = shaping(potentials[:-1], potentials[1:], ends, GAMMA)
        so_far = np.concatenate([[0.0], np.cumsum(GAMMA ** np.arange(len(paid)) * paid)])
        look = {"color": colour, "linestyle": dash, "marker": mark, "markersize": 4, "linewidth": 1.6}
        plane.plot(path[:, 0], path[:, 1], label=name, **look)
        steps.plot(np.arange(1, len(path)), paid, **look)
        sums.plot(np.arange(len(path)), so_far, **look)
    plane.plot([0], [0], "*", color="#000000", markersize=15)
    plane.annotate("goal", (0, 0), (0.4, -0.9), fontsize=9)
    plane.set_xlabel("x")
    plane.set_ylabel("y")
    plane.set_xlim(-1, 11)
    plane.set_ylim(-1.5, 8.5)
    plane.set_title("four paths from (5, 5)", fontsize=11)
    steps.axhline(0.0, color="0.7", linewidth=1, zorder=0)
    steps.set_title("shaping of each step", fontsize=11)
    start = float(distances(PATHS["straight"])[0])
    sums.axhline(start, color="0.7", linewidth=1, zorder=0)
    sums.annotate(f"{start:.5f}", (0.2, start), (0.2, start + 0.15), fontsize=9, color="0.3")
    sums.set_ylim(-3.0, start + 1.0)
    sums.set_title("discounted sum so far", fontsize=11)
    for axis in (steps, sums):
        axis.set_xlabel("step")
    for axis in (plane, steps, sums):
        axis.spines[["top", "right"]].set_visible(False)
    plane.legend(loc="upper right", frameon=False, fontsize=9)
    return figure
