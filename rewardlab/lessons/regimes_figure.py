"""Huber's error between the squared and the absolute one, as a picture."""

from __future__ import annotations

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

STYLES = (("#0072b2", "--", 1.6), ("#d55e00", "-.", 1.6), ("#000000", "-", 2.4))
"""Colour, dash and width of a line: told apart by all kinds of colour vision (Okabe and Ito, 2008), and in grey."""


def regimes_figure(delta: float = 15.0) -> Figure:
    """Values and slopes of the three losses of an error in minutes, side by side.

    The square is halved and the size multiplied by delta: Huber's error follows the one, then runs beside the other.

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
    curves = (
        ("half the squared error", squared_error(errors, nothing) / 2, squared_error_gradient(errors, nothing) / 2),
        (
            "delta x absolute error",
            delta * absolute_error(errors, nothing),
            delta * absolute_error_gradient(errors, nothing),
        ),
        (f"Huber, delta = {delta:g}", huber(errors, nothing, delta), huber_gradient(errors, nothing, delta)),
    )
    for (name, value, slope), (colour, dash, width) in zip(curves, STYLES, strict=True):
        values.plot(errors, value, dash, color=colour, linewidth=width, label=name)
        slopes.plot(errors, slope, dash, color=colour, linewidth=width, label=name)
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
