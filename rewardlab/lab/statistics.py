"""Statistics over seeds: the interquartile mean and its bootstrap interval.

Agarwal et al. (2021), "Deep reinforcement learning at the edge of the statistical precipice". The interval is a
percentile bootstrap over seeds, with an explicit generator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem

__all__ = ["Estimate", "estimate", "interquartile_mean", "steps_to_threshold"]


@final
@dataclass(frozen=True, slots=True)
class Estimate:
    """A number over seeds.

    Attributes:
        value: The interquartile mean.
        low: The lower end of the interval.
        high: The upper end of the interval.
        count: The seeds that it is made of.
    """

    value: float
    low: float
    high: float
    count: int


def interquartile_mean(scores: ArrayLike, axis: int = -1) -> NDArray[np.float64]:
    """The mean of what is left when a quarter is cut off at each end, rounded down to whole scores.

    As ``scipy.stats.trim_mean(scores, 0.25)``, which rliable uses: of 5 scores the middle 3.

    Args:
        scores: Numbers; at least one along the axis.
        axis: The axis to average over.
    """
    ordered = np.sort(np.moveaxis(np.asarray(scores, dtype=np.float64), axis, -1), axis=-1)
    count = ordered.shape[-1]
    if count == 0:
        raise BadInput(Problem("interquartile_mean", "no scores", "at least one"))
    cut = count // 4
    middle: NDArray[np.float64] = ordered[..., cut : count - cut].mean(axis=-1)
    return middle


def estimate(scores: ArrayLike, rng: np.random.Generator, *, level: float = 0.95, resamples: int = 5_000) -> Estimate:
    """The interquartile mean of one score a seed, with a percentile bootstrap interval.

    With few seeds such intervals are too narrow: see `docs/statistics.md` for the coverage measured.

    Args:
        scores: ``[R]`` finite numbers, R at least 1. With one seed the interval is that score.
        rng: Draws the resamples.
        level: The nominal coverage, in (0, 1).
        resamples: The number of bootstrap draws.
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1 or len(values) == 0 or not np.isfinite(values).all():
        raise BadInput(Problem("scores", f"{values!r}", "[R] finite numbers, one for each seed"))
    drawn = values[rng.integers(len(values), size=(resamples, len(values)))]
    low, high = np.quantile(interquartile_mean(drawn), [(1 - level) / 2, (1 + level) / 2])
    return Estimate(float(interquartile_mean(values)), float(low), float(high), len(values))


def steps_to_threshold(curve: Sequence[Mapping[str, Any]], threshold: float, hold: int = 3) -> int | None:
    """When the policy first achieves a level and keeps it.

    Args:
        curve: The points of a learning curve, in order: each with ``steps`` and ``evaluated``, the mean objective of
            the policy so far, without exploration, in the bare environment.
        threshold: The level.
        hold: How many points in a row must be at or above it, so that one lucky span does not count.

    Returns:
        The steps at the first of those points; None if there is no such row.
    """
    above = [point["evaluated"] >= threshold for point in curve]
    for first in range(len(curve) - hold + 1):
        if all(above[first : first + hold]):
            return int(curve[first]["steps"])
    return None
