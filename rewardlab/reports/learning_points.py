"""Learning curves as arrays: of one run, and of the seeds of a variant together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rewardlab.lab.comparison import VariantSummary
from rewardlab.lab.statistics import interquartile_mean
from rewardlab.wrappers.potential_shaping import SHAPING_LINE

__all__ = ["curves_of_seeds", "learning_points", "mean_curve"]

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Environment steps and scores, ``[T]`` each."""


def learning_points(points: Sequence[Mapping[str, Any]], kind: Literal["paid", "objective"]) -> Curve:
    """The curve of one run.

    Args:
        points: Of the result of a run, under ``curve``.
        kind: What to read. Of ``paid`` what shaping added is taken out again, for over an episode it cancels out up to
            its first and last state; what is left is the reward itself.
    """
    steps = np.array([point["steps"] for point in points], dtype=np.float64)
    scores = [
        point["paid"] - point["ledger"].get(SHAPING_LINE, 0.0) if kind == "paid" else point["objective"]
        for point in points
    ]
    return steps, np.array(scores, dtype=np.float64)


def curves_of_seeds(variant: VariantSummary, kind: Literal["paid", "objective"]) -> list[Curve]:
    """The curves of a variant's finished runs; a training that ended before its first episode did has none."""
    return [learning_points(run.result["curve"], kind) for run in variant.runs.values() if run.result["curve"]]


def mean_curve(curves: Sequence[Curve]) -> Curve:
    """The interquartile mean of curves, at every step at which one of them has a point.

    Args:
        curves: At least one; between its points each is taken as straight.
    """
    ends = np.unique(np.concatenate([steps for steps, _ in curves]))
    together = np.stack([np.interp(ends, steps, scores) for steps, scores in curves])
    return ends, np.asarray(interquartile_mean(together, axis=0), dtype=np.float64)
