"""Two variants, seed by seed.

The variants of an experiment share the episodes of a seed, so that the difference within a seed says more than the
distance between two intervals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np

from rewardlab.errors import BadInput, Problem
from rewardlab.lab.statistics.estimates import Estimate, estimate
from rewardlab.lab.statistics.improvement import probability_of_improvement

__all__ = ["PairedDifference", "paired_difference"]


@final
@dataclass(frozen=True, slots=True)
class PairedDifference:
    """By how much, and how often, one variant is above another.

    Attributes:
        difference: The interquartile mean of the differences within the seeds, in general not the difference of the
            interquartile means.
        improvement: The probability that a seed is above that of the baseline; a tie counts as half of one.
        seeds: Those that both have, in order.
    """

    difference: Estimate
    improvement: Estimate
    seeds: tuple[int, ...]


def paired_difference(
    scores: Mapping[int, float],
    baseline: Mapping[int, float],
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    resamples: int = 5_000,
    planned: int | None = None,
) -> PairedDifference:
    """Compare two variants over the seeds that both have.

    Args:
        scores: Seed to its score, where more is better.
        baseline: The same of what it is compared with.
        rng: Draws the resamples.
        level: The nominal coverage, in (0, 1).
        resamples: The number of bootstrap draws.
        planned: The seeds that were planned, to be kept beside the number of them.

    Raises:
        BadInput: No seed is in both.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> found = paired_difference({0: 0.9, 1: 0.8, 2: 0.4}, {0: 0.7, 1: 0.6, 3: 0.1}, rng, planned=4)
        >>> round(found.difference.value, 3), found.improvement.value, found.seeds
        (0.2, 1.0, (0, 1))
    """
    seeds = tuple(sorted(set(scores) & set(baseline)))
    if not seeds:
        raise BadInput(Problem("scores", f"seeds {sorted(scores)} and {sorted(baseline)}", "at least one seed in both"))
    ours, theirs = ([side[seed] for seed in seeds] for side in (scores, baseline))
    away = np.subtract(ours, theirs)
    return PairedDifference(
        estimate(away, rng, level=level, resamples=resamples, planned=planned),
        probability_of_improvement(ours, theirs, level=level, planned=planned),
        seeds,
    )
