"""Huber's error between the squared and the absolute one, as a picture."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from rewardlab.losses.regression import (
    absolute_error,
    absolute_error_gradient,
    huber,
    huber_gradient,
    squared_error,
    squared_error_gradient,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["regimes_figure"]

BLUE, ORANGE, BLACK = "#0072b2", "#d55e00", "#000000"
"""Told apart by all kinds of colour vision, and by their dashes in grey (Okabe and Ito, 2008)."""


def regimes_figure(delta: float = 15.0) -> Figure:
    """Values and slopes of the three losses of an error in minutes, side by side.

    The square is halved and the size multiplied by delta, so that Huber's error touches the one and runs beside the other.

    Args:
        delta: Where Huber's line begins, in minutes.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    errors = np.linspace(-3 * delta, 3 * delta, 601)
    nothing = np.zeros(errors.size)
    figure = Figure(figsize=(9.6, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    values, slopes = figure.subplots(1, 2)
    lines = {
        "half the squared error": (squared_error, squared_error_gradient, 0.5, BLUE, "--"),
        "delta x absolute error": (absolute_error, absolute_error_gradient, delta, ORANGE, "-."),
        f"Huber, delta = {delta:g}": (
            partial(huber, delta=delta),
            partial(huber_gradient, delta=delta),
            1.0,
            BLACK,
            "-",
        ),
    }
    for name, (loss, gradient, factor, colour, dash) in lines.items():
        width = 2.4 if dash == "-" else 1.6
        values.plot(errors, factor * loss(errors, nothing), dash, color=colour, linewidth=width, label=name)
        slopes.plot(errors, factor * gradient(errors, nothing), dash, color=colour, linewidth=width, label=name)
    top = 1.25 * float(huber([3 * delta], [0.0], delta)[0])
    values.set_ylim(-0.04 * top, top)
    slopes.set_ylim(-2 * delta, 2 * delta)
    for axis, title, unit in (
        (values, "cost", "minutes squared"),
        (slopes, "slope: the pull on the prediction", "minutes"),
    ):
        axis.axvspan(-delta, delta, color="0.93", zorder=0)
        axis.set_title(title, fontsize=11, pad=22)
        axis.set_xlabel("error = predicted - target (minutes)")
        axis.set_ylabel(unit)
        axis.set_xticks([-3 * delta, -2 * delta, -delta, 0, delta, 2 * delta, 3 * delta])
        axis.spines[["top", "right"]].set_visible(False)
        for place, word in ((-2 * delta, "linear"), (0.0, "quadratic"), (2 * delta, "linear")):
            axis.text(place, 1.01, word, transform=axis.get_xaxis_transform(), ha="center", va="bottom", color="0.35")
    slopes.legend(loc="upper left", frameon=False, fontsize=9)
    return figure
