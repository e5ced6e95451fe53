"""Reconstruction against adversarial loss, as a picture: who wins where two originals fit, and what a judge teaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.losses.adversarial import generator_loss_gradient, saturating_generator_loss_gradient
from rewardlab.losses.logistic import logit
from rewardlab.losses.reconstruction import reconstruction_error

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["generative_figure"]

BLACK, BLUE, ORANGE, GREEN = "#000000", "#0072b2", "#d55e00", "#009e73"
"""Told apart by all kinds of colour vision (Okabe and Ito, 2008)."""


def generative_figure() -> Figure:
    """From one original to the other: the error against both and on average; then the slopes of two makers' losses."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12.0, 4.4), layout="constrained")
    FigureCanvasAgg(figure)
    strips, errors, slopes = figure.subplots(1, 3, width_ratios=[0.8, 1.1, 1.1])
    first = np.array([0.9, 0.1, 0.8, 0.2])
    _draw_strips(strips, {"first original": first, "blurred": np.full(4, 0.5), "second original": 1 - first})
    _draw_errors(errors, first)
    _draw_slopes(slopes)
    for axis in (errors, slopes):
        axis.spines[["top", "right"]].set_visible(False)
    return figure


def _draw_strips(axis: Axes, pictures: dict[str, NDArray[Any]]) -> None:
    axis.imshow(np.stack(list(pictures.values())), cmap="gray", vmin=0.0, vmax=1.0, aspect="auto")
    for row, picture in enumerate(pictures.values()):
        for column, pixel in enumerate(picture):
            axis.text(column, row, f"{pixel:g}", ha="center", va="center", color="black" if pixel > 0.4 else "white")
    axis.set_yticks(range(len(pictures)), [name.replace(" ", "\n") for name in pictures])
    axis.set_xticks(range(4), ["1", "2", "3", "4"])
    axis.set_xlabel("pixel")
    axis.set_title("four pixels", fontsize=11)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    for edge in (0.5, 1.5):
        axis.axhline(edge, color="white", linewidth=8)


def _draw_errors(axis: Axes, first: NDArray[Any]) -> None:
    shares = np.linspace(0.0, 1.0, 101)
    said = (1 - shares[:, None]) * first + shares[:, None] * (1 - first)
    against = [reconstruction_error(said, np.broadcast_to(one, said.shape)).mean(axis=1) for one in (first, 1 - first)]
    mean = (against[0] + against[1]) / 2
    axis.plot(shares, against[0], "--", color=BLUE, label="against the first")
    axis.plot(shares, against[1], "-.", color=ORANGE, label="against the second")
    axis.plot(shares, mean, "-", color=BLACK, linewidth=2.2, label="on average")
    for place, name, shift in ((0.0, "sharp", (3, 7)), (0.5, "blurred", (0, 46)), (1.0, "sharp", (-3, 7))):
        value = float(mean[round(100 * place)])
        axis.plot([place], [value], "o", color=BLACK)
        side = "left" if place == 0 else "right" if place == 1 else "center"
        axis.annotate(f"{name}: {value:g}", (place, value), shift, textcoords="offset points", ha=side, fontsize=9)
    axis.set_ylim(0, 0.62)
    axis.set_xlabel("from the first original (0) to the second (1)")
    axis.set_ylabel("mean squared error")
    axis.set_title("reconstruction: the blur costs least", fontsize=11)
    axis.legend(loc="upper center", frameon=False, fontsize=9)


def _draw_slopes(axis: Axes) -> None:
    said = np.linspace(0.001, 0.999, 400)
    scores = logit(said)
    axis.plot(said, -generator_loss_gradient(scores), "-", color=GREEN, linewidth=2.0, label="-log D: 1 - D")
    axis.plot(
        said, -saturating_generator_loss_gradient(scores), "--", color=ORANGE, linewidth=2.0, label="log(1 - D): D"
    )
    axis.annotate("the judge is sure:\nno pull left", (0.02, 0.02), (0.16, 0.06), fontsize=9, color=ORANGE)
    axis.annotate("full pull", (0.02, 0.98), (0.12, 0.97), fontsize=9, color=GREEN)
    axis.set_xlim(0, 1)
    axis.set_ylim(-0.02, 1.05)
    axis.set_xlabel("D: judged real with probability")
    axis.set_ylabel("pull towards looking real")
    axis.set_title("adversarial: what the judge teaches the maker", fontsize=11)
    axis.legend(loc="center right", frameon=False, fontsize=9)
