"""A study of distances as people look at it: a table of rank correlations, a figure, and every number as CSV."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rewardlab.lab.distance_study import PREDICTORS, correlations
from rewardlab.lab.statistics import Estimate
from rewardlab.reports.saved_figure import save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "COST_TITLES",
    "PREDICTOR_TITLES",
    "correlation_cell",
    "correlation_scope",
    "draw_study",
    "study_csv",
    "study_lines",
]

PREDICTOR_TITLES = {
    "starc": "STARC",
    "epic": "EPIC",
    "epic_mean": "EPIC, plain",
    "dard": "DARD",
    "angle": "angle",
    "hackable": "hackable?",
    "unsafe": "UNSAFE?",
}
"""What each of `rewardlab.lab.distance_study.PREDICTORS` is called."""

COST_TITLES = {"exact": "worst proxy-optimal policy", "trained": "trained policy"}
"""Whose regret it is, of the two that a row holds."""

_COLOURS = {"catalogue": "#d55e00", "weights": "#0072b2", "entries": "#009e73", "shaped": "#cc79a7"}


def study_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The rank correlations as a plain table, and what a reader must know of it."""
    found = correlations(rows)
    lines = [
        f"Spearman's rank correlation with normalised regret, {correlation_scope(rows)}",
        "",
        f"{'':<12}{COST_TITLES['exact']:>28}{COST_TITLES['trained']:>28}",
    ]
    lines += [
        f"{PREDICTOR_TITLES[name]:<12}{correlation_cell(found[name]['exact']):>28}{correlation_cell(found[name]['trained']):>28}"
        for name in PREDICTORS
    ]
    lines += [
        "",
        "[95 % bootstrap intervals over the proxies of each environment; environments as they are]",
    ]
    return lines


def correlation_scope(rows: Sequence[Mapping[str, Any]]) -> str:
    """What a rank correlation is made of, in words; one proxy alone has no order, and is in none of them.

    Args:
        rows: Of `rewardlab.lab.distance_study.study_rows`.
    """
    counts = [count for count in Counter(row["world"] for row in rows).values() if count > 1]
    return f"mean over {len(counts)} environment{'s' if len(counts) != 1 else ''}, {sum(counts)} proxies"


def correlation_cell(found: Estimate) -> str:
    """A rank correlation with its interval, a dash where nothing could be ordered."""
    return "-" if math.isnan(found.value) else f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"


def study_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Every number: one line for each proxy, learners side by side."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    seeds = max((len(row["trained"]) for row in rows), default=0)
    names = ["world", "proxy", "family", *PREDICTORS, "exact", "exact_best"]
    writer.writerow([*names, *(f"trained_{seed}" for seed in range(seeds))])
    for row in rows:
        values = [row[name] for name in names] + list(row["trained"])
        writer.writerow([value if isinstance(value, str) else repr(float(value)) for value in values])
    return buffer.getvalue()


def draw_study(rows: Sequence[Mapping[str, Any]], path: Path) -> Path:
    """Regret against each distance, above of the worst proxy-optimal policy, below of the trained ones.

    Args:
        rows: Of `rewardlab.lab.distance_study.study_rows`.
        path: A ``.png`` or ``.svg`` file to write.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = ("starc", "epic_mean", "dard", "angle")
    found = correlations(rows)
    figure = Figure(figsize=(3.1 * len(shown) + 0.6, 5.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, len(shown), sharey=True)
    for column, name in enumerate(shown):
        for line, cost in enumerate(COST_TITLES):
            axis = axes[line][column]
            _scatter(axis, rows, name, cost)
            axis.set_title(f"{PREDICTOR_TITLES[name]}: rho {correlation_cell(found[name][cost])}", fontsize=9)
        axes[1][column].set_xlabel(
            "angle, degrees" if name == "angle" else f"{PREDICTOR_TITLES[name]} distance to the objective"
        )
    for line, words in enumerate(COST_TITLES.values()):
        axes[line][0].set_ylabel(f"normalised regret\n({words})")
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    return save_figure(figure, path, dots_per_inch=110)


def _scatter(axis: Axes, rows: Sequence[Mapping[str, Any]], name: str, cost: str) -> None:
    for family, colour in _COLOURS.items():
        points = [(row[name], np.mean(row[cost])) for row in rows if row["family"] == family]
        if points:
            across, up = zip(*points, strict=True)
            # As points of a picture within the drawing: thousands of shapes would be twice as large, and no clearer.
            axis.scatter(across, up, s=9, alpha=0.55, color=colour, linewidths=0, label=family, rasterized=True)
    axis.set_ylim(-0.04, 1.04)
    axis.grid(alpha=0.25)
