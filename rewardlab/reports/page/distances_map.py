"""How far what was paid is from what was meant, and the rewards from each other, as a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rewardlab.audit.distances import DistanceMatrix, table_distances
from rewardlab.reports.page.audited_rewards import AuditedReward
from rewardlab.reports.page.charts import Chart, named_axis, plain, rounded
from rewardlab.reports.page.section import Section
from rewardlab.reports.page.shown_text import shortened

__all__ = ["distances_section"]

_MOST_GROUPS = 3
_CELL_PIXELS = 46


def distances_section(rewards: Sequence[AuditedReward]) -> Section | None:
    """A map for each environment and discount: the objective first, then each reward with its wrappers.

    Args:
        rewards: Those of the experiment.
    """
    groups: dict[str, list[AuditedReward]] = {}
    for reward in rewards:
        if reward.case is not None:
            groups.setdefault(reward.group, []).append(reward)
    charts = [_chart(number, _matrix(group)) for number, group in enumerate([*groups.values()][:_MOST_GROUPS], start=1)]
    if not charts:
        return None
    lead = (
        "STARC distances, exact: 0 if two rewards order all policies alike, 1 if they order them the opposite way."
        " Shaping by a potential changes nothing."
    )
    if len(groups) > _MOST_GROUPS:
        lead += f" The first {_MOST_GROUPS} of {len(groups)} environments."
    return Section("distances", "How far the rewards are from the objective", lead, charts=charts)


def _matrix(group: Sequence[AuditedReward]) -> DistanceMatrix:
    cases = [(reward.name, reward.case) for reward in group if reward.case is not None]
    first = cases[0][1]
    # A name may be that of the objective: then both stand in the map, and 0 between them says so.
    tables = {f"objective: {first.objective_name}": first.objective, **{name: case.proxy for name, case in cases}}
    return table_distances(first.model, tables, gamma=first.gamma)


def _chart(number: int, matrix: DistanceMatrix) -> Chart:
    count = len(matrix.names)
    cells = [[f"{value:.2f}" for value in row] for row in matrix.values]
    trace: dict[str, Any] = {
        "type": "heatmap", "z": [rounded(row, 4) for row in matrix.values], "zmin": 0, "zmax": 1, "text": cells,
        "texttemplate": "%{text}", "colorscale": "Cividis", "reversescale": True, "xgap": 2, "ygap": 2,
        "customdata": [[plain(f"{row} and {column}") for column in matrix.names] for row in matrix.names],
        "hovertemplate": "%{customdata}: %{z:.4f}<extra></extra>", "showscale": False,
    }  # fmt: skip
    numbered = [f"{name}  {place}" for place, name in enumerate(matrix.names, start=1)]
    rows = named_axis(numbered)
    layout = {
        "xaxis": named_axis(range(1, count + 1), side="top"),
        "yaxis": {**rows, "range": rows["range"][::-1]},
        "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
    }
    short = [f"{shortened(name, 14)}  {place}" for place, name in enumerate(matrix.names, start=1)]
    narrow = {"yaxis": {**layout["yaxis"], "ticktext": [plain(name) for name in short]}}
    label = (
        f"Distances between the objective and {count - 1} reward{'s' * (count > 2)} with all wrappers, gamma"
        f" {matrix.gamma:g}; columns are numbered as rows are. Light is near, dark is far."
    )
    return Chart(f"distances-{number}", label, [trace], layout, 60 + _CELL_PIXELS * count, narrow)
