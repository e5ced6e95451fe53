"""A number over seeds with its interval, of the kind that was measured to be right for that many seeds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from rewardlab.errors import BadInput, Problem
from rewardlab.lab.statistics.interval_coverage import chosen_kind
from rewardlab.lab.statistics.interval_kinds import IntervalKind, interval_ends, kind_problems, resampled
from rewardlab.lab.statistics.short_number import short_number
from rewardlab.lab.statistics.trimmed_mean import finite_scores, interquartile_mean

__all__ = ["Estimate", "bootstrap_problems", "estimate"]


@final
@dataclass(frozen=True, slots=True)
class Estimate:
    """A number over seeds.

    Attributes:
        value: The number, such as the interquartile mean.
        low: The lower end of the interval.
        high: The upper end of the interval.
        count: n, the seeds that it is made of.
        kind: How the interval was made; "none" of one seed, where both ends are the number itself.
        planned: N, the seeds that were planned; None where that is not known.
    """

    value: float
    low: float
    high: float
    count: int
    kind: str = "percentile"
    planned: int | None = None

    def __str__(self) -> str:
        seeds = f"{self.count} seeds" if self.planned is None else f"{self.count} of {self.planned} seeds"
        interval = "" if self.kind == "none" else f" [{short_number(self.low)}, {short_number(self.high)}]"
        return f"{short_number(self.value)}{interval} ({seeds})"


def estimate(
    scores: ArrayLike,
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    resamples: int = 5_000,
    kind: IntervalKind | None = None,
    planned: int | None = None,
    within: tuple[float, float] = (-math.inf, math.inf),
) -> Estimate:
    """The interquartile mean of one score a seed, with an interval.

    Args:
        scores: ``[R]`` finite numbers, R at least 1.
        rng: Draws the resamples.
        level: The nominal coverage, in (0, 1). For how often such intervals are right see `measured_coverage`.
        resamples: The number of bootstrap draws, at least 1.
        kind: How the interval is made; by default `chosen_kind`.
        planned: The seeds that were planned, to be kept beside R.
        within: The least and the most that the scores can be, such as (0, 1) of a share; an interval ends there.

    Raises:
        BadInput: The scores or the settings are something else.

    Example:
        >>> print(estimate([0.2, 0.9, 0.8, 0.7, 0.9], np.random.default_rng(0), planned=5))
        0.8 [0.2, 0.9] (5 of 5 seeds)
    """
    problems = [*bootstrap_problems(level, resamples), *([] if kind is None else kind_problems(kind))]
    if problems:
        raise BadInput(*problems)
    values = finite_scores(scores, "scores")
    value = float(interquartile_mean(values))
    if len(values) == 1:
        return Estimate(value, value, value, 1, "none", planned)
    kind = kind or chosen_kind(len(values))
    low, high = interval_ends(kind, resampled(values[None], rng, resamples), level)
    least, most = within
    return Estimate(value, max(least, float(low[0])), min(most, float(high[0])), len(values), kind, planned)


def bootstrap_problems(level: float, resamples: int) -> list[Problem]:
    """What is wrong with the settings of a bootstrap; empty if nothing is."""
    problems = []
    if not 0 < level < 1:
        problems.append(Problem("level", repr(level), "a number in (0, 1)", "did you mean 0.95?"))
    if not isinstance(resamples, int | np.integer) or resamples < 1:
        problems.append(Problem("resamples", repr(resamples), "a whole number of at least 1"))
    return problems
