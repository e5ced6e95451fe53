"""Scores drawn from distributions whose interquartile mean is known exactly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import norm

__all__ = ["DISTRIBUTIONS", "Draw"]

Numbers = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int, int], tuple[Numbers, Numbers]]
"""From a generator, E and R to the scores ``[E, R]`` of E experiments with R seeds and the truth of each, ``[E]``."""

QUARTILE = float(norm.ppf(0.75))
CLUSTER_SPREAD = 0.05


def normal(rng: np.random.Generator, experiments: int, seeds: int) -> tuple[Numbers, Numbers]:
    return rng.normal(size=(experiments, seeds)), np.zeros(experiments)


def skewed(rng: np.random.Generator, experiments: int, seeds: int) -> tuple[Numbers, Numbers]:
    """Log-normal: twice the integral of exp over the middle half, which is a normal one moved by 1."""
    truth = 2 * np.exp(0.5) * (norm.cdf(QUARTILE - 1) - norm.cdf(-QUARTILE - 1))
    return rng.lognormal(size=(experiments, seeds)), np.full(experiments, truth)


def successes(least: float, most: float) -> Draw:
    """1 or 0. The chance of 1 is drawn anew for each experiment, uniformly.

    With one chance for all, the truth may stand just where the few values stand that an interval can end at (0.9 where
    3 in 10 fail), and the coverage is then one of those chances, several points off their neighbours' to either side.
    """

    def draw(rng: np.random.Generator, experiments: int, seeds: int) -> tuple[Numbers, Numbers]:
        chance = rng.uniform(least, most, size=experiments)
        scores = (rng.random((experiments, seeds)) < chance[:, None]).astype(np.float64)
        return scores, np.clip(2 * (chance - 0.25), 0.0, 1.0)

    return draw


def clusters(rng: np.random.Generator, experiments: int, seeds: int) -> tuple[Numbers, Numbers]:
    """3 in 10 around 0 and the others around 1."""
    scores = (rng.random((experiments, seeds)) < 0.7) + rng.normal(scale=CLUSTER_SPREAD, size=(experiments, seeds))
    first, last = (float(brentq(lambda x, share=share: _below(x) - share, -1, 2)) for share in (0.25, 0.75))
    return scores, np.full(experiments, 2 * (_mean_below(last) - _mean_below(first)))


def _below(x: float) -> float:
    return float(0.3 * norm.cdf(x / CLUSTER_SPREAD) + 0.7 * norm.cdf((x - 1) / CLUSTER_SPREAD))


def _mean_below(x: float) -> float:
    """The integral of what is below ``x``: of a normal distribution, its mean times its share less its density."""
    at = np.array([x, x - 1]) / CLUSTER_SPREAD
    return float(np.dot([0.3, 0.7], np.array([0, 1]) * norm.cdf(at) - CLUSTER_SPREAD * norm.pdf(at)))


def ceiling(rng: np.random.Generator, experiments: int, seeds: int) -> tuple[Numbers, Numbers]:
    """Half at the best, 1, the others evenly below it: twice (1/4 of a mean of 3/4, and 1/4 of 1)."""
    return np.minimum(1.0, rng.uniform(0, 2, size=(experiments, seeds))), np.full(experiments, 0.875)


def differences(rng: np.random.Generator, experiments: int, seeds: int) -> tuple[Numbers, Numbers]:
    """-1, 0 or 1: of two variants, one succeeds 5 to 6 times in 10 and the other 7.5 to 8.5 times."""
    worse, better = rng.uniform(0.5, 0.6, size=experiments), rng.uniform(0.75, 0.85, size=experiments)
    draws = rng.random((2, experiments, seeds))
    scores = (draws[0] < better[:, None]).astype(np.float64) - (draws[1] < worse[:, None])
    lost, won = worse * (1 - better), better * (1 - worse)
    return scores, 2 * (np.clip(won - 0.25, 0, 0.5) - np.clip(lost - 0.25, 0, 0.5))


DISTRIBUTIONS: dict[str, Draw] = {
    "normal": normal,
    "skewed": skewed,
    "success or failure, even": successes(0.45, 0.55),
    "success or failure, 3 in 10 fail": successes(0.65, 0.75),
    "two clusters, 3 in 10 low": clusters,
    "half at the best": ceiling,
    "differences of successes": differences,
}
