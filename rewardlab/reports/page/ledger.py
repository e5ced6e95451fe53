"""The ledger over time: which term of the reward paid how much, while the agents learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.lab.comparison import Comparison
from rewardlab.reports.page.charts import COLOURS, PATTERNS, Chart, plain, rounded
from rewardlab.reports.page.curves_over_time import ledger_over_time
from rewardlab.reports.page.section import Section

__all__ = ["ledger_section"]

_ROW_PIXELS = 170
_MOST_VARIANTS = 12
_ROUNDING = 1e-6

_Ledger = tuple[str, NDArray[np.float64], dict[str, NDArray[np.float64]]]
"""A variant's name, its steps, and the amounts of each line at them."""


def ledger_section(comparison: Comparison) -> Section | None:
    """A band for each variant, its terms stacked, income above zero and cost below; None where there is no ledger."""
    found = [(variant.name, ledger_over_time(variant)) for variant in comparison.variants]
    ledgers: list[_Ledger] = [
        (name, steps, told)
        for name, over_time in found
        if over_time is not None
        for steps, lines in [over_time]
        if (told := _that_count(lines))
    ]
    if not ledgers:
        return None
    drawn = ledgers[:_MOST_VARIANTS]
    terms = list(dict.fromkeys(term for _, _, lines in drawn for term in sorted(lines)))
    seen: set[str] = set()
    traces = [trace for row, ledger in enumerate(drawn) for trace in _traces(ledger, row, terms, seen)]
    label = (
        "Per episode of training, on average over the seeds: each term of the reward with its wrappers, income above"
        " zero and cost below. The line is their sum, which is what the learner saw."
    )
    lead = f"Of {len(ledgers)} variants the first {_MOST_VARIANTS}." if len(ledgers) > _MOST_VARIANTS else ""
    chart = Chart("ledger", label, traces, _layout([name for name, _, _ in drawn]), 110 + _ROW_PIXELS * len(drawn))
    return Section("ledger", "Which term paid", lead, charts=[chart])


def _that_count(lines: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Those that are more than the rounding of the others."""
    largest = {name: float(np.abs(amounts).max(initial=0.0)) for name, amounts in lines.items()}
    return {name: lines[name] for name, most in largest.items() if most > _ROUNDING * max(largest.values())}


def _traces(ledger: _Ledger, row: int, terms: Sequence[str], seen: set[str]) -> list[dict[str, Any]]:
    _, steps, lines = ledger
    axes = {"xaxis": "x" if row == 0 else f"x{row + 1}", "yaxis": "y" if row == 0 else f"y{row + 1}"}
    wide = float(np.median(np.diff(steps))) if len(steps) > 1 else max(1.0, 0.1 * float(steps[0]))
    traces: list[dict[str, Any]] = []
    for term in sorted(lines):
        place = terms.index(term)
        traces.append({
            "type": "bar", "x": rounded(steps, 6), "y": rounded(lines[term], 4), "width": wide,
            "name": plain(term, 40), "legendgroup": f"term {place}", "showlegend": term not in seen,
            "marker": {"color": COLOURS[place % len(COLOURS)], "line": {"width": 0},
                       "pattern": {"shape": PATTERNS[place % len(PATTERNS)], "size": 6, "solidity": 0.2,
                                   "fillmode": "overlay", "fgcolor": "#ffffff", "fgopacity": 0.6}},
            "hovertemplate": "%{y:.4g}", **axes,
        })  # fmt: skip
        seen.add(term)
    total = np.sum([*lines.values()], axis=0)
    traces.append({
        "type": "scatter", "mode": "lines", "x": rounded(steps, 6), "y": rounded(total, 4), "name": "sum",
        "legendgroup": "sum", "showlegend": row == 0, "line": {"color": "#8a8f98", "width": 2.2},
        "hovertemplate": "%{y:.4g}", **axes,
    })  # fmt: skip
    return traces


def _layout(names: Sequence[str]) -> dict[str, Any]:
    count, gap = len(names), 0.28
    layout: dict[str, Any] = {
        "barmode": "relative", "bargap": 0, "hovermode": "x unified",
        "legend": {"orientation": "h", "x": 0, "y": 1, "yref": "container", "yanchor": "top"},
        "margin": {"l": 10, "r": 10, "t": 80, "b": 45}, "annotations": [],
    }  # fmt: skip
    for row, name in enumerate(names):
        end = "" if row == 0 else str(row + 1)
        top = 1 - row / count
        bottom = 1 - (row + 1 - gap * (row + 1 < count)) / count
        is_last = row + 1 == count
        layout[f"xaxis{end}"] = {
            "anchor": f"y{end}", "matches": None if row == 0 else "x", "showticklabels": is_last,
            **({"title": {"text": "environment steps"}} if is_last else {}),
        }  # fmt: skip
        layout[f"yaxis{end}"] = {"domain": [max(0.0, bottom), top], "anchor": f"x{end}", "automargin": True}
        layout["annotations"].append({
            "text": plain(name, 60), "xref": "paper", "yref": "paper", "x": 0, "y": top, "xanchor": "left",
            "yanchor": "bottom", "showarrow": False,
        })  # fmt: skip
    return layout
