"""Five kinds of interval for an interquartile mean, of many experiments at once.

Which of them holds the truth as often as it says depends on the number of seeds, and is measured:
`rewardlab.lab.statistics.interval_coverage`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, final, get_args

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem, one_of
from rewardlab.lab.statistics.trimmed_mean import error_of_ordered, mean_of_ordered

__all__ = ["Ends", "IntervalKind", "Resampled", "expanded_tail", "interval_ends", "kind_problems", "resampled"]

IntervalKind = Literal["percentile", "expanded percentile", "BCa", "studentised", "trimmed t"]
"""How an interval is made; `interval_ends` explains each."""

Ends = tuple[NDArray[np.float64], NDArray[np.float64]]
"""The lower and the upper ends of the intervals of E experiments, ``[E]`` each."""


@final
@dataclass(frozen=True, slots=True)
class Resampled:
    """The scores of some experiments, and their bootstrap draws.

    Attributes:
        scores: ``[E, R]`` in ascending order, R at least 2.
        drawn: ``[E, B, R]`` in ascending order, the scores that each of B draws with replacement picked.
        means: ``[E, B]``, the interquartile mean of each draw, in ascending order.
    """

    scores: NDArray[np.float64]
    drawn: NDArray[np.float64]
    means: NDArray[np.float64]


def resampled(scores: NDArray[np.float64], rng: np.random.Generator, resamples: int) -> Resampled:
    """Draw the seeds of each experiment with replacement.

    Args:
        scores: ``[E, R]`` finite numbers, R at least 2.
        rng: Draws.
        resamples: B, the number of draws.
    """
    experiments, seeds = scores.shape
    picks = rng.integers(seeds, size=(experiments, resamples, seeds))
    drawn = np.take_along_axis(scores[:, None, :], picks, axis=2)
    drawn.sort(axis=2)
    return Resampled(np.sort(scores, axis=1), drawn, np.sort(mean_of_ordered(drawn), axis=1))


def interval_ends(kind: IntervalKind, sample: Resampled, level: float) -> Ends:
    """The intervals of one kind.

    - ``percentile``: quantiles of the draws' means (Efron 1979, "Bootstrap methods: another look at the jackknife").
    - ``expanded percentile``: the same quantiles farther out, by what a t interval is wider than one of the normal
      distribution, and the standard deviation with R - 1 than that with R (Hesterberg 2015, "What teachers should know
      about the bootstrap").
    - ``BCa``: quantiles corrected for bias and for a spread that grows with the mean (Efron 1987, "Better bootstrap
      confidence intervals").
    - ``studentised``: quantiles of the draws' means over their standard errors. Infinite where too many draws have no
      spread.
    - ``trimmed t``: the mean plus and minus its standard error times a quantile of Student's t distribution with as
      many degrees of freedom as scores are kept, less one (Tukey & McLaughlin 1963). Student's own for fewer than 4.

    Args:
        kind: Which.
        sample: Scores and draws.
        level: The nominal coverage, in (0, 1).

    Raises:
        BadInput: There is no such kind.
    """
    problems = kind_problems(kind)
    if problems:
        raise BadInput(*problems)
    return _MAKERS[kind](sample, (1 - level) / 2)


def kind_problems(kind: str) -> list[Problem]:
    """What is wrong with a kind of interval: that there is none of that name; empty if there is."""
    known = get_args(IntervalKind)
    return [] if kind in known else [one_of("kind", str(kind), known, "kind of interval")]


def expanded_tail(tail: float, seeds: int, freedom: int) -> float:
    """The share to leave out at each side of the draws of an expanded percentile interval.

    Args:
        tail: The nominal one, such as 0.025.
        seeds: R, the number that is drawn with replacement.
        freedom: The degrees of freedom that the spread is known with: R - 1 for one sample.
    """
    from scipy.special import ndtr, stdtrit

    return float(ndtr(np.sqrt(seeds / (seeds - 1)) * stdtrit(freedom, tail)))


def _percentile(sample: Resampled, tail: float) -> Ends:
    low, high = np.quantile(sample.means, [tail, 1 - tail], axis=1)
    return low, high


def _expanded(sample: Resampled, tail: float) -> Ends:
    seeds = sample.scores.shape[1]
    return _percentile(sample, expanded_tail(tail, seeds, seeds - 1))


def _bias_corrected(sample: Resampled, tail: float) -> Ends:
    from scipy.special import ndtr, ndtri

    scores, means = sample.scores, sample.means
    found, draws = mean_of_ordered(scores)[:, None], means.shape[1]
    close = 1e-12 * np.abs(scores).max(axis=1, keepdims=True)
    below = ((means < found - close).sum(axis=1) + (means <= found + close).sum(axis=1)) / (2 * draws)
    # A mean beyond all draws would need a quantile that they cannot tell.
    bias = ndtri(np.clip(below, 1 / (draws + 1), draws / (draws + 1)))
    without = np.stack([mean_of_ordered(np.delete(scores, seed, axis=1)) for seed in range(scores.shape[1])], axis=1)
    pull = without.mean(axis=1, keepdims=True) - without
    size = 6 * (pull**2).sum(axis=1) ** 1.5
    acceleration = np.divide((pull**3).sum(axis=1), size, out=np.zeros_like(size), where=size > 0)
    moved = [bias + ndtri(side) for side in (tail, 1 - tail)]
    low, high = (_row_quantiles(means, ndtr(bias + move / (1 - acceleration * move))) for move in moved)
    return low, high


def _studentised(sample: Resampled, tail: float) -> Ends:
    found, error = mean_of_ordered(sample.scores), error_of_ordered(sample.scores)
    away, spread = mean_of_ordered(sample.drawn) - found[:, None], error_of_ordered(sample.drawn)
    close = 1e-12 * np.abs(sample.scores).max(axis=1, keepdims=True)
    away[np.abs(away) <= close] = 0.0
    ratios = np.divide(away, spread, out=np.copysign(np.inf, away), where=spread > close)
    ratios[away == 0] = 0.0
    ratios.sort(axis=1)
    last = ratios.shape[1] - 1
    least, most = ratios[:, int(tail * last)], ratios[:, last - int(tail * last)]
    known = error > 0
    low = np.where(known, found - most * np.where(known, error, 1.0), found)
    high = np.where(known, found - least * np.where(known, error, 1.0), found)
    return low, high


def _trimmed_t(sample: Resampled, tail: float) -> Ends:
    from scipy.special import stdtrit

    seeds = sample.scores.shape[1]
    half = -stdtrit(seeds - 2 * (seeds // 4) - 1, tail) * error_of_ordered(sample.scores)
    found = mean_of_ordered(sample.scores)
    return found - half, found + half


def _row_quantiles(ordered: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each row of ``[E, B]`` ordered numbers the quantile at its own share ``[E]``."""
    places = shares * (ordered.shape[1] - 1)
    below = np.floor(places).astype(np.intp)
    above = np.minimum(below + 1, ordered.shape[1] - 1)
    rows = np.arange(len(ordered))
    low, high = ordered[rows, below], ordered[rows, above]
    # Of two that are alike exactly the same comes out.
    quantiles: NDArray[np.float64] = low + (places - below) * (high - low)
    return quantiles


_MAKERS: Mapping[IntervalKind, Callable[[Resampled, float], Ends]] = {
    "percentile": _percentile,
    "expanded percentile": _expanded,
    "BCa": _bias_corrected,
    "studentised": _studentised,
    "trimmed t": _trimmed_t,
}
