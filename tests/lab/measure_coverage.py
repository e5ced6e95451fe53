"""How often does the interval over seeds hold the true interquartile mean? Prints the table of docs/statistics.md.

Run as ``python -m tests.lab.measure_coverage``; it takes about two minutes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rewardlab.lab.statistics import interquartile_mean

__all__ = ["DISTRIBUTIONS", "SEEDS", "measured_coverage"]

Draw = Callable[[np.random.Generator, tuple[int, ...]], NDArray[np.float64]]

DISTRIBUTIONS: dict[str, Draw] = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "skewed (log-normal)": lambda rng, shape: rng.lognormal(size=shape),
    "two points (0 or 1, even)": lambda rng, shape: rng.integers(2, size=shape).astype(np.float64),
    "two points (3 in 10 fail)": lambda rng, shape: (rng.random(shape) < 0.7).astype(np.float64),
}
SEEDS = (5, 10, 20, 50)


def large_sample_mean(draw: Draw) -> float:
    """The interquartile mean of the distribution itself, by one large sample."""
    return float(interquartile_mean(draw(np.random.default_rng(2), (4_000_000,))))


def measured_coverage(draw: Draw, seeds: int, experiments: int, *, resamples: int = 1_000) -> float:
    """The share of simulated experiments whose interval holds the distribution's interquartile mean.

    Args:
        draw: The scores of a number of seeds.
        seeds: In each experiment.
        experiments: How many are simulated.
        resamples: Of the bootstrap, in each experiment.
    """
    truth, rng = large_sample_mean(draw), np.random.default_rng(3)
    held = 0
    for first in range(0, experiments, 100):
        count = min(100, experiments - first)
        scores = draw(rng, (count, seeds))
        low, high = intervals(scores, rng, resamples)
        held += int(((low <= truth + 1e-9) & (truth - 1e-9 <= high)).sum())
    return held / experiments


def intervals(
    scores: NDArray[np.float64], rng: np.random.Generator, resamples: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What `rewardlab.lab.estimate` does, for many experiments ``[E, R]`` at once."""
    experiments, seeds = scores.shape
    drawn = rng.integers(seeds, size=(experiments, resamples, seeds))
    means = interquartile_mean(np.take_along_axis(scores[:, None, :], drawn, axis=2))
    low, high = np.quantile(means, [0.025, 0.975], axis=1)
    return low, high


def main() -> None:
    """Print the table."""
    print("| scores of a seed | " + " | ".join(f"{seeds} seeds" for seeds in SEEDS) + " |")
    print("|---|" + "---:|" * len(SEEDS))
    for name, draw in DISTRIBUTIONS.items():
        shares = [measured_coverage(draw, seeds, 10_000) for seeds in SEEDS]
        print(f"| {name} | " + " | ".join(f"{100 * share:.1f} %" for share in shares) + " |", flush=True)


if __name__ == "__main__":
    main()
