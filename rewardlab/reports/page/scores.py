"""The first picture: what each variant was paid beside what it achieved, a point for each seed."""

from __future__ import annotations

from typing import Any

from rewardlab.lab.comparison import Comparison, VariantSummary
from rewardlab.reports.page.charts import COLOURS, SYMBOLS, Chart, plain
from rewardlab.reports.page.section import Section, TextTable

__all__ = ["scores_section"]

_SIDES = (("paid", "paid (own reward)"), ("objective", "achieved (objective)"))


def scores_section(comparison: Comparison) -> Section:
    """What each variant was paid and what it achieved: seeds, intervals, the exact optimum where it is known."""
    variants = [variant for variant in comparison.variants if variant.runs]
    traces = [
        trace
        for side, (metric, _) in enumerate(_SIDES)
        for place, variant in enumerate(variants)
        for trace in _traces(variant, metric, place, side)
    ]
    chart = Chart(
        "scores",
        "Each seed a small mark, the interquartile mean a large one with its interval.",
        [*traces, *_optima(comparison, variants)],
        _layout(variants),
        90 + 46 * len(variants),
    )
    return Section("scores", "Paid and achieved", charts=[chart] if variants else [], tables=[_table(comparison)])


def _traces(variant: VariantSummary, metric: str, place: int, side: int) -> list[dict[str, Any]]:
    colour, symbol = COLOURS[place % len(COLOURS)], SYMBOLS[place % len(SYMBOLS)]
    axes = {"xaxis": f"x{side + 1}" if side else "x", "yaxis": "y"}
    scores = {seed: float(run.result["evaluation"][metric]) for seed, run in sorted(variant.runs.items())}
    name, found = plain(variant.name), variant.metrics[metric]
    seeds = {
        "type": "scatter", "mode": "markers", "x": list(scores.values()), "y": [name] * len(scores),
        "customdata": list(scores), "hovertemplate": "%{y}, seed %{customdata}: %{x:.4g}<extra></extra>",
        "marker": {"color": colour, "symbol": symbol, "size": 6, "opacity": 0.45}, "showlegend": False, **axes,
    }  # fmt: skip
    mean = {
        "type": "scatter", "mode": "markers", "x": [found.value], "y": [name],
        "error_x": {"type": "data", "symmetric": False, "array": [found.high - found.value],
                    "arrayminus": [found.value - found.low], "color": colour, "thickness": 2.5},
        "customdata": [str(found)], "hovertemplate": "%{y}: %{customdata}<extra></extra>",
        "marker": {"color": colour, "symbol": symbol, "size": 13}, "showlegend": False, **axes,
    }  # fmt: skip
    return [seeds, mean]


def _optima(comparison: Comparison, variants: list[VariantSummary]) -> list[dict[str, Any]]:
    known = {plain(variant.name): comparison.best_objective(variant) for variant in variants}
    found = {name: best for name, best in known.items() if best is not None}
    if not found:
        return []
    return [{
        "type": "scatter", "mode": "markers", "x": list(found.values()), "y": list(found), "xaxis": "x2", "yaxis": "y",
        "marker": {"symbol": "line-ns-open", "size": 34, "color": "#808080", "line": {"width": 2}},
        "name": "exact optimum", "hovertemplate": "exact optimum: %{x:.4g}<extra></extra>", "showlegend": False,
    }]  # fmt: skip


def _layout(variants: list[VariantSummary]) -> dict[str, Any]:
    names = [plain(variant.name) for variant in variants]
    return {
        "xaxis": {"domain": [0.0, 0.47], "title": {"text": _SIDES[0][1]}},
        "xaxis2": {"domain": [0.53, 1.0], "title": {"text": _SIDES[1][1]}, "anchor": "y"},
        # As categories, for a name such as "1e5" is none of Plotly's numbers.
        "yaxis": {"type": "category", "categoryorder": "array", "categoryarray": names[::-1], "automargin": True},
        "margin": {"l": 10, "r": 10, "t": 10, "b": 45},
    }


def _table(comparison: Comparison) -> TextTable:
    head = ["", *(variant.name for variant in comparison.variants)]
    rows = [
        [label, *(str(variant.metrics.get(metric, "-")) for variant in comparison.variants)] for metric, label in _SIDES
    ]
    best = [comparison.best_objective(variant) for variant in comparison.variants]
    if any(value is not None for value in best):
        rows.append(["exact optimum", *("-" if value is None else f"{value:.3g}" for value in best)])
    return TextTable(head, rows, "The numbers", is_folded=True)
