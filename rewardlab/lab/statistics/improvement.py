"""How probable it is that a run of one variant beats a run of another, and how sure that is.

Agarwal et al. (2021), "Deep reinforcement learning at the edge of the statistical precipice", section 4.3.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.lab.statistics.estimates import Estimate, bootstrap_problems
from rewardlab.lab.statistics.trimmed_mean import finite_scores

__all__ = ["probability_of_improvement", "share_interval", "wins_of"]


def probability_of_improvement(
    scores: ArrayLike, baseline: ArrayLike, *, paired: bool = True, level: float = 0.95, planned: int | None = None
) -> Estimate:
    """The probability that a score is better than one of the baseline; a tie counts as half of one.

    Paired, the two scores are of the same seed, and the interval is `share_interval`. Unpaired, they are any two of
    each, so that it is the statistic of Mann & Whitney over the number of pairs (``scipy.stats.mannwhitneyu``), and the
    interval is one of Newcombe's (2006, "Confidence intervals for an effect size measure based on the Mann-Whitney
    statistic. Part 2", method 5). Unlike a bootstrap, neither is a point where one side wins every time.

    Args:
        scores: ``[R]`` finite numbers, where more is better.
        baseline: ``[S]`` finite numbers; paired, S is R and they are in the order of the same seeds.
        paired: Whether they share their seeds.
        level: The nominal coverage, in (0, 1).
        planned: The seeds that were planned, to be kept beside the number of them.

    Returns:
        Everything in [0, 1]; its count is the smaller of R and S.

    Raises:
        BadInput: The scores are something else.

    Example:
        >>> print(probability_of_improvement([3, 5, 4, 6], [1, 5, 2, 2]))
        0.875 [0.396, 0.987] (4 seeds)
    """
    ours, theirs = finite_scores(scores, "scores"), finite_scores(baseline, "baseline")
    problems = bootstrap_problems(level, 1)
    if paired and len(ours) != len(theirs):
        got = f"{len(ours)} scores and {len(theirs)} of the baseline"
        problems.append(
            Problem("scores", got, "one of each for each seed", "leave out seeds that only one of them has")
        )
    if problems:
        raise BadInput(*problems)
    value = float(wins_of(ours, theirs, paired=paired).mean())
    if paired:
        low, high = share_interval(value, len(ours), level)
        return Estimate(value, low, high, len(ours), "Wilson score", planned)
    low, high = _unpaired_interval(value, len(ours), len(theirs), level)
    return Estimate(value, low, high, min(len(ours), len(theirs)), "Newcombe score", planned)


def wins_of(ours: NDArray[np.float64], theirs: NDArray[np.float64], *, paired: bool) -> NDArray[np.float64]:
    """1 where ours is better, 0.5 where the two are alike, 0 where theirs is.

    Args:
        ours: ``[..., R]``.
        theirs: ``[..., S]``; paired, S is R.
        paired: Whether to compare seed by seed, or each with each.

    Returns:
        ``[..., R]`` paired, else ``[..., R, S]``.
    """
    away = ours - theirs if paired else ours[..., :, None] - theirs[..., None, :]
    won: NDArray[np.float64] = (np.sign(away) + 1) / 2
    return won


def share_interval(share: float, count: int, level: float = 0.95) -> tuple[float, float]:
    """An interval for a share (Wilson 1927, "Probable inference, the law of succession, and statistical inference").

    Halves for ties vary less than the ones and zeros that it takes them for, so that with ties it is too wide and never
    too narrow.

    Args:
        share: What was found, in [0, 1].
        count: Of how many.
        level: The nominal coverage, in (0, 1).
    """
    z = _deviate(level) ** 2 / count
    middle, half = (share + z / 2) / (1 + z), math.sqrt(z * share * (1 - share) + z**2 / 4) / (1 + z)
    return max(0.0, middle - half), min(1.0, middle + half)


def _unpaired_interval(value: float, ours: int, theirs: int, level: float) -> tuple[float, float]:
    """Where the value is as far off as the level allows, by the variance that exponential scores would give it."""
    from scipy.optimize import brentq

    z, others = _deviate(level), (ours + theirs) / 2 - 1

    def excess(truth: float) -> float:
        spread = truth * (1 - truth) * (1 + others * ((1 - truth) / (2 - truth) + truth / (1 + truth)))
        return (value - truth) ** 2 - z**2 * spread / (ours * theirs)

    # Just beside the value, for 0 and 1 are roots themselves where everything is lost or won.
    low = 0.0 if value == 0 else float(brentq(excess, 0.0, value - 1e-12))
    high = 1.0 if value == 1 else float(brentq(excess, value + 1e-12, 1.0))
    return low, high


def _deviate(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))
