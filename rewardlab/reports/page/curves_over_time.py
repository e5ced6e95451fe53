"""The curves of a training, brought onto common steps: those of each seed, and what they are in the middle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.lab.comparison import VariantSummary
from rewardlab.lab.statistics import interquartile_mean
from rewardlab.reports.learning_points import learning_points

__all__ = ["VariantCurves", "ledger_over_time", "variant_curves"]

_POINTS = 60
"""Of a curve; more would not be seen on a chart of this size."""


@final
@dataclass(frozen=True, slots=True)
class VariantCurves:
    """What the training episodes of a variant were paid and achieved.

    Attributes:
        seeds: Those whose training had an episode that ended, R of them.
        steps: ``[T]`` environment steps, common to all.
        paid: ``[R, T]`` per episode, without what shaping added, which cancels out over an episode but for its ends;
            NaN before the first and after the last episode of a seed.
        objective: ``[R, T]`` the same of the objective.
    """

    seeds: tuple[int, ...]
    steps: NDArray[np.float64]
    paid: NDArray[np.float64]
    objective: NDArray[np.float64]

    def middle(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """``[T]`` the interquartile mean over the seeds that have a score there; NaN where none has."""
        present = np.isfinite(scores)
        return np.array(
            [
                float(interquartile_mean(column[here])) if here.any() else np.nan
                for column, here in zip(scores.T, present.T, strict=True)
            ]
        )


def variant_curves(variant: VariantSummary) -> VariantCurves | None:
    """The curves of the finished runs of a variant; None where no training has one."""
    curves = {seed: run.result["curve"] for seed, run in sorted(variant.runs.items()) if run.result["curve"]}
    if not curves:
        return None
    steps = _common_steps(list(curves.values()))
    paid, objective = (
        np.stack([_on(steps, *learning_points(curve, kind)) for curve in curves.values()])
        for kind in ("paid", "objective")
    )
    return VariantCurves(tuple(curves), steps, paid, objective)


def ledger_over_time(variant: VariantSummary) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]] | None:
    """What each line of the ledger added to an episode, on average over the seeds, so that lines still add up.

    Args:
        variant: A variant.

    Returns:
        ``[T]`` steps, and each line's ``[T]`` amounts, over all steps at which every seed has had an episode; None
        where there are none, or no seed has a curve.
    """
    curves = [run.result["curve"] for _, run in sorted(variant.runs.items()) if run.result["curve"]]
    if not curves:
        return None
    steps = _common_steps(curves)
    names = sorted({name for curve in curves for point in curve for name in point["ledger"]})
    lines = {name: np.mean([_on(steps, *_amounts(curve, name)) for curve in curves], axis=0) for name in names}
    # At the edges some seeds have no episode yet, and a mean of the others would be of other agents.
    here = np.isfinite(next(iter(lines.values()))) if lines else np.zeros(len(steps), dtype=bool)
    return (steps[here], {name: amounts[here] for name, amounts in lines.items()}) if here.any() else None


def _common_steps(curves: Sequence[Sequence[Mapping[str, Any]]]) -> NDArray[np.float64]:
    steps = np.unique([float(point["steps"]) for curve in curves for point in curve])
    return steps if len(steps) <= _POINTS else np.linspace(steps[0], steps[-1], _POINTS)


def _on(steps: NDArray[np.float64], there: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.interp(steps, there, scores, left=np.nan, right=np.nan)


def _amounts(curve: Sequence[Mapping[str, Any]], line: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    amounts = [[float(point["steps"]), float(point["ledger"].get(line, 0.0))] for point in curve]
    there, added = np.array(amounts).T
    return there, added
