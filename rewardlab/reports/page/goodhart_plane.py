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
from rewardlab.reports.page.charts import COLOURS, DASHES, SYMBOLS, Chart, plain, rounded
from rewardlab.reports.page.curves_over_time import variant_curves
from rewardlab.reports.page.section import Section

__all__ = ["exact_path", "goodhart_section"]

_LARGEST_SCORED = 20_000_000
"""States times actions times steps of an episode, up to which paths are computed: about two seconds for each."""

_MOST_SHOWN = 7


def goodhart_section(comparison: Comparison, rewards: Sequence[AuditedReward] = ()) -> Section | None:
    """One path for each variant, with the exact path of its reward under growing pressure where it is known.

    Args:
        comparison: What the experiment found.
        rewards: Those of the experiment, audited.
    """
    traces: list[dict[str, Any]] = []
    drawn = 0
    for place, variant in enumerate(comparison.variants):
        curves = variant_curves(variant)
        if curves is None:
            continue
        paid, achieved = curves.middle(curves.paid), curves.middle(curves.objective)
        traces += _path(curves.steps, paid, achieved, variant.name, place, is_shown=drawn < _MOST_SHOWN)
        drawn += 1
    if not traces:
        return None
    exact = [trace for reward in rewards for trace in _exact_traces(reward, comparison)]
    label = (
        "Each path is a training, by the interquartile means of its seeds: begun at the hollow mark, ended at the full"
        " one. To the right more is paid, by each variant's own reward without shaping; upwards more is achieved. A"
        " path that goes right and down is Goodhart's law at work."
    )
    if exact:
        label += (
            " Dotted: where ever greedier policies of that reward would go, exactly, from one that acts at random to"
            " one that is optimal for it."
        )
    layout = {
        "xaxis": {"title": {"text": "paid per episode"}, "automargin": True},
        "yaxis": {"title": {"text": "achieved per episode"}, "automargin": True},
        "hovermode": "closest",
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "margin": {"l": 10, "r": 10, "t": 10, "b": 45},
        "showlegend": True,
    }
    chart = Chart("goodhart", label, [*exact, *traces], layout, 480)
    return Section("goodhart", "Objective against proxy", charts=[chart])


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


def _path(
    steps: NDArray[np.float64],
    paid: NDArray[np.float64],
    achieved: NDArray[np.float64],
    name: str,
    place: int,
    *,
    is_shown: bool,
) -> list[dict[str, Any]]:
    colour, symbol = COLOURS[place % len(COLOURS)], SYMBOLS[place % len(SYMBOLS)]
    shared = {
        "type": "scatter", "legendgroup": f"variant {place}", "name": plain(name, 40),
        "hovertemplate": "%{fullData.name}: paid %{x:.4g}, achieved %{y:.4g} after %{customdata} steps<extra></extra>",
        **({} if is_shown else {"visible": "legendonly"}),
    }  # fmt: skip
    ends = [0, -1]
    line = {
        **shared, "mode": "lines", "x": rounded(paid, 4), "y": rounded(achieved, 4), "customdata": rounded(steps, 6),
        "line": {"color": colour, "width": 2, "dash": DASHES[place % len(DASHES)]}, "showlegend": False,
    }  # fmt: skip
    marks = {
        **shared, "mode": "markers", "x": rounded(paid[ends], 4), "y": rounded(achieved[ends], 4),
        "customdata": rounded(steps[ends], 6),
        "marker": {"color": colour, "size": 12, "symbol": [f"{symbol}-open", symbol], "line": {"width": 2}},
    }  # fmt: skip
    # The legend shows the first mark of a trace, and an open one of each kind would look like a missing variant.
    return [line, {**marks, "showlegend": True}]


def _exact_traces(reward: AuditedReward, comparison: Comparison) -> list[dict[str, Any]]:
    path = exact_path(reward)
    if path is None:
        return []
    names = [variant.name for variant in comparison.variants]
    place = names.index(reward.variants[0])
    return [{
        "type": "scatter", "mode": "lines", "x": rounded(path[0], 4), "y": rounded(path[1], 4),
        "line": {"color": COLOURS[place % len(COLOURS)], "width": 1.3, "dash": "dot"},
        "legendgroup": f"variant {place}", "showlegend": False, "name": plain(reward.name, 40),
        "hovertemplate": "%{fullData.name}, exact: paid %{x:.4g}, achieved %{y:.4g}<extra></extra>",
        **({} if place < _MOST_SHOWN else {"visible": "legendonly"}),
    }]  # fmt: skip
