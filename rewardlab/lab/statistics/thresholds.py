"""How long training takes until it has learned, where some seeds never do.

A seed that has not learned by the end of its budget says that it takes longer, not how long: its time is *censored*.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem

__all__ = ["TimeToThreshold", "steps_to_threshold", "time_to_threshold"]


@final
@dataclass(frozen=True, slots=True)
class TimeToThreshold:
    """When the seeds of a variant got to a level.

    Attributes:
        median: The steps by which half of all seeds have got there (Kaplan & Meier 1958, "Nonparametric estimation from
            incomplete observations"); infinite if fewer have within the budget.
        low: The lower end of its interval (Brookmeyer & Crowley 1982, "A confidence interval for the median survival
            time", with the log-log transformation); infinite if that is beyond the budget.
        high: The upper end, likewise.
        restricted_mean: The mean steps of a seed, up to the budget: the area under the curve of those that are not
            there yet. With one budget for all it is the plain mean where a seed that never got there counts with it.
        budget: The steps of the seed that was watched longest.
        reached: The seeds that got there.
        count: n, the seeds that finished.
        planned: N, the seeds that were planned; None where that is not known.
    """

    median: float
    low: float
    high: float
    restricted_mean: float
    budget: float
    reached: int
    count: int
    planned: int | None = None


def steps_to_threshold(curve: Sequence[Mapping[str, Any]], threshold: float, hold: int = 3) -> int | None:
    """When the policy first achieves a level and keeps it.

    Args:
        curve: The points of a learning curve, in order: each with ``steps`` and ``evaluated``, the mean objective of
            the policy so far, without exploration, in the bare environment.
        threshold: The level.
        hold: How many points in a row must be at or above it, so that one lucky span does not count; at least 1.

    Returns:
        The steps at the first of those points; None if there is no such row.

    Raises:
        BadInput: No point would have to be.
    """
    if hold < 1:
        raise BadInput(Problem("hold", repr(hold), "at least 1 point in a row"))
    above = [point["evaluated"] >= threshold for point in curve]
    for first in range(len(curve) - hold + 1):
        if all(above[first : first + hold]):
            return int(curve[first]["steps"])
    return None


def time_to_threshold(
    steps: Sequence[float | None],
    budgets: Sequence[float],
    *,
    level: float = 0.95,
    planned: int | None = None,
) -> TimeToThreshold:
    """The median time to a level, and the mean up to the budget, of seeds some of which never got there.

    Args:
        steps: For each seed when it got there, such as `steps_to_threshold`; None if it did not.
        budgets: For each seed how long it was watched.
        level: The nominal coverage of the interval, in (0, 1).
        planned: The seeds that were planned, to be kept beside the number of them.

    Raises:
        BadInput: There are no seeds, as many times as budgets are not given, or a number is not positive and finite.

    Example:
        >>> found = time_to_threshold([30, None, 10, 20], [50, 50, 50, 50])
        >>> found.median, found.restricted_mean, found.reached
        (20.0, 27.5, 3)
    """
    times, censored = _checked(steps, budgets, level)
    budget = float(np.max(np.asarray(budgets, dtype=np.float64)))
    from scipy.stats import CensoredData, ecdf

    survival = ecdf(CensoredData(uncensored=times[~censored], right=times[censored])).sf
    left, ends = survival.probabilities, survival.quantiles
    with warnings.catch_warnings():
        # Where all or none are left the variance has no estimate.
        warnings.simplefilter("ignore", RuntimeWarning)
        interval = survival.confidence_interval(level, method="log-log")
    fewest = np.where(left > 0, np.nan_to_num(interval.low.probabilities, nan=1.0), 0.0)
    # None of so many left: the exact upper limit of a share (Clopper & Pearson 1934), half or more of fewer than six.
    none_left = 1 - ((1 - level) / 2) ** (1 / max(1, int((~censored).sum())))
    most = np.where(left > 0, np.nan_to_num(interval.high.probabilities, nan=1.0), none_left)
    spans = np.diff(np.concatenate([[0.0], ends, [budget]]))
    return TimeToThreshold(
        median=_first_below_half(ends, left),
        low=_first_below_half(ends, fewest),
        high=_first_below_half(ends, most),
        restricted_mean=float(np.dot(spans, np.concatenate([[1.0], left]))),
        budget=budget,
        reached=int((~censored).sum()),
        count=len(times),
        planned=planned,
    )


def _first_below_half(ends: NDArray[np.float64], left: NDArray[np.float64]) -> float:
    below = np.flatnonzero(left <= 0.5 + 1e-12)
    return float(ends[below[0]]) if len(below) else math.inf


def _checked(
    steps: Sequence[float | None], budgets: Sequence[float], level: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    problems = []
    if not 0 < level < 1:
        problems.append(Problem("level", repr(level), "a number in (0, 1)", "did you mean 0.95?"))
    if len(steps) != len(budgets) or len(steps) == 0:
        problems.append(Problem("steps", f"{len(steps)} of them, and {len(budgets)} budgets", "as many, at least one"))
    for name, numbers in (("steps", steps), ("budgets", budgets)):
        wrong = [number for number in numbers if number is not None and not 0 < number < math.inf]
        if wrong:
            problems.append(Problem(name, repr(wrong[0]), "a positive finite number"))
    for index, (step, budget) in enumerate(zip(steps, budgets, strict=False)):
        if step is not None and step > budget:
            problems.append(Problem(f"steps[{index}]", repr(step), f"at most its budget, {budget!r}"))
    if problems:
        raise BadInput(*problems)
    censored = np.array([step is None for step in steps])
    times = [budget if step is None else step for step, budget in zip(steps, budgets, strict=True)]
    return np.array(times, dtype=np.float64), censored
