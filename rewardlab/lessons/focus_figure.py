"""The focal factor and the focal loss by how much the model gave to what is true, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rewardlab.losses.focal import focal_factor, focal_loss
from rewardlab.losses.logistic import logit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["focus_figure"]

STYLES = (("#000000", "-"), ("#0072b2", "--"), ("#d55e00", "-."), ("#009e73", ":"))
"""Colour and dash of a line: told apart by all kinds of colour vision (Okabe and Ito, 2008), and in grey."""


def focus_figure(gammas: tuple[float, ...] = (0.0, 1.0, 2.0, 5.0)) -> Figure:
    """Factor and loss side by side, a curve for each gamma.

    Args:
        gammas: How strongly to focus, each at least 0; up to four.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    right = np.linspace(0.005, 0.995, 400)
    scores = logit(right)
    figure = Figure(figsize=(9.6, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    factors, losses = figure.subplots(1, 2)
    for gamma, (colour, dash) in zip(gammas, STYLES, strict=False):
        name = f"gamma = {gamma:g}" + (" (cross-entropy)" if gamma == 0 else "")
        factors.plot(right, focal_factor(right, gamma), dash, color=colour, linewidth=1.8, label=name)
        losses.plot(right, focal_loss(scores, np.ones(400), gamma, None), dash, color=colour, linewidth=1.8, label=name)
    factors.set_title("factor (1 - p)^gamma", fontsize=11)
    factors.set_ylabel("factor")
    factors.set_ylim(-0.02, 1.05)
    losses.set_title("loss: factor x cross-entropy", fontsize=11)
    losses.set_ylabel("loss (nats)")
    losses.set_ylim(-0.08, 4.0)
    for axis in (factors, losses):
        axis.axvline(0.5, color="0.8", linewidth=1, zorder=0)
        axis.set_xlim(0, 1)
        axis.set_xlabel("p = probability of what is true")
        axis.spines[["top", "right"]].set_visible(False)
    losses.legend(loc="upper right", frameon=False, fontsize=9)
    return figure
