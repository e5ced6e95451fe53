"""The Goodhart plane: what is achieved against what is paid, from the first episodes of a training to the last."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase
from rewardlab.audit.pressure.under_pressure import TEMPERATURES
from rewardlab.lab.comparison import Comparison
from rewardlab.mdp.finite_horizon import policy_score
from rewardlab.mdp.soft_optimal import soft_optimal_limit, soft_optimal_policies
from rewardlab.reports.page.audited_rewards import AuditedReward
from rewardlab.reports.page.charts import COLOURS, SYMBOLS, Chart, plain, rounded
from rewardlab.reports.page.curves_over_time import VariantCurves, variant_curves
from rewardlab.reports.page.section import Section

__all__ = ["exact_path", "goodhart_section"]

_LARGEST_SCORED = 20_000_000
"""States times actions times steps of an episode, up to which paths are computed: about two seconds for each."""

_MOST_PANELS = 24
_ACROSS = 3
_PANEL_PIXELS = 250


def goodhart_section(comparison: Comparison, rewards: Sequence[AuditedReward] = ()) -> Section | None:
    """A plane for each variant, since each is paid in a coin of its own; with the exact path where it is known.

    Args:
        comparison: What the experiment found.
        rewards: Those of the experiment, audited.
    """
    found = [(place, variant, variant_curves(variant)) for place, variant in enumerate(comparison.variants)]
    drawn = [(place, variant, curves) for place, variant, curves in found if curves is not None]
    spec = comparison.plan.spec
    if not drawn or (comparison.plan.catalogue is None and not any(variant.wrappers for variant in spec.variants)):
        # Without a catalogue what is paid is the objective, and every path would lie on one line.
        return None
    exact = {name: reward for reward in rewards for name in reward.variants if exact_path(reward) is not None}
    traces: list[dict[str, Any]] = []
    for panel, (place, variant, curves) in enumerate(drawn[:_MOST_PANELS]):
        if variant.name in exact:
            traces.append(_exact_trace(exact[variant.name], place, panel))
        traces += _path(curves, place, panel)
    label = (
        "Each path is a training, by the interquartile means of its seeds: begun at the hollow mark, ended at the full"
        " one. To the right more is paid, by the variant's own reward without shaping; upwards more is achieved. A path"
        " that goes right and down is Goodhart's law at work."
    )
    if exact:
        label += (
            " Dotted: where ever greedier policies of that reward would go, exactly, from one that acts at random to"
            " one that is optimal for it."
        )
    names = [variant.name for _, variant, _ in drawn[:_MOST_PANELS]]
    best = [comparison.best_objective(variant) for _, variant, _ in drawn[:_MOST_PANELS]]
    if any(value is not None for value in best):
        label += " Dashed: the exact optimum."
    lead = f"The first {_MOST_PANELS} of {len(drawn)} variants." if len(drawn) > _MOST_PANELS else ""
    across = 2 if len(names) in (2, 4) else min(_ACROSS, len(names))
    wide, narrow = _layout(names, best, across), _layout(names, best, 1)
    chart = Chart(
        "goodhart", label, traces, wide, _height(len(names), across), narrow, _height(len(names), 1)
    )  # fmt: skip
    return Section("goodhart", "Objective against proxy", lead, charts=[chart])


def exact_path(reward: AuditedReward) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """What policies are paid and achieve over an episode, from the uniform one to one that is optimal for the reward.

    Args:
        reward: What they are soft-optimal for, with its discount; see `rewardlab.audit.pressure`.

    Returns:
        ``[T]`` undiscounted scores without shaping, and ``[T]`` of the objective; None where the table is too large.
    """
    case, base = reward.case, reward.base
    if case is None or base is None or case.model.legal.size * case.episode_steps > _LARGEST_SCORED:
        return None
    return _scores(case, base.tobytes(), base.shape)


@lru_cache(maxsize=32)
def _scores(case: AuditCase, table: bytes, shape: tuple[int, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    base = np.frombuffer(table).reshape(shape)
    space, proxy = case.space, case.proxy_advantages
    scale = float(np.abs(proxy).max(initial=0.0))
    temperatures = scale * np.array(TEMPERATURES) if scale > 0.0 else np.zeros(0)
    soft = [*soft_optimal_policies(space, proxy, temperatures), soft_optimal_limit(space, case.proxy_optimal)]
    policies = [space.uniform, *(space.table(policy.choice) for policy in soft)]
    scores = [
        [policy_score(case.model, rewards, policy, case.episode_steps) for rewards in (base, case.objective)]
        for policy in policies
    ]
    paid, achieved = np.array(scores).T
    return paid, achieved


def _path(curves: VariantCurves, place: int, panel: int) -> list[dict[str, Any]]:
    colour, symbol = COLOURS[place % len(COLOURS)], SYMBOLS[place % len(SYMBOLS)]
    paid, achieved = curves.middle(curves.paid), curves.middle(curves.objective)
    shared = {
        "type": "scatter", "showlegend": False, **_axes(panel),
        "hovertemplate": "paid %{x:.4g}, achieved %{y:.4g} after %{customdata} steps<extra></extra>",
    }  # fmt: skip
    ends = [0, -1]
    line = {
        **shared, "mode": "lines", "x": rounded(paid, 4), "y": rounded(achieved, 4),
        "customdata": rounded(curves.steps, 6), "line": {"color": colour, "width": 2},
    }  # fmt: skip
    marks = {
        **shared, "mode": "markers", "x": rounded(paid[ends], 4), "y": rounded(achieved[ends], 4),
        "customdata": rounded(curves.steps[ends], 6),
        "marker": {"color": colour, "size": 11, "symbol": [f"{symbol}-open", symbol], "line": {"width": 2}},
    }  # fmt: skip
    return [line, marks]


def _exact_trace(reward: AuditedReward, place: int, panel: int) -> dict[str, Any]:
    path = exact_path(reward) or (np.zeros(0), np.zeros(0))
    return {
        "type": "scatter", "mode": "lines", "x": rounded(path[0], 4), "y": rounded(path[1], 4), **_axes(panel),
        "line": {"color": "#8a8f98", "width": 1.6, "dash": "dot"}, "showlegend": False,
        "hovertemplate": "exact: paid %{x:.4g}, achieved %{y:.4g}<extra></extra>",
    }  # fmt: skip


def _axes(panel: int) -> dict[str, str]:
    end = "" if panel == 0 else str(panel + 1)
    return {"xaxis": f"x{end}", "yaxis": f"y{end}"}


def _height(panels: int, across: int) -> int:
    return _PANEL_PIXELS * -(-panels // across) + 40


def _layout(names: Sequence[str], best: Sequence[float | None], across: int) -> dict[str, Any]:
    rows = -(-len(names) // across)
    layout: dict[str, Any] = {
        "hovermode": "closest", "margin": {"l": 10, "r": 10, "t": 30, "b": 5}, "annotations": [], "shapes": [],
    }  # fmt: skip
    for panel, name in enumerate(names):
        row, column = divmod(panel, across)
        end = "" if panel == 0 else str(panel + 1)
        # Room for the numbers and the title between two panels.
        left, right = (column + 0.12 * (column > 0)) / across, (column + 1) / across
        top, bottom = 1 - row / rows, 1 - (row + 0.7) / rows
        layout[f"xaxis{end}"] = {
            "domain": [left, right], "anchor": f"y{end}", "nticks": 5,
            **({"title": {"text": "paid per episode"}} if panel + across >= len(names) else {}),
        }  # fmt: skip
        layout[f"yaxis{end}"] = {
            "domain": [bottom, top], "anchor": f"x{end}", "automargin": True,
            **({"title": {"text": "achieved"}} if column == 0 else {}), **({"matches": "y"} if panel else {}),
        }  # fmt: skip
        layout["annotations"].append({
            "text": plain(name, 36), "xref": "paper", "yref": "paper", "x": left, "y": top, "xanchor": "left",
            "yanchor": "bottom", "showarrow": False, "font": {"size": 13},
        })  # fmt: skip
        if (value := best[panel]) is not None:
            layout["shapes"].append({
                "type": "line", "xref": f"x{end} domain", "yref": f"y{end}", "x0": 0, "x1": 1, "y0": value,
                "y1": value, "line": {"dash": "dash", "width": 1.2, "color": "#8a8f98"},
            })  # fmt: skip
    return layout
