"""Which line of the ledger paid for it, as the training went on."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rewardlab.lab.comparison import Comparison, VariantSummary
from rewardlab.reports.learning_points import mean_curve
from rewardlab.reports.saved_figure import plain_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["ledger_figure"]

_MOST_ACROSS = 4
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999")
_STROKES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)))


def ledger_figure(comparison: Comparison) -> Figure | None:
    """A panel for each variant that has a finished run, a line for each term of what the learner saw in an episode.

    Lines are interquartile means over seeds; they differ in colour and stroke. Terms that stay 0 are left out.

    Args:
        comparison: What to draw.

    Returns:
        The figure, or None if no run with a learning curve has finished.
    """
    shown = [variant for variant in comparison.variants if _lines(variant)]
    if not shown:
        return None
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(name for variant in shown for name in _lines(variant)))
    rows = -(-len(shown) // _MOST_ACROSS)
    across = -(-len(shown) // rows)
    figure = Figure(figsize=(2.9 * across + 0.5, 2.6 * rows + 0.9), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, across, squeeze=False)
    for axis, variant in zip(axes.ravel(), shown, strict=False):
        _draw_lines(axis, variant, names)
    for axis in axes.ravel()[len(shown) :]:
        axis.set_axis_off()
    for line in axes:
        line[0].set_ylabel("paid per episode")
    handles = {line.get_label(): line for axis in axes.ravel() for line in axis.get_lines()}
    figure.legend(handles.values(), handles, loc="outside lower center", ncols=min(4, len(handles)), frameon=False)
    question = comparison.plan.spec.question or comparison.plan.spec.name
    figure.suptitle(plain_text(textwrap.fill(question, max(30, 30 * across))), fontsize=11)
    return figure


def _draw_lines(axis: Axes, variant: VariantSummary, names: list[str]) -> None:
    for name, (steps, amounts) in _lines(variant).items():
        place = names.index(name)
        axis.plot(
            steps, amounts, color=_COLOURS[place % len(_COLOURS)], linestyle=_STROKES[place % len(_STROKES)],
            linewidth=1.8, label=plain_text(name),
        )  # fmt: skip
    axis.set_title(plain_text("\n".join(textwrap.wrap(variant.name, 28)[:2])), fontsize=10)
    axis.set_xlabel("environment steps")
    axis.xaxis.set_major_formatter(lambda value, _: f"{value / 1000:g}k" if value else "0")
    axis.grid(alpha=0.25)


def _lines(variant: VariantSummary) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """The mean of each line of the ledger that ever was anything, over the seeds."""
    curves = [run.result["curve"] for run in variant.runs.values() if run.result["curve"]]
    names = dict.fromkeys(name for curve in curves for point in curve for name in point["ledger"])
    found = {}
    for name in names:
        seeds = [
            (
                np.array([point["steps"] for point in curve], dtype=np.float64),
                np.array([point["ledger"].get(name, 0.0) for point in curve], dtype=np.float64),
            )
            for curve in curves
        ]
        steps, amounts = mean_curve(seeds)
        if any(np.any(amounts_of_seed) for _, amounts_of_seed in seeds):
            found[name] = (steps, amounts)
    return found
