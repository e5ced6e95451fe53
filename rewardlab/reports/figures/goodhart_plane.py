"""The Goodhart plane of a training: what is achieved against what is paid, as both move."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from rewardlab.lab.comparison import Comparison, VariantSummary
from rewardlab.reports.curves import OBJECTIVE_COLOUR, OPTIMUM_COLOUR
from rewardlab.reports.learning_points import curves_of_seeds, mean_curve
from rewardlab.reports.saved_figure import plain_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["training_plane"]

_MOST_ACROSS = 4


def training_plane(comparison: Comparison) -> Figure | None:
    """A panel for each variant that has a finished run: the way of its training from the ring to the disc.

    Thin lines are seeds, the thick one goes through the interquartile means of both scores; the dashed line is the
    exact optimum of the objective. A way to the right that does not rise is Goodhart's law at work.

    Args:
        comparison: What to draw.

    Returns:
        The figure, or None if no run with a learning curve has finished.
    """
    shown = [variant for variant in comparison.variants if curves_of_seeds(variant, "paid")]
    if not shown:
        return None
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = -(-len(shown) // _MOST_ACROSS)
    across = -(-len(shown) // rows)
    figure = Figure(figsize=(2.9 * across + 0.5, 2.9 * rows + 0.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, across, sharey=True, squeeze=False)
    for axis, variant in zip(axes.ravel(), shown, strict=False):
        _draw_way(axis, variant, comparison.best_objective(variant))
    for axis in axes.ravel()[len(shown) :]:
        axis.set_axis_off()
    for line in axes:
        line[0].set_ylabel("achieved (objective)")
    question = comparison.plan.spec.question or comparison.plan.spec.name
    figure.suptitle(plain_text(textwrap.fill(question, max(30, 30 * across))), fontsize=11)
    return figure


def _draw_way(axis: Axes, variant: VariantSummary, optimum: float | None) -> None:
    paid, achieved = curves_of_seeds(variant, "paid"), curves_of_seeds(variant, "objective")
    for (_, across), (_, up) in zip(paid, achieved, strict=True):
        axis.plot(across, up, color=OBJECTIVE_COLOUR, alpha=0.3, linewidth=0.8)
    across, up = mean_curve(paid)[1], mean_curve(achieved)[1]
    axis.plot(across, up, color=OBJECTIVE_COLOUR, linewidth=2.2)
    axis.plot(across[0], up[0], "o", color=OBJECTIVE_COLOUR, markersize=9, markerfacecolor="white", zorder=4)
    axis.plot(across[-1], up[-1], "o", color=OBJECTIVE_COLOUR, markersize=9, zorder=4)
    if optimum is not None:
        axis.axhline(optimum, color=OPTIMUM_COLOUR, linestyle="--", linewidth=1)
    axis.set_title(plain_text("\n".join(textwrap.wrap(variant.name, 28)[:2])), fontsize=10)
    axis.set_xlabel("paid (own reward)")
    axis.grid(alpha=0.25)
