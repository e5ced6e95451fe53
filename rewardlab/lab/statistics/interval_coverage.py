"""How often intervals over seeds are right, measured, and which kind is taken for that reason.

10,000 simulated experiments for each number, whose true interquartile mean is known; made by
``python -m tests.lab.measure_coverage``; `tests/lab/simulated_scores.py` has the distributions, `docs/statistics.md`
discusses what was found.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from rewardlab.errors import BadInput, Problem
from rewardlab.lab.statistics.interval_kinds import IntervalKind, kind_problems

__all__ = ["DISTRIBUTIONS", "MEASURED", "chosen_kind", "measured_at", "measured_coverage"]

DISTRIBUTIONS = (
    "normal",
    "skewed",
    "success or failure, even",
    "success or failure, 3 in 10 fail",
    "two clusters, 3 in 10 low",
    "half at the best",
    "differences of successes",
)
"""What the scores of a seed were drawn from, in the order of the rows below."""

_NOMINAL = 95.0
_FEWEST = 2
_CAN_BE_INFINITE = "studentised"

# By kind and number of seeds: the share of 95 % intervals that held the truth, in percent.
MEASURED: Mapping[tuple[IntervalKind, int], tuple[float, ...]] = MappingProxyType(
    {
        ("percentile", 2): (50.9, 50.3, 50.2, 41.5, 42.9, 48.9, 45.8),
        ("expanded percentile", 2): (50.9, 50.3, 50.2, 41.5, 42.9, 48.9, 45.8),
        ("BCa", 2): (50.9, 50.3, 50.2, 41.5, 42.9, 48.9, 45.8),
        ("studentised", 2): (100.0, 100.0, 50.2, 41.5, 100.0, 74.9, 57.6),
        ("trimmed t", 2): (94.9, 93.5, 50.2, 41.5, 82.0, 71.1, 57.6),
        ("percentile", 3): (73.9, 73.7, 74.8, 62.5, 63.5, 72.8, 67.5),
        ("expanded percentile", 3): (74.2, 74.0, 74.8, 63.0, 63.9, 73.3, 67.8),
        ("BCa", 3): (71.5, 69.7, 74.8, 63.0, 63.8, 72.4, 67.8),
        ("studentised", 3): (99.8, 99.8, 74.8, 63.0, 99.7, 86.9, 79.2),
        ("trimmed t", 3): (95.0, 93.0, 74.8, 63.0, 77.1, 81.5, 79.4),
        ("percentile", 4): (87.6, 87.4, 87.9, 75.0, 75.3, 86.5, 81.1),
        ("expanded percentile", 4): (87.6, 87.4, 87.9, 75.0, 75.3, 86.5, 81.1),
        ("BCa", 4): (87.5, 87.1, 70.4, 69.1, 75.3, 83.9, 72.7),
        ("studentised", 4): (100.0, 100.0, 37.2, 26.8, 100.0, 69.2, 36.2),
        ("trimmed t", 4): (92.3, 91.1, 37.2, 26.8, 72.9, 64.5, 36.2),
        ("percentile", 5): (89.6, 89.2, 93.7, 79.5, 80.7, 87.4, 84.4),
        ("expanded percentile", 5): (93.8, 93.5, 93.7, 82.3, 84.1, 92.6, 88.6),
        ("BCa", 5): (88.9, 88.7, 62.5, 79.5, 80.7, 83.9, 83.4),
        ("studentised", 5): (99.6, 99.6, 62.5, 44.5, 99.1, 80.4, 59.5),
        ("trimmed t", 5): (92.7, 91.0, 62.5, 44.5, 66.7, 73.9, 59.5),
        ("percentile", 7): (91.5, 90.7, 87.1, 84.8, 84.8, 88.2, 90.1),
        ("expanded percentile", 7): (96.0, 95.9, 98.0, 89.0, 88.8, 94.9, 93.7),
        ("BCa", 7): (91.0, 90.5, 87.1, 87.6, 86.7, 89.1, 87.1),
        ("studentised", 7): (95.0, 94.8, 87.1, 66.6, 78.2, 93.0, 80.4),
        ("trimmed t", 7): (93.9, 92.5, 87.1, 65.9, 68.6, 86.7, 83.1),
        ("percentile", 10): (93.6, 93.4, 93.8, 92.1, 92.4, 92.3, 90.3),
        ("expanded percentile", 10): (96.9, 96.8, 94.9, 95.5, 95.4, 96.2, 96.3),
        ("BCa", 10): (93.0, 93.1, 88.7, 89.6, 92.7, 90.9, 88.4),
        ("studentised", 10): (95.1, 95.1, 88.7, 61.3, 72.3, 93.7, 78.5),
        ("trimmed t", 10): (93.5, 92.7, 88.7, 60.7, 63.1, 85.5, 78.6),
        ("percentile", 20): (94.0, 94.2, 92.8, 91.2, 93.4, 94.0, 92.3),
        ("expanded percentile", 20): (96.0, 96.0, 94.8, 94.5, 94.8, 96.0, 95.4),
        ("BCa", 20): (93.8, 94.0, 94.3, 90.8, 92.9, 93.8, 87.0),
        ("studentised", 20): (94.8, 94.9, 95.3, 56.4, 61.4, 97.7, 78.2),
        ("trimmed t", 20): (93.2, 92.4, 94.9, 55.9, 57.8, 87.9, 77.3),
        ("percentile", 50): (94.7, 94.9, 94.2, 94.0, 94.5, 94.3, 94.5),
        ("expanded percentile", 50): (95.5, 95.6, 94.9, 94.8, 95.3, 95.0, 95.0),
        ("BCa", 50): (94.5, 94.7, 95.0, 87.1, 93.7, 94.4, 91.7),
        ("studentised", 50): (95.7, 95.7, 99.2, 73.6, 75.6, 98.0, 92.0),
        ("trimmed t", 50): (94.8, 94.5, 95.4, 74.1, 76.1, 92.4, 92.1),
    }
)
"""Kind and seeds to the coverage in percent, a number for each of `DISTRIBUTIONS`."""


def measured_at(seeds: int) -> int:
    """The number of seeds whose measurements speak for a number of seeds: the largest that is not larger.

    Args:
        seeds: At least 2.

    Raises:
        BadInput: Fewer, of which nothing can be said.
    """
    if not seeds >= _FEWEST:
        raise BadInput(Problem("seeds", repr(seeds), f"at least {_FEWEST}", "one score says nothing of its spread"))
    return max(measured for _, measured in MEASURED if measured <= seeds)


@cache
def chosen_kind(seeds: int) -> IntervalKind:
    """The kind of interval for a number of seeds: whose measured coverage is nearest to 95 %.

    Nearest in the mean over the distributions, of the kinds whose ends are always finite.

    Args:
        seeds: At least 2.

    Raises:
        BadInput: Fewer.
    """
    at = measured_at(seeds)
    kinds = [kind for kind, measured in MEASURED if measured == at and kind != _CAN_BE_INFINITE]
    return min(kinds, key=lambda kind: sum(abs(share - _NOMINAL) for share in MEASURED[kind, at]))


def measured_coverage(kind: IntervalKind, seeds: int) -> Mapping[str, float]:
    """How often 95 % intervals of a kind held the truth, by what the scores were drawn from.

    Args:
        kind: Of the interval.
        seeds: At least 2; see `measured_at`.

    Returns:
        Distribution to a share in [0, 1].

    Raises:
        BadInput: There is no such kind, or there are fewer seeds.
    """
    problems = kind_problems(kind)
    if problems:
        raise BadInput(*problems)
    shares = MEASURED[kind, measured_at(seeds)]
    return {name: round(share / 100, 4) for name, share in zip(DISTRIBUTIONS, shares, strict=True)}
