"""The Goodhart curve, as a picture and as text: what is achieved against what is paid, by growing pressure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.pressure.under_pressure import GoodhartCurve, UnderPressure
from rewardlab.reports.saved_figure import plain_text, save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_goodhart_curve", "goodhart_figure", "goodhart_text"]

SOFT_COLOUR, ROUNDS_COLOUR, IDEAL_COLOUR = "#0072b2", "#d55e00", "#777777"

_COLUMNS, _LINES = 49, 9


def draw_goodhart_curve(
    answer: UnderPressure, path: Path, *, proxy: str = "proxy", objective: str = "objective"
) -> Path:
    """Write `goodhart_figure` to a file.

    Args:
        answer: What to draw.
        path: A ``.png`` or ``.svg`` file to write.
        proxy: What the proxy is called.
        objective: What the objective is called.

    Returns:
        The path.
    """
    figure = goodhart_figure(answer, proxy=proxy, objective=objective)
    return save_figure(figure, path)


def goodhart_figure(answer: UnderPressure, *, proxy: str = "proxy", objective: str = "objective") -> Figure:
    """Both paths, each reward on a scale with the uniform policy at 0 and its optimum at 1.

    Args:
        answer: What to draw.
        proxy: What the proxy is called.
        objective: What the objective is called.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    axis.plot([0, 1], [0, 1], color=IDEAL_COLOUR, linestyle=":", linewidth=1, label="if one were the other")
    axis.axhline(0, color=IDEAL_COLOUR, linewidth=0.6)
    soft, rounds = _shares(answer, answer.soft), _shares(answer, answer.rounds)
    axis.plot(*soft, color=SOFT_COLOUR, marker=".", linewidth=2, label="soft-optimal policies, hot to cold")
    axis.plot(*rounds, color=ROUNDS_COLOUR, marker="s", markersize=4, linewidth=1, label="rounds of policy iteration")
    _mark(axis, answer, soft)
    axis.set_xlabel(plain_text(f"paid ({proxy}): 0 uniform policy, 1 optimum"))
    axis.set_ylabel(plain_text(f"achieved ({objective}):\n0 uniform policy, 1 optimum"))
    axis.set_xlim(-0.04, 1.04)
    axis.grid(alpha=0.25)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    return figure


def goodhart_text(answer: UnderPressure) -> str:
    """The path of soft-optimal policies as a few lines for a terminal.

    Up the side stands the objective, along the bottom the proxy, on the scales of `goodhart_figure`. ``P`` is where the
    objective peaks, ``S`` where the angle-based bound would stop.
    """
    paid, achieved = _shares(answer, answer.soft)
    low, high = min(0.0, float(achieved.min())), max(1.0, float(achieved.max()))

    def line_of(height: float) -> int:
        return round((high - height) / (high - low) * (_LINES - 1))

    canvas = [[" "] * _COLUMNS for _ in range(_LINES)]
    canvas[line_of(0.0)] = ["-"] * _COLUMNS
    for column, height in enumerate(np.interp(np.linspace(0, 1, _COLUMNS), paid, achieved).tolist()):
        canvas[line_of(height)][column] = "*"
    marks = {"P": answer.soft.peak, "S": answer.stop}
    for letter, index in marks.items():
        if index is not None:
            canvas[line_of(float(achieved[index]))][round(float(paid[index]) * (_COLUMNS - 1))] = letter
    numbers = {line_of(value): f"{value:5.2f}" for value in (low, high, 0.0)}
    lines = [f"{numbers.get(number, ''):>5} |{''.join(line).rstrip()}" for number, line in enumerate(canvas)]
    return "\n".join([*lines, f"{'':>5} 0{'paid, up to its optimum':^{_COLUMNS - 2}}1"])


def _shares(answer: UnderPressure, curve: GoodhartCurve) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both returns of the policies, with the uniform policy at 0 and the optimum at 1; 0 if the two are the same."""
    shares = []
    for number, returns in enumerate((curve.proxy, curve.objective)):
        uniform, optimum = answer.uniform[number], answer.optimum[number]
        negligible = optimum - uniform <= 1e-12 * max(abs(optimum), abs(uniform))
        shares.append(np.zeros(len(returns)) if negligible else (returns - uniform) / (optimum - uniform))
    return shares[0], shares[1]


def _mark(axis: Axes, answer: UnderPressure, soft: tuple[NDArray[np.float64], NDArray[np.float64]]) -> None:
    peak = (soft[0][answer.soft.peak], soft[1][answer.soft.peak])
    axis.plot(
        *peak, color=SOFT_COLOUR, marker="*", markersize=15, linestyle="", label="peak of the objective", zorder=4
    )
    if answer.stop is not None:
        stop = (soft[0][answer.stop], soft[1][answer.stop])
        style = {"marker": "o", "markersize": 13, "markerfacecolor": "none", "markeredgecolor": "black"}
        axis.plot(*stop, linestyle="", label="where the angle-based bound stops", zorder=5, **style)  # type: ignore[arg-type]
