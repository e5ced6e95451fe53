"""Which of two policies is paid more on average: intervals and tests on returns of episodes, never single episodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Interval", "SampledPair", "SampledReturns", "holm", "mean_interval", "sampled_pair", "surprise"]

CONFIDENCE = 0.95
_ROUNDING = 1e-9
"""Returns that differ by no more than this share of the largest are equal: what is left is rounding."""


@final
@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and where it may lie.

    Attributes:
        value: The mean of the sample.
        low: The lower end.
        high: The upper end.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4g} ({self.low:.4g} to {self.high:.4g})"

    def as_list(self) -> list[float | None]:
        """Value, low, high as JSON data, with None for an end that is not finite."""
        return [end if np.isfinite(end) else None for end in (self.value, self.low, self.high)]


@final
@dataclass(frozen=True, slots=True, eq=False)
class SampledReturns:
    """What one policy got in E episodes.

    Attributes:
        name: The policy.
        proxy: ``[E]`` what it was paid, discounted.
        objective: ``[E]`` what it achieved, discounted.
    """

    name: str
    proxy: NDArray[np.float64]
    objective: NDArray[np.float64]

    def line(self) -> str:
        """Both means in words."""
        return f"{self.name}: paid {mean_interval(self.proxy)}, achieves {mean_interval(self.objective)}"

    def as_dict(self) -> dict[str, Any]:
        """Both means as JSON data."""
        proxy, objective = mean_interval(self.proxy), mean_interval(self.objective)
        return {"policy": self.name, "proxy": proxy.as_list(), "objective": objective.as_list()}


@final
@dataclass(frozen=True, slots=True)
class SampledPair:
    """How two policies compare.

    Attributes:
        first: The policy that may be paid more and achieve less.
        second: The other.
        paid_more: How much more the first is paid.
        achieves_more: How much more the first achieves; negative where it achieves less.
        p_value: How likely such a sample is at most where the first is not paid more or does not achieve less.
    """

    first: str
    second: str
    paid_more: Interval
    achieves_more: Interval
    p_value: float

    def line(self) -> str:
        """The pair in words."""
        return (
            f"{self.first} minus {self.second}: paid {self.paid_more}, achieved {self.achieves_more}; paid more and"
            f" achieving less with p = {self.p_value:.2g}"
        )

    def as_dict(self) -> dict[str, Any]:
        """The pair as JSON data."""
        return {
            "first": self.first,
            "second": self.second,
            "paid_more": self.paid_more.as_list(),
            "achieves_more": self.achieves_more.as_list(),
            "p_value": self.p_value,
        }


def mean_interval(sample: ArrayLike, *, confidence: float = CONFIDENCE) -> Interval:
    """The mean of independent numbers with Student's interval.

    Args:
        sample: ``[E]`` numbers. Of a single one nothing is known but itself: its interval has no ends.
        confidence: The nominal coverage, in (0, 1).
    """
    from scipy.special import stdtrit

    numbers = np.asarray(sample, dtype=np.float64)
    mean, count = float(numbers.mean()), len(numbers)
    if count < 2:
        return Interval(mean, -np.inf, np.inf)
    half = float(stdtrit(count - 1, (1 + confidence) / 2) * numbers.std(ddof=1) / np.sqrt(count))
    return Interval(mean, mean - half, mean + half)


def surprise(differences: ArrayLike, *, scale: float = 0.0) -> float:
    """The p-value of "the mean is not above 0" for paired differences: a one-sided t test that is never too sure.

    A sample without any spread would make the t test certain. It never gets more so here than n fair coins, that is
    2 ** -n, what the sign-flip test of n differences has for its least.

    Args:
        differences: ``[E]`` of independent pairs.
        scale: How large the numbers are of which these are differences; what is rounding beside them counts as 0.
    """
    from scipy.special import stdtr

    numbers = np.asarray(differences, dtype=np.float64)
    numbers = np.where(np.abs(numbers) <= _ROUNDING * scale, 0.0, numbers)
    count, mean = len(numbers), float(numbers.mean())
    if mean <= 0.0 or count < 2:
        return 1.0
    error = float(numbers.std(ddof=1)) / np.sqrt(count)
    tail = 0.0 if error == 0.0 else float(stdtr(count - 1, -mean / error))
    return max(tail, 0.5**count)


def sampled_pair(first: SampledReturns, second: SampledReturns) -> SampledPair:
    """Compare two policies, episode by episode.

    That the first is paid more *and* achieves less is believed no more than the less sure of the two (an
    intersection-union test; Berger 1982, "Multiparameter hypothesis testing and acceptance sampling").

    Args:
        first: E episodes; the i-th may share its chances with the i-th of the other, which makes the test sharper.
        second: As many.
    """
    paid, achieved = first.proxy - second.proxy, first.objective - second.objective
    scales = [float(np.abs([one, other]).max(initial=0.0)) for one, other in _sides(first, second)]
    p_value = max(surprise(paid, scale=scales[0]), surprise(-achieved, scale=scales[1]))
    return SampledPair(first.name, second.name, mean_interval(paid), mean_interval(achieved), p_value)


def holm(p_values: Sequence[float], level: float) -> NDArray[np.bool_]:
    """Which of several findings stand, so that with probability 1 - level none of them is false.

    Holm (1979), "A simple sequentially rejective multiple test procedure".

    Args:
        p_values: One for each question asked, whether answered yes or not.
        level: In (0, 1).

    Returns:
        ``[n]`` bool.
    """
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    passed = values[order] <= level / (len(values) - np.arange(len(values)))
    stands = np.zeros(len(values), dtype=np.bool_)
    stands[order] = np.cumprod(passed).astype(np.bool_)
    return stands


def _sides(
    first: SampledReturns, second: SampledReturns
) -> tuple[tuple[NDArray[np.float64], NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]]:
    return (first.proxy, second.proxy), (first.objective, second.objective)
