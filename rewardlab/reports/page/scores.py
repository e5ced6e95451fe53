"""The first picture: what each variant was paid beside what it achieved, a point for each seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rewardlab.lab.comparison import Comparison, VariantSummary
from rewardlab.lab.statistics import short_number
from rewardlab.reports.page.charts import COLOURS, SYMBOLS, Chart, named_axis, plain, rounded
from rewardlab.reports.page.section import Section, TextTable, estimate_cell

__all__ = ["scores_chart", "scores_section"]

_SIDES = (("paid", "paid (own reward)"), ("objective", "achieved (objective)"))
_ROW_PIXELS, _BETWEEN_PIXELS = 44, 90
_MOST_ROWS = 60


def scores_section(comparison: Comparison) -> Section:
    """What each variant was paid and what it achieved: seeds, intervals, the exact optimum where it is known."""
    charts = [scores_chart(comparison)] if any(variant.runs for variant in comparison.variants) else []
    return Section("scores", "Paid and achieved", charts=charts, tables=[_table(comparison)])


def scores_chart(comparison: Comparison, identifier: str = "scores") -> Chart:
    """The picture alone: both scores of each variant with a finished run.

    Args:
        comparison: What the experiment found.
        identifier: Of the chart.
    """
    finished = [variant for variant in comparison.variants if variant.runs]
    variants = finished[:_MOST_ROWS]
    traces = [
        trace
        for side, (metric, _) in enumerate(_SIDES)
        for place, variant in enumerate(variants)
        for trace in _traces(variant, metric, place, side)
    ]
    optima = [comparison.best_objective(variant) for variant in variants]
    label = "Each seed a small mark, the interquartile mean a large one with its 95 % interval."
    if any(best is not None for best in optima):
        label += " The dashed line is the exact optimum of the objective: on average, no agent can be beyond it."
    if len(finished) > len(variants):
        label += f" The first {len(variants)} of {len(finished)} variants."
    high = _ROW_PIXELS * len(variants) + 90
    layout = _layout(variants, optima)
    return Chart(identifier, label, traces, layout, high, _stacked(layout, _BETWEEN_PIXELS / (2 * high)), 2 * high)


def _traces(variant: VariantSummary, metric: str, place: int, side: int) -> list[dict[str, Any]]:
    colour, symbol = COLOURS[place % len(COLOURS)], SYMBOLS[place % len(SYMBOLS)]
    axes = {"xaxis": f"x{side + 1}" if side else "x", "yaxis": f"y{side + 1}" if side else "y", "showlegend": False}
    seeds = sorted(variant.runs)
    scores = rounded([variant.runs[seed].result["evaluation"][metric] for seed in seeds])
    name, found = plain(variant.name), variant.metrics[metric]
    points = {
        "type": "scatter", "mode": "markers", "x": scores, "y": [place] * len(scores),
        "customdata": [[name, seed] for seed in seeds],
        "hovertemplate": "%{customdata[0]}, seed %{customdata[1]}: %{x:.4g}<extra></extra>",
        "marker": {"color": colour, "symbol": symbol, "size": 6, "opacity": 0.5}, **axes,
    }  # fmt: skip
    mean = {
        "type": "scatter", "mode": "markers", "x": rounded([found.value]), "y": [place],
        "error_x": {"type": "data", "symmetric": False, "array": rounded([found.high - found.value]),
                    "arrayminus": rounded([found.value - found.low]), "color": colour, "thickness": 2.5},
        "customdata": [[name, plain(found)]], "hovertemplate": "%{customdata[0]}: %{customdata[1]}<extra></extra>",
        "marker": {"color": colour, "symbol": symbol, "size": 13}, **axes,
    }  # fmt: skip
    return [points, mean]


def _layout(variants: Sequence[VariantSummary], optima: Sequence[float | None]) -> dict[str, Any]:
    names = named_axis([variant.name for variant in variants])
    # The first variant on top.
    names["range"] = names["range"][::-1]
    lines = [
        {"type": "line", "xref": "x2", "yref": "y2", "x0": best, "x1": best, "y0": place - 0.5, "y1": place + 0.5,
         "line": {"dash": "dash", "width": 1.5, "color": "#8a8f98"}}
        for place, best in enumerate(optima) if best is not None
    ]  # fmt: skip
    return {
        "xaxis": {"domain": [0.0, 0.48], "title": {"text": _SIDES[0][1]}},
        "xaxis2": {"domain": [0.52, 1.0], "title": {"text": _SIDES[1][1]}, "anchor": "y2"},
        "yaxis": names,
        "yaxis2": {**names, "showticklabels": False, "anchor": "x2"},
        "shapes": lines,
        "hovermode": "closest",
        "margin": {"l": 10, "r": 10, "t": 10, "b": 45},
    }


def _stacked(layout: dict[str, Any], between: float) -> dict[str, Any]:
    """What was paid above what was achieved, where there is no room beside it."""
    return {
        "xaxis": {**layout["xaxis"], "domain": [0.0, 1.0]},
        "xaxis2": {**layout["xaxis2"], "domain": [0.0, 1.0]},
        "yaxis": {**layout["yaxis"], "domain": [0.5 + between / 2, 1.0]},
        "yaxis2": {**layout["yaxis2"], "domain": [0.0, 0.5 - between / 2], "showticklabels": True},
    }


def _table(comparison: Comparison) -> TextTable:
    variants = comparison.variants[:_MOST_ROWS]
    head = ["", *(variant.name for variant in variants)]
    rows = [[label, *(estimate_cell(variant.metrics.get(metric)) for variant in variants)] for metric, label in _SIDES]
    best = [comparison.best_objective(variant) for variant in variants]
    if any(value is not None for value in best):
        rows.append(["exact optimum", *("-" if value is None else short_number(value) for value in best)])
    return TextTable(head, rows, "The numbers of this picture", is_folded=True)
