"""How many seeds it takes to see a difference, by simulation from those that are there."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.lab.statistics.interval_coverage import chosen_kind
from rewardlab.lab.statistics.interval_kinds import interval_ends, resampled
from rewardlab.lab.statistics.trimmed_mean import finite_scores, interquartile_mean

__all__ = ["power_of", "seeds_needed"]

_AT_ONCE = 50


def seeds_needed(
    differences: ArrayLike,
    wanted: float,
    rng: np.random.Generator,
    *,
    power: float = 0.8,
    most: int = 200,
    experiments: int = 500,
) -> int | None:
    """The number of seeds from which a difference is seen: the interval of `paired_difference` leaves 0 out.

    Experiments are simulated in which the differences spread as those seen do and the truth is what is wanted, and
    their intervals are made as any others. What comes out is as uncertain as the spread that it rests on: of 5 normal
    differences the standard deviation may be 0.6 times to 2.9 times what it seems, and the number of seeds grows with
    its square. Take it for an order of magnitude, and look again when more seeds are there.

    Args:
        differences: ``[R]`` finite numbers, the differences within seeds seen so far; at least 3, not all alike.
        wanted: The difference to be seen; not 0.
        rng: Draws.
        power: In how many of those experiments it is to be seen, in (0, 1).
        most: The largest number of seeds to try.
        experiments: How many to simulate for each number.

    Returns:
        A number that has the power, to about a tenth of it the smallest; None if ``most`` has it not.

    Raises:
        BadInput: The differences or settings are something else.
    """
    spread = _spread(differences, wanted, power, most, experiments)
    short, enough = 1, min(4, most)
    while power_of(spread, wanted, enough, rng, experiments) < power:
        if enough == most:
            return None
        short, enough = enough, min(2 * enough, most)
    while enough - short > max(1, enough // 10):
        middle = (short + enough) // 2
        if power_of(spread, wanted, middle, rng, experiments) < power:
            short = middle
        else:
            enough = middle
    return enough


def power_of(
    spread: NDArray[np.float64], wanted: float, seeds: int, rng: np.random.Generator, experiments: int
) -> float:
    """The share of simulated experiments whose interval leaves 0 out on the right side.

    Args:
        spread: ``[R]`` differences around 0, to be drawn from.
        wanted: The true difference.
        seeds: In each experiment, at least 2.
        rng: Draws.
        experiments: How many.
    """
    seen = 0
    for first in range(0, experiments, _AT_ONCE):
        count = min(_AT_ONCE, experiments - first)
        scores = abs(wanted) + rng.choice(spread, size=(count, seeds))
        low, _ = interval_ends(chosen_kind(seeds), resampled(scores, rng, 400), 0.95)
        seen += int((low > 0).sum())
    return seen / experiments


def _spread(differences: ArrayLike, wanted: float, power: float, most: int, experiments: int) -> NDArray[np.float64]:
    """The differences around 0, spread by as much more as so few seeds understate it."""
    values = finite_scores(differences, "differences")
    problems = []
    if len(values) < 3 or np.ptp(values) == 0:
        problems.append(Problem("differences", f"{values!r}", "at least 3 numbers that are not all alike"))
    if not (np.isfinite(wanted) and wanted != 0):
        problems.append(Problem("wanted", repr(wanted), "a finite difference other than 0"))
    if not 0 < power < 1:
        problems.append(Problem("power", repr(power), "a number in (0, 1)", "did you mean 0.8?"))
    if most < 2:
        problems.append(Problem("most", repr(most), "at least 2 seeds"))
    if experiments < 1:
        problems.append(Problem("experiments", repr(experiments), "at least 1"))
    if problems:
        raise BadInput(*problems)
    away = np.copysign(1.0, wanted) * (values - interquartile_mean(values))
    spread: NDArray[np.float64] = away * np.sqrt(len(values) / (len(values) - 1))
    return spread
