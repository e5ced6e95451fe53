"""Learning curves: what training episodes were paid and what they achieved, seeds thin and their middle thick."""

from __future__ import annotations

from typing import Any

import numpy as np

from rewardlab.lab.comparison import Comparison
from rewardlab.reports.page.charts import COLOURS, DASHES, Chart, plain, rounded
from rewardlab.reports.page.curves_over_time import VariantCurves, variant_curves
from rewardlab.reports.page.section import Section

__all__ = ["learning_section"]

_MOST_SEEDS = 12
"""Thin lines of a variant; of more, none could be followed."""
_MOST_SHOWN = 7
"""Variants that are drawn at first; the others are one click away in the legend."""


def learning_section(comparison: Comparison) -> Section | None:
    """Both scores against the steps, one colour and stroke for each variant; None where no training has a curve."""
    found = [(place, variant, variant_curves(variant)) for place, variant in enumerate(comparison.variants)]
    drawn = [(place, variant.name, curves) for place, variant, curves in found if curves is not None]
    if not drawn:
        return None
    traces = [
        trace
        for rank, (place, name, curves) in enumerate(drawn)
        for side, scores in enumerate((curves.paid, curves.objective))
        for trace in _traces(curves, scores, name, place, side, is_shown=rank < _MOST_SHOWN)
    ]
    lead = "A click on a name in the legend hides a variant or shows it; a double click shows it alone."
    if len(drawn) > _MOST_SHOWN:
        lead += f" The first {_MOST_SHOWN} of {len(drawn)} are shown at first."
    most = max(len(curves.seeds) for _, _, curves in drawn)
    label = (
        "Per episode of training, exploration included: above what was paid (by each variant's own reward, without"
        " shaping), below what was achieved. Thin lines are seeds, thick ones their interquartile mean."
    )
    if most > _MOST_SEEDS:
        label += f" Of more than {_MOST_SEEDS} seeds, the first {_MOST_SEEDS} are drawn; the mean is that of all."
    wide, narrow = 560 + 8 * len(drawn), 520 + 20 * min(len(drawn), _MOST_SHOWN)
    chart = Chart("learning", label, traces, _layout(comparison, len(drawn)), wide, narrow_height_pixels=narrow)
    return Section("learning", "Learning curves", lead, charts=[chart])


def _traces(
    curves: VariantCurves, scores: Any, name: str, place: int, side: int, *, is_shown: bool
) -> list[dict[str, Any]]:
    colour = COLOURS[place % len(COLOURS)]
    mode = "lines" if len(curves.steps) > 1 else "markers"  # One point makes no line.
    shared = {
        "type": "scatter", "mode": mode, "xaxis": "x", "yaxis": f"y{side + 1}" if side else "y",
        "legendgroup": f"variant {place}", "name": plain(name, 40), **({} if is_shown else {"visible": "legendonly"}),
    }  # fmt: skip
    # All seeds in one line with gaps between: a trace for each would cost a hundred times the bookkeeping.
    drawn = scores[:_MOST_SEEDS]
    xs = np.concatenate([np.append(curves.steps, np.nan)] * len(drawn))
    ys = np.concatenate([np.append(row, np.nan) for row in drawn])
    thin = {
        **shared, "x": rounded(xs, 6), "y": rounded(ys, 4), "showlegend": False, "hoverinfo": "skip",
        "line": {"color": colour, "width": 1}, "opacity": 0.35,
    }  # fmt: skip
    thick = {
        **shared, "x": rounded(curves.steps, 6), "y": rounded(curves.middle(scores), 4), "showlegend": side == 0,
        "line": {"color": colour, "width": 2.6, "dash": DASHES[place % len(DASHES)]},
        "hovertemplate": "%{y:.4g}",
    }  # fmt: skip
    return ([thin] if len(curves.seeds) > 1 else []) + [thick]


def _layout(comparison: Comparison, variants: int) -> dict[str, Any]:
    optima = {comparison.best_objective(variant) for variant in comparison.variants if variant.runs} - {None}
    lines = [
        {"type": "line", "xref": "x domain", "yref": "y2", "x0": 0, "x1": 1, "y0": best, "y1": best,
         "line": {"dash": "dash", "width": 1.2, "color": "#8a8f98"}}
        for best in sorted(optima)  # type: ignore[type-var]
    ]  # fmt: skip
    return {
        "xaxis": {"title": {"text": "environment steps"}, "anchor": "y2", "rangemode": "tozero"},
        "yaxis": {"domain": [0.55, 1.0], "title": {"text": "paid"}, "automargin": True},
        "yaxis2": {"domain": [0.0, 0.46], "title": {"text": "achieved"}, "automargin": True},
        "shapes": lines,
        "hovermode": "x unified",
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "margin": {"l": 10, "r": 10, "t": 10, "b": 45},
        "showlegend": variants > 1,
    }
