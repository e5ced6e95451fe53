"""What each variant was paid beside what it achieved: a point for each seed, intervals, and the exact optimum."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rewardlab.lab.comparison import Comparison, VariantSummary
from rewardlab.lab.statistics import Estimate
from rewardlab.reports.curves import OBJECTIVE_COLOUR, OPTIMUM_COLOUR, PAID_COLOUR
from rewardlab.reports.saved_figure import plain_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["score_figure"]

_SIDES = (("paid", "paid (own reward)", PAID_COLOUR, "o"), ("objective", "achieved (objective)", OBJECTIVE_COLOUR, "s"))
_NAME_CHARACTERS = 26
_TITLE_CHARACTERS = 100


def score_figure(comparison: Comparison) -> Figure | None:
    """Two panels with a row for each variant that has a finished run.

    A small open mark is a seed, the large one their interquartile mean with its interval, whose numbers stand beside.
    The dashed line is the exact optimum of the objective, where it is known. Panels differ in their marks too, so that
    the figure can be read without colour.

    Args:
        comparison: What to draw.

    Returns:
        The figure, or None if no run has finished.
    """
    shown = [variant for variant in comparison.variants if variant.runs]
    if not shown:
        return None
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 1.15 + 0.55 * len(shown)), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 2, sharey=True)
    for axis, (metric, label, colour, mark) in zip(panels, _SIDES, strict=True):
        for row, variant in enumerate(shown):
            _draw_seeds(axis, variant, metric, row, colour, mark)
        axis.set_xlabel(label, color=colour)
        axis.grid(axis="x", alpha=0.25)
        axis.tick_params(axis="y", length=0)
        axis.spines[["top", "right", "left"]].set_visible(False)
    _draw_optima(panels[1], [comparison.best_objective(variant) for variant in shown])
    panels[0].set_yticks(range(len(shown)), [_label(variant) for variant in shown])
    panels[0].set_ylim(len(shown) - 0.5, -0.7)
    question = comparison.plan.spec.question or comparison.plan.spec.name
    figure.suptitle(plain_text(textwrap.fill(question, _TITLE_CHARACTERS)), fontsize=11)
    return figure


def _draw_seeds(axis: Axes, variant: VariantSummary, metric: str, row: int, colour: str, mark: str) -> None:
    scores = [float(run.result["evaluation"][metric]) for _, run in sorted(variant.runs.items())]
    # Below the mean, and spread, since seeds that came to the same would hide each other.
    below = row + np.linspace(0.12, 0.36, len(scores)) if len(scores) > 1 else np.array([row + 0.24])
    axis.plot(scores, below, mark, color=colour, markersize=4, markerfacecolor="none", alpha=0.7)
    found = variant.metrics[metric]
    reach = [[max(0.0, found.value - found.low)], [max(0.0, found.high - found.value)]]
    axis.errorbar(
        [found.value], [row - 0.08], xerr=reach, fmt=mark, color=colour, markersize=8, markeredgecolor="white",
        elinewidth=2.2, capsize=4, capthick=1.6, zorder=4,
    )  # fmt: skip
    axis.text(1.03, row - 0.08, _numbers(found), transform=axis.get_yaxis_transform(), va="center", fontsize=8.5)


def _draw_optima(axis: Axes, optima: Sequence[float | None]) -> None:
    known = [(row, best) for row, best in enumerate(optima) if best is not None]
    for row, best in known:
        axis.plot([best, best], [row - 0.5, row + 0.5], color=OPTIMUM_COLOUR, linestyle="--", linewidth=1.2, zorder=1)
    if known:
        row, best = known[0]
        alike = len({value for _, value in known}) == 1
        told = f"exact optimum {best:.4g}" if alike else "exact optima"
        axis.annotate(told, (best, -0.7), ha="right", va="bottom", fontsize=8.5, color=OPTIMUM_COLOUR)


def _label(variant: VariantSummary) -> str:
    """The name, and how many seeds are drawn where some are missing."""
    name = "\n".join(textwrap.wrap(variant.name, _NAME_CHARACTERS)[:2]) or variant.name
    partly = f"\n{len(variant.runs)} of {variant.planned} seeds" if len(variant.runs) < variant.planned else ""
    return plain_text(name) + partly


def _numbers(found: Estimate) -> str:
    interval = "" if found.kind == "none" else f" [{_shown(found.low)}, {_shown(found.high)}]"
    return f"{_shown(found.value)}{interval}"


def _shown(number: float) -> str:
    """Three digits, and thousands as thousands."""
    return f"{number:,.0f}" if 1000 <= abs(round(number)) < 1e7 else f"{number:.3g}"
