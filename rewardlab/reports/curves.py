"""Learning curves as a figure: above what each variant was paid, below what it achieved."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.lab.comparison import Comparison, VariantSummary
from rewardlab.lab.statistics import interquartile_mean
from rewardlab.wrappers.potential_shaping import SHAPING_LINE

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
    if figure is None:
        return None
    with warnings.catch_warnings():
        # A name may hold any character, and a box in its place is all that can be done about it.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(path, dpi=120, metadata={"Date": None} if path.suffix == ".svg" else None)
    return path


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
    figure.suptitle(_plain(comparison.plan.spec.question or comparison.plan.spec.name), fontsize=11)
    return figure


def _title(variant: VariantSummary) -> str:
    """The name, and how many seeds are drawn where some are missing."""
    partly = f"\n{len(variant.runs)} of {variant.planned} seeds" if len(variant.runs) < variant.planned else ""
    return _plain(variant.name) + partly


def _draw_variant(axis: Axes, variant: VariantSummary, kind: str, colour: str) -> None:
    # A short training may end before the first episode does, and then has no curve.
    curves = [_curve(run.result["curve"], kind) for run in variant.runs.values() if run.result["curve"]]
    for steps, scores in curves:
        axis.plot(steps, scores, color=colour, alpha=0.3, linewidth=0.8)
    if curves:
        ends = np.unique(np.concatenate([steps for steps, _ in curves]))
        together = np.stack([np.interp(ends, steps, scores) for steps, scores in curves])
        axis.plot(ends, interquartile_mean(together, axis=0), color=colour, linewidth=2.2)
    axis.grid(alpha=0.25)
    axis.xaxis.set_major_formatter(lambda value, _: f"{value / 1000:g}k" if value else "0")


def _curve(points: list[dict[str, Any]], kind: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    steps = np.array([point["steps"] for point in points], dtype=np.float64)
    # Shaping cancels out over an episode up to its first and last state; what is drawn is the reward itself.
    scores = [
        point["paid"] - point["ledger"].get(SHAPING_LINE, 0.0) if kind == "paid" else point["objective"]
        for point in points
    ]
    return steps, np.array(scores, dtype=np.float64)


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


def _plain(text: str) -> str:
    """Names are data: a dollar sign in one must not start a formula."""
    return text.replace("$", r"\$")
