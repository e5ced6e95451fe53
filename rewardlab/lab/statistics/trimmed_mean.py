"""The interquartile mean of scores, and the standard error that theory gives it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem

__all__ = ["error_of_ordered", "finite_scores", "interquartile_mean", "mean_of_ordered"]


def interquartile_mean(scores: ArrayLike, axis: int = -1) -> NDArray[np.float64]:
    """The mean of what is left when a quarter is cut off at each end, rounded down to whole scores.

    As ``scipy.stats.trim_mean(scores, 0.25)``, which rliable uses: of 5 scores the middle 3. Agarwal et al. (2021),
    "Deep reinforcement learning at the edge of the statistical precipice".

    Args:
        scores: Numbers; at least one along the axis.
        axis: The axis to average over.

    Raises:
        BadInput: There are no scores.
    """
    ordered = np.sort(np.moveaxis(np.asarray(scores, dtype=np.float64), axis, -1), axis=-1)
    if ordered.shape[-1] == 0:
        raise BadInput(Problem("interquartile_mean", "no scores", "at least one"))
    return mean_of_ordered(ordered)


def mean_of_ordered(ordered: NDArray[np.float64]) -> NDArray[np.float64]:
    """The interquartile mean of scores that are in ascending order along the last axis."""
    count = ordered.shape[-1]
    cut = count // 4
    middle: NDArray[np.float64] = ordered[..., cut : count - cut].mean(axis=-1)
    return middle


def error_of_ordered(ordered: NDArray[np.float64]) -> NDArray[np.float64]:
    """The standard error of the interquartile mean, of scores in ascending order along the last axis.

    The standard deviation of the scores, with those that are cut off moved to the nearest that is kept, over the share
    that is kept and the root of their number (Tukey & McLaughlin 1963, "Less vulnerable confidence and significance
    procedures for location based on a single sample"). Of fewer than 4 scores nothing is cut off, and it is that of the
    mean.

    Args:
        ordered: ``[..., R]`` numbers, R at least 2.

    Returns:
        ``[...]``, 0 where the middle half are all alike.
    """
    count = ordered.shape[-1]
    cut = count // 4
    moved = np.clip(ordered, ordered[..., [cut]], ordered[..., [count - cut - 1]])
    error: NDArray[np.float64] = moved.std(axis=-1, ddof=1) * np.sqrt(count) / (count - 2 * cut)
    return error


def finite_scores(scores: ArrayLike, where: str) -> NDArray[np.float64]:
    """One score a seed, as an array.

    Args:
        scores: ``[R]`` finite numbers, R at least 1.
        where: What to call them in the message.

    Raises:
        BadInput: They are something else.
    """
    try:
        values = np.asarray(scores, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput(Problem(where, f"{scores!r}", "[R] finite numbers, one for each seed")) from None
    if values.ndim != 1 or len(values) == 0 or not np.isfinite(values).all():
        raise BadInput(Problem(where, f"{values!r}", "[R] finite numbers, one for each seed"))
    return values
