"""Spearman's rank correlation over groups, with a bootstrap interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rewardlab.lab.statistics import Estimate

__all__ = ["grouped_rank_correlation", "rank_correlation"]


def rank_correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Spearman's rho, ties at their mean ranks (Spearman 1904, "The proof and measurement of association").

    Args:
        first: ``[n]`` numbers.
        second: ``[n]`` numbers.

    Returns:
        In [-1, 1]; 0 where one of the two does not vary, for then it orders nothing.

    Example:
        >>> round(rank_correlation(np.array([1.0, 2.0, 4.0]), np.array([0.1, 0.1, 9.0])), 3)
        0.866
    """
    return float(_of_rows(first[None], second[None])[0])


def grouped_rank_correlation(
    groups: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]],
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    resamples: int = 1_000,
) -> Estimate:
    """The mean over groups of the rank correlation within each.

    Numbers of different environments are never compared with each other: a regret of 0.1 is much in one and nothing in
    another. The interval is a percentile bootstrap over the members of each group, for the groups as they are; it says
    nothing of groups that were not looked at.

    Args:
        groups: For each group ``[n]`` numbers and ``[n]`` numbers.
        rng: Draws the resamples.
        level: The nominal coverage.
        resamples: The number of bootstrap draws.

    Returns:
        NaN where there is no group: nothing was ordered.
    """
    if not groups:
        return Estimate(math.nan, math.nan, math.nan, 0)
    value = float(np.mean([rank_correlation(first, second) for first, second in groups]))
    draws = np.zeros(resamples)
    for first, second in groups:
        picks = rng.integers(len(first), size=(resamples, len(first)))
        draws += _of_rows(first[picks], second[picks])
    low, high = np.quantile(draws / len(groups), [(1 - level) / 2, (1 + level) / 2])
    return Estimate(value, float(low), float(high), sum(len(first) for first, _ in groups))


def _of_rows(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each row of ``[m, n]`` numbers with the same row of the other, ``[m]``."""
    from scipy.stats import rankdata

    ranks = [rankdata(values, axis=1) for values in (first, second)]
    ours, theirs = (values - values.mean(axis=1, keepdims=True) for values in ranks)
    size = np.sqrt((ours**2).sum(axis=1) * (theirs**2).sum(axis=1))
    together: NDArray[np.float64] = (ours * theirs).sum(axis=1)
    return np.where(size > 0, together / np.where(size > 0, size, 1.0), 0.0)
