"""What the objective is worth from each cell of a board, and the potentials that agents were shaped by, as maps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.subject import Subject, potential_table
from rewardlab.mdp.finite_horizon import solve_finite_horizon
from rewardlab.mdp.finite_task import FiniteTask
from rewardlab.reports.page.audited_rewards import AuditedReward
from rewardlab.reports.page.charts import Chart, named_axis, plain, rounded
from rewardlab.reports.page.section import Section, TextBlock

__all__ = ["maps_section"]

_MOST_TASKS, _MOST_VIEWS, _MOST_POTENTIALS = 2, 2, 3
_MOST_CELLS = 1_000
_ROW_PIXELS, _TITLE_PIXELS = 38, 60

_Layer = tuple[str, NDArray[np.float64]]
"""What is drawn, and ``[S]`` its value in each state."""


def maps_section(rewards: Sequence[AuditedReward]) -> Section | None:
    """A chart for each board: the optimal value of the objective, and each potential; None where there is no board.

    Args:
        rewards: Those of the experiment.
    """
    boards: dict[str, tuple[Subject, FiniteTask, list[AuditedReward]]] = {}
    for reward in rewards:
        task = None if reward.subject is None else reward.subject.task
        if reward.subject is not None and task is not None and _views(task):
            boards.setdefault(reward.group, (reward.subject, task, []))[2].append(reward)
    shown = [*boards.values()][:_MOST_TASKS]
    if not shown:
        return None
    charts = [
        _chart(number, task, _layers(subject, task, paid))
        for number, (subject, task, paid) in enumerate(shown, start=1)
    ]
    blocks = [
        TextBlock(task.text_picture(int(board[board >= 0][0])), f"The board: {caption}", is_folded=True)
        for _, task, _ in shown
        for caption, board in [*_views(task).items()][:1]
    ]
    lead = (
        "The best score of the objective that can still be had from each cell in a whole episode, exact; and the"
        " potentials by which agents were shaped. A potential that has the shape of the value shows the way."
        " Walls, and cells where the episode is over, are empty."
    )
    return Section("maps", "Values on the board", lead, charts=charts, blocks=blocks)


def _views(task: FiniteTask) -> dict[str, NDArray[np.int64]]:
    small = {caption: board for caption, board in task.board_views.items() if board.size <= _MOST_CELLS}
    return dict([*small.items()][:_MOST_VIEWS])


def _layers(subject: Subject, task: FiniteTask, rewards: Sequence[AuditedReward]) -> list[_Layer]:
    values = solve_finite_horizon(task.model, task.objective_table, task.max_episode_steps).values[0]
    layers: dict[str, _Layer] = {"": ("value of the objective", values)}
    for wrapper in (wrapper for reward in rewards for wrapper in reward.wrappers if "potential" in wrapper):
        potential, weight = wrapper["potential"], float(wrapper.get("weight", 1.0))
        name = potential if isinstance(potential, str) else "a table"
        amounts = weight * potential_table(subject, potential, "potential")
        title = f"potential {name}" + (f", {weight:g} times" if weight != 1.0 else "")
        layers.setdefault(json.dumps([potential, weight]), (title, amounts))
    return [*layers.values()][: 1 + _MOST_POTENTIALS]


def _chart(number: int, task: FiniteTask, layers: Sequence[_Layer]) -> Chart:
    views = _views(task)
    places = [(row, column) for row in range(len(layers)) for column in range(len(views))]
    traces = [
        _trace(layers[row], board, task.model.terminal, index)
        for index, (row, column) in enumerate(places)
        for board in [[*views.values()][column]]
    ]
    tallest = max(len(board) for board in views.values())
    side_by_side = _layout(layers, views, [(row, column) for row, column in places], len(layers), len(views))
    one_by_one = _layout(layers, views, [(index, 0) for index in range(len(places))], len(places), 1)
    captions = ", ".join(views)
    label = f"Rows: {'; '.join(title for title, _ in layers)}. The board as it is with {captions}."
    band = _ROW_PIXELS * tallest + _TITLE_PIXELS
    return Chart(f"maps-{number}", label, traces, side_by_side, band * len(layers), one_by_one, band * len(places))


def _trace(layer: _Layer, board: NDArray[np.int64], terminal: NDArray[np.bool_], index: int) -> dict[str, Any]:
    title, values = layer
    is_open = (board >= 0) & ~terminal[board]
    cells = np.where(is_open, values[board], np.nan)
    within = cells[is_open] if is_open.any() else np.zeros(1)
    text = [["" if np.isnan(value) else f"{value:.2f}" for value in row] for row in cells]
    end = "" if index == 0 else str(index + 1)
    return {
        "type": "heatmap", "z": [rounded(row, 4) for row in cells], "text": text, "texttemplate": "%{text}",
        "colorscale": "Cividis", "showscale": False, "xgap": 1, "ygap": 1, "xaxis": f"x{end}", "yaxis": f"y{end}",
        "zmin": float(within.min()), "zmax": float(within.max()),
        "name": plain(title, 60), "hoverongaps": False,
        "hovertemplate": "row %{y}, column %{x}: %{z:.4g}<extra></extra>",
    }  # fmt: skip


def _layout(
    layers: Sequence[_Layer],
    views: dict[str, NDArray[np.int64]],
    places: Sequence[tuple[int, int]],
    rows: int,
    columns: int,
) -> dict[str, Any]:
    layout: dict[str, Any] = {"margin": {"l": 5, "r": 5, "t": 30, "b": 5}, "annotations": []}
    boards = [(title, caption, board) for title, _ in layers for caption, board in views.items()]
    for index, ((row, column), (title, caption, board)) in enumerate(zip(places, boards, strict=True)):
        end = "" if index == 0 else str(index + 1)
        left, right = column / columns, (column + 1 - 0.06 * (column + 1 < columns)) / columns
        top = 1 - row / rows
        bottom = 1 - (row + 1 - 0.16 * (row + 1 < rows)) / rows
        hidden = {"showticklabels": False, "ticks": "", "tickvals": []}
        across, down = named_axis(range(board.shape[1])), named_axis(range(board.shape[0]))
        layout[f"xaxis{end}"] = {**across, **hidden, "domain": [left, right], "anchor": f"y{end}"}
        layout[f"yaxis{end}"] = {
            **down, **hidden, "range": down["range"][::-1], "domain": [bottom, top], "anchor": f"x{end}",
        }  # fmt: skip
        layout["annotations"].append({
            "text": plain(f"{title}: {caption}", 70), "xref": "paper", "yref": "paper", "x": left, "y": top,
            "xanchor": "left", "yanchor": "bottom", "showarrow": False, "font": {"size": 12},
        })  # fmt: skip
    return layout
