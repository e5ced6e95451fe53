"""Learning curves as a figure: above what each variant was paid, below what it achieved."""

from __future__ import annotations

from collections.abc import Sized
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rewardlab.lab.comparison import Comparison, VariantSummary
from rewardlab.reports.learning_points import curves_of_seeds, mean_curve
from rewardlab.reports.saved_figure import plain_text, save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["curves_figure", "draw_curves"]

_MOST_ACROSS = 5
"""Variants in a row; more of them could not be read on a page."""
PAID_COLOUR, OBJECTIVE_COLOUR, OPTIMUM_COLOUR = "#d55e00", "#0072b2", "#555555"


def draw_curves(comparison: Comparison, path: Path) -> Path | None:
    """Write `curves_figure` to a file.

    Args:
        comparison: What to draw.
        path: A ``.png`` or ``.svg`` file to write.

    Returns:
        The path, or None if no run has finished.
    """
    figure = curves_figure(comparison)
    return None if figure is None else save_figure(figure, path)


def curves_figure(comparison: Comparison) -> Figure | None:
    """Both scores of the training episodes against the steps, a column for each variant that has a finished run.

    Five columns stand side by side at most, and the next ones below them.
    Thin lines are seeds, thick ones their interquartile mean, dashed ones the exact optimum.
    """
    shown = [variant for variant in comparison.variants if variant.runs]
    if not shown:
        return None
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    bands = -(-len(shown) // _MOST_ACROSS)
    across = -(-len(shown) // bands)
    figure = Figure(figsize=(3.1 * across + 0.8, 5.4 * bands), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2 * bands, across, sharex=True, squeeze=False)
    paid, achieved = (axes[side::2].ravel() for side in (0, 1))
    for above, below, variant in zip(paid, achieved, shown, strict=False):
        _draw_variant(above, variant, "paid", PAID_COLOUR)
        _draw_variant(below, variant, "objective", OBJECTIVE_COLOUR)
        above.set_title(_title(variant), fontsize=11)
        below.set_xlabel("environment steps")
        below.tick_params(labelbottom=True)
    for axis in (*paid[len(shown) :], *achieved[len(shown) :]):
        axis.set_axis_off()
    _share_limits(achieved[: len(shown)], comparison)
    for band in range(bands):
        axes[2 * band][0].set_ylabel("paid\n(own reward, per episode)", color=PAID_COLOUR)
        axes[2 * band + 1][0].set_ylabel("achieved\n(objective, per episode)", color=OBJECTIVE_COLOUR)
    figure.suptitle(plain_text(comparison.plan.spec.question or comparison.plan.spec.name), fontsize=11)
    return figure


def _title(variant: VariantSummary) -> str:
    """The name, and how many seeds are drawn where some are missing."""
    partly = f"\n{len(variant.runs)} of {variant.planned} seeds" if len(variant.runs) < variant.planned else ""
    return plain_text(variant.name) + partly


def _draw_variant(axis: Axes, variant: VariantSummary, kind: Literal["paid", "objective"], colour: str) -> None:
    curves = curves_of_seeds(variant, kind)
    for steps, scores in curves:
        axis.plot(steps, scores, color=colour, alpha=0.3, linewidth=0.8, marker=_marker(steps))
    if curves:
        steps, scores = mean_curve(curves)
        axis.plot(steps, scores, color=colour, linewidth=2.2, marker=_marker(steps))
    axis.grid(alpha=0.25)
    axis.xaxis.set_major_formatter(lambda value, _: f"{value / 1000:g}k" if value else "0")


def _marker(steps: Sized) -> str | None:
    """One point makes no line."""
    return "o" if len(steps) == 1 else None


def _share_limits(row: Any, comparison: Comparison) -> None:
    """One scale for the objective everywhere, with the exact optimum as a line."""
    optima = [comparison.best_objective(variant) for variant in comparison.variants if variant.runs]
    lows, highs = zip(*(axis.get_ylim() for axis in row), strict=True)
    low, high = min(lows), max(highs)
    for axis, optimum in zip(row, optima, strict=True):
        if optimum is not None:
            high = max(high, optimum + 0.06 * (optimum - low))
            axis.axhline(optimum, color=OPTIMUM_COLOUR, linestyle="--", linewidth=1)
    if optima[0] is not None:
        row[0].annotate("exact optimum", (0.02, optima[0]), xycoords=("axes fraction", "data"), va="top", fontsize=8)
    for axis in row:
        axis.set_ylim(low, high)
