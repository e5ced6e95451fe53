"""A distance estimated from samples, and the interval that a bootstrap gives it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.audit.distances.checks import refuse_if_any, resampling_problems
from rewardlab.audit.distances.pearson import CONSTANT_TOLERANCE
from rewardlab.errors import BadInput, InvalidReward, Problem

__all__ = [
    "SampledCanonical",
    "SampledDistance",
    "TripleReward",
    "Triples",
    "checked_triples",
    "paid",
    "sampled_pearson",
]

TripleReward = Callable[[NDArray[Any], NDArray[Any], NDArray[Any]], ArrayLike]
"""States, actions and next states of B triples in, ``[B]`` numbers out. Triples need not be possible."""

Triples = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
"""States ``[N, ...]``, actions ``[N, ...]`` and next states ``[N, ...]``."""

_LARGEST_BATCH = 1 << 18
_RESAMPLES_AT_ONCE = 64


@final
@dataclass(frozen=True, slots=True)
class SampledDistance:
    """An estimate with a percentile bootstrap interval.

    Attributes:
        value: The distance of the samples as they are, in [0, 1].
        low: The lower end of the interval.
        high: The upper end.
        level: The nominal coverage of the interval.
        samples: The triples (or recorded steps) on which the rewards were compared.
        canonical_samples: The samples of each expectation in the canonical forms; 0 where there is none to sample.
        left_out: Recorded steps that could not be used.
    """

    value: float
    low: float
    high: float
    level: float
    samples: int
    canonical_samples: int
    left_out: int = 0

    def __str__(self) -> str:
        inner = f", {self.canonical_samples} for each expectation" if self.canonical_samples else ""
        inner += f", {self.left_out} left out" if self.left_out else ""
        interval = f"{100 * self.level:g} % interval {self.low:.3f} to {self.high:.3f}"
        return f"{self.value:.3f} ({interval}; {self.samples} samples{inner})"


@final
@dataclass(frozen=True, slots=True)
class SampledCanonical:
    """The canonical form of a reward on N triples: what it pays, and M draws of what is averaged and added.

    Attributes:
        direct: ``[N]`` what is paid for the triples themselves.
        drawn: ``[N, M]``; the form is ``direct + drawn.mean(axis=1)``.
        scale: The size of the numbers that these were computed from.
    """

    direct: NDArray[np.float64]
    drawn: NDArray[np.float64]
    scale: float


def sampled_pearson(
    first: SampledCanonical,
    second: SampledCanonical,
    rng: np.random.Generator,
    *,
    level: float,
    resamples: int,
) -> SampledDistance:
    """The Pearson distance of two sampled canonical forms.

    The bootstrap resamples both the triples and the draws of the expectations, and takes percentiles. For what such an
    interval does not cover see `sampled_epic`.

    Args:
        first: Of one reward.
        second: Of the other, on the same triples and draws.
        rng: Draws the resamples.
        level: The nominal coverage, in (0, 1).
        resamples: The number of bootstrap draws.

    Raises:
        BadInput: The level or the number of resamples is none.
    """
    refuse_if_any(resampling_problems(resamples, level))
    n_triples, n_draws = first.drawn.shape
    value = _distances(first, second, np.ones((n_triples, 1)), np.full((n_draws, 1), 1 / n_draws))[0]
    distances: list[NDArray[np.float64]] = []
    for begin in range(0, resamples, _RESAMPLES_AT_ONCE):
        count = min(_RESAMPLES_AT_ONCE, resamples - begin)
        outer = rng.multinomial(n_triples, np.full(n_triples, 1 / n_triples), size=count).T
        inner = rng.multinomial(n_draws, np.full(n_draws, 1 / n_draws), size=count).T / n_draws
        distances.append(_distances(first, second, outer.astype(np.float64), inner))
    low, high = np.quantile(np.concatenate(distances), [(1 - level) / 2, (1 + level) / 2])
    return SampledDistance(float(value), float(low), float(high), level, n_triples, n_draws)


def paid(reward: TripleReward, name: str, states: Any, actions: Any, next_states: Any) -> NDArray[np.float64]:
    """What a reward pays for B triples, ``[B]``, asked in batches that fit the memory.

    Raises:
        InvalidReward: It returned another shape, NaN or an infinity.
    """
    parts = []
    for begin in range(0, len(states), _LARGEST_BATCH):
        rows = slice(begin, begin + _LARGEST_BATCH)
        amounts = np.asarray(reward(states[rows], actions[rows], next_states[rows]))
        size = len(states[rows])
        if amounts.shape != (size,) or amounts.dtype.kind not in "biuf" or not np.isfinite(amounts).all():
            got = f"{amounts.dtype} of shape {amounts.shape}" if amounts.shape != (size,) else "NaN or an infinity"
            raise InvalidReward(f"reward {name}: got {got}, expected one finite number for each of {size} triples")
        parts.append(amounts.astype(np.float64))
    return np.concatenate(parts)


def checked_triples(coverage: Triples) -> Triples:
    """The three arrays of the coverage sample.

    Raises:
        BadInput: They are not three, differ in length, or are fewer than two.
    """
    if len(coverage) != 3:
        raise BadInput(Problem("coverage", f"{len(coverage)} arrays", "three: states, actions, next states"))
    states, actions, next_states = (np.asarray(part) for part in coverage)
    lengths = {np.shape(part)[:1] for part in (states, actions, next_states)}
    if len(lengths) != 1 or lengths & {(), (0,), (1,)}:
        got = " and ".join(f"{np.shape(part)}" for part in (states, actions, next_states))
        raise BadInput(Problem("coverage", f"shapes {got}", "two triples at least, as many in each array"))
    return states, actions, next_states


def _distances(
    first: SampledCanonical, second: SampledCanonical, outer: NDArray[np.float64], inner: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The Pearson distance under R weightings, ``[N, R]`` of the triples and ``[M, R]`` of the draws; ``[R]``."""
    shares = outer / outer.sum(axis=0)
    one, two = (_directions(form, shares, inner) for form in (first, second))
    distances = np.sqrt((shares * (one - two) ** 2).sum(axis=0)) / 2
    varied = one.any(axis=0).astype(np.int64) + two.any(axis=0)
    # As in direction_distance: two constants are the same, and a constant is as far as can be from all else.
    return np.where(varied == 2, np.minimum(1.0, distances), np.where(varied == 1, 1.0, 0.0))


def _directions(form: SampledCanonical, shares: NDArray[np.float64], inner: NDArray[np.float64]) -> NDArray[np.float64]:
    values = (form.direct[:, None] + form.drawn @ inner) / (form.scale or 1.0)
    deviations = values - (shares * values).sum(axis=0)
    deviations = np.where(shares > 0, deviations, 0.0)
    constant = np.abs(deviations).max(axis=0) <= CONSTANT_TOLERANCE
    lengths = np.sqrt((shares * deviations**2).sum(axis=0))
    return np.where(constant, 0.0, deviations / np.where(constant, 1.0, lengths))
