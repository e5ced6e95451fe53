"""The density of a mixture beside that of the best single Gaussian, and what each costs, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rewardlab.losses.gaussian import gaussian_nll
from rewardlab.losses.mixture import expected_squared_error, mixture_nll

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["LEFT", "RIGHT", "SPREAD", "mixture_figure"]

LEFT, RIGHT, SPREAD = -10.0, 10.0, 2.0
"""Where the car may be in five seconds, and how exactly that is known, in metres."""

STYLES = (("#000000", "-", 2.2), ("#0072b2", "--", 1.6), ("#d55e00", "-.", 1.6))
"""Colour, dash and width of a line: told apart by all kinds of colour vision (Okabe and Ito, 2008), and in grey."""


def mixture_figure() -> Figure:
    """What is thought likely, what it costs, and what squared error makes of it, for places 20 m to either side."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    places = np.linspace(-20.0, 20.0, 801)
    odds, outcomes = np.array([0.5, 0.5]), np.array([LEFT, RIGHT])
    squared = expected_squared_error(places, outcomes, odds)
    wide = float(np.sqrt(squared.min()))
    nothing = np.zeros(places.size)
    curves = {
        "mixture": mixture_nll(np.tile(outcomes, (places.size, 1)), places, SPREAD, odds),
        f"best single Gaussian, spread {wide:g} m": gaussian_nll(nothing, places, wide),
        f"Gaussian at the mean, spread {SPREAD:g} m": gaussian_nll(nothing, places, SPREAD),
    }
    figure = Figure(figsize=(12.0, 4.4), layout="constrained")
    FigureCanvasAgg(figure)
    densities, costs, squares = figure.subplots(1, 3)
    for (name, cost), (colour, dash, width) in zip(curves.items(), STYLES, strict=True):
        densities.plot(places, np.exp(-cost), dash, color=colour, linewidth=width, label=name)
        costs.plot(places, cost, dash, color=colour, linewidth=width)
    squares.plot(places, squared, "-", color="#009e73", linewidth=2.0)
    for place, word, shift, side in (
        (LEFT, "left", (9, -3), "left"),
        (0.0, "mean", (0, -16), "center"),
        (RIGHT, "right", (-9, -3), "right"),
    ):
        value = float(expected_squared_error([place], outcomes, odds)[0])
        squares.plot([place], [value], "o", color="#009e73")
        label = f"{word}: {value:g}"
        squares.annotate(label, (place, value), shift, textcoords="offset points", ha=side, fontsize=9)
    densities.set_title("what is thought likely", fontsize=11)
    densities.set_ylabel("density (1/m)")
    densities.set_ylim(0, 0.27)
    costs.set_title("loss: negative log density of what happened", fontsize=11)
    costs.set_ylabel("nats")
    costs.set_ylim(0, 20)
    squares.set_title("mean squared error of one number", fontsize=11)
    squares.set_ylabel("square metres")
    squares.set_ylim(0, 400)
    for axis, unit in ((densities, "place (m)"), (costs, "place (m)"), (squares, "said (m)")):
        axis.set_xlabel(unit)
        for place in (LEFT, RIGHT):
            axis.axvline(place, ymax=0.78, color="0.85", linewidth=1, zorder=0)
        axis.spines[["top", "right"]].set_visible(False)
    densities.legend(loc="upper center", frameon=False, fontsize=8.5)
    return figure
