"""Numbers over several tasks: seeds are drawn within each task, never across them.

Agarwal et al. (2021), "Deep reinforcement learning at the edge of the statistical precipice". The scores of the tasks
have to be of one scale, such as shares of each task's exact best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem, one_of
from rewardlab.lab.statistics.estimates import Estimate, bootstrap_problems
from rewardlab.lab.statistics.improvement import wins_of
from rewardlab.lab.statistics.interval_kinds import expanded_tail
from rewardlab.lab.statistics.trimmed_mean import finite_scores, interquartile_mean

__all__ = [
    "PerformanceProfile",
    "StratifiedKind",
    "performance_profile",
    "stratified_estimate",
    "stratified_improvement",
]

StratifiedKind = Literal["percentile", "expanded percentile"]
_KINDS = ("percentile", "expanded percentile")


@final
@dataclass(frozen=True, slots=True)
class PerformanceProfile:
    """The share of runs above each level.

    Attributes:
        levels: ``[K]``.
        shares: ``[K]``, in [0, 1]: of the runs of a task, averaged over the tasks.
        low: ``[K]``, the lower ends of the intervals, each on its own: not a band for the whole curve.
        high: ``[K]``, the upper ends.
        count: The seeds of each task.
    """

    levels: NDArray[np.float64]
    shares: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    count: int


def stratified_estimate(
    scores: Sequence[ArrayLike],
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    resamples: int = 5_000,
    kind: StratifiedKind = "expanded percentile",
) -> Estimate:
    """The interquartile mean of all runs of several tasks, with an interval over seeds, for the tasks as they are.

    Args:
        scores: ``[T][R]`` finite numbers: for each task a score a seed, as many seeds in each.
        rng: Draws the resamples.
        level: The nominal coverage, in (0, 1).
        resamples: The number of bootstrap draws.
        kind: "percentile" is what rliable does; "expanded percentile" is wider where seeds are few, by what R seeds of
            each of T tasks leave unknown of the spread (T times R - 1 degrees of freedom).

    Returns:
        Its count is R. Where that is 1 there is no interval, as there is none of one seed alone.

    Raises:
        BadInput: The scores or the settings are something else.
    """
    table = _table(scores, "scores")
    drawn = _drawn(table, rng, resamples, level, kind)
    means = interquartile_mean(drawn.reshape(resamples, -1))
    return _estimate(
        float(interquartile_mean(table.ravel())), _ends(means, table.shape, level, kind), table.shape, kind
    )


def stratified_improvement(
    scores: Sequence[ArrayLike],
    baseline: Sequence[ArrayLike],
    rng: np.random.Generator,
    *,
    paired: bool = True,
    level: float = 0.95,
    resamples: int = 2_000,
    kind: StratifiedKind = "expanded percentile",
) -> Estimate:
    """The probability that a run beats one of the baseline on the same task, averaged over the tasks.

    Args:
        scores: ``[T][R]`` finite numbers, where more is better.
        baseline: ``[T][S]`` finite numbers; paired, S is R and seeds are in the same order.
        rng: Draws the resamples: paired, of seeds with both their scores; else of each side on its own.
        paired: Whether to compare seed by seed, or each with each as rliable does.
        level: The nominal coverage, in (0, 1).
        resamples: The number of bootstrap draws.
        kind: As of `stratified_estimate`. Where one side wins every time on every task the interval is a point, and
            says nothing.

    Returns:
        Everything in [0, 1]; its count is the smaller of R and S. Where that is 1 there is no interval.

    Raises:
        BadInput: The scores or the settings are something else.
    """
    ours, theirs = _table(scores, "scores"), _table(baseline, "baseline")
    if len(ours) != len(theirs) or (paired and ours.shape != theirs.shape):
        expected = "as many tasks and seeds" if paired else "as many tasks"
        raise BadInput(Problem("baseline", f"{theirs.shape} for scores of {ours.shape}", expected))
    if paired:
        means = _drawn(wins_of(ours, theirs, paired=True), rng, resamples, level, kind).mean(axis=(1, 2))
    else:
        drawn = [_drawn(side, rng, resamples, level, kind) for side in (ours, theirs)]
        means = wins_of(drawn[0], drawn[1], paired=False).mean(axis=(1, 2, 3))
    shape = len(ours), min(ours.shape[1], theirs.shape[1])
    ends = np.clip(_ends(means, shape, level, kind), 0.0, 1.0)
    return _estimate(float(wins_of(ours, theirs, paired=paired).mean()), ends, shape, kind)


def performance_profile(
    scores: Sequence[ArrayLike],
    levels: ArrayLike,
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    resamples: int = 2_000,
    kind: StratifiedKind = "expanded percentile",
) -> PerformanceProfile:
    """The share of runs whose score is above each of some levels (the run-score distribution of Agarwal et al. 2021).

    Args:
        scores: ``[T][R]`` finite numbers: for each task a score a seed, as many seeds in each.
        levels: ``[K]`` finite numbers.
        rng: Draws the resamples.
        level: The nominal coverage, in (0, 1).
        resamples: The number of bootstrap draws.
        kind: As of `stratified_estimate`. Where all or no runs are above a level the interval is a point, and says
            nothing.

    Raises:
        BadInput: The scores, levels or settings are something else.
    """
    table, places = _table(scores, "scores"), finite_scores(levels, "levels")
    drawn = np.sort(_drawn(table, rng, resamples, level, kind).reshape(resamples, -1), axis=1)
    runs = drawn.shape[1]
    shares = np.stack([1 - np.searchsorted(row, places, side="right") / runs for row in drawn])
    low, high = _ends(shares, table.shape, level, kind)
    found = (table.ravel() > places[:, None]).mean(axis=1)
    return PerformanceProfile(places, found, low, high, table.shape[1])


def _table(scores: Sequence[ArrayLike], where: str) -> NDArray[np.float64]:
    rows = [finite_scores(row, f"{where}[{task}]") for task, row in enumerate(scores)]
    if len({len(row) for row in rows}) != 1:
        got = f"{[len(row) for row in rows]} seeds" if rows else "no tasks"
        raise BadInput(Problem(where, got, "[T][R], as many in each task", "take the seeds that all tasks have"))
    return np.stack(rows)


def _drawn(
    table: NDArray[np.float64], rng: np.random.Generator, resamples: int, level: float, kind: str
) -> NDArray[np.float64]:
    """Draws ``[B, T, R]`` of seeds with replacement, each task for itself."""
    problems = bootstrap_problems(level, resamples)
    if kind not in _KINDS:
        problems.append(one_of("kind", str(kind), _KINDS, "kind of interval"))
    if problems:
        raise BadInput(*problems)
    picks = rng.integers(table.shape[1], size=(resamples, *table.shape))
    return np.take_along_axis(table[None], picks, axis=2)


def _estimate(value: float, ends: NDArray[np.float64], shape: tuple[int, int], kind: StratifiedKind) -> Estimate:
    """The number with its interval; drawn again, one seed of each task is always the same."""
    seeds = shape[1]
    return Estimate(value, float(ends[0]), float(ends[1]), seeds, kind if seeds > 1 else "none")


def _ends(
    drawn: NDArray[np.float64], shape: tuple[int, ...], level: float, kind: StratifiedKind
) -> NDArray[np.float64]:
    """The lower and the upper end along the first axis."""
    tasks, seeds = shape
    tail = (1 - level) / 2
    if kind == "expanded percentile" and seeds > 1:
        tail = expanded_tail(tail, seeds, tasks * (seeds - 1))
    ends: NDArray[np.float64] = np.quantile(drawn, [tail, 1 - tail], axis=0)
    return ends
