"""How often does an interval over seeds hold the truth? Prints the rows of `interval_coverage` and of the page.

Run as ``python -m tests.lab.measure_coverage``; it takes about an hour of one core. ``-m tests.lab.measure_coverage 5``
measures only 5 seeds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import get_args

import numpy as np

from rewardlab.lab.statistics.interval_kinds import IntervalKind, interval_ends, resampled
from tests.lab.simulated_scores import DISTRIBUTIONS, Draw

__all__ = ["EXPERIMENTS", "KINDS", "SEEDS", "in_percent", "measured_coverage"]

KINDS: tuple[IntervalKind, ...] = get_args(IntervalKind)
SEEDS = (2, 3, 4, 5, 7, 10, 20, 50)
EXPERIMENTS, RESAMPLES, AT_ONCE = 10_000, 1_000, 50


def measured_coverage(
    draw: Draw, seeds: int, experiments: int, *, kinds: Iterable[IntervalKind] = KINDS, resamples: int = RESAMPLES
) -> dict[IntervalKind, float]:
    """For each kind the share of simulated experiments whose 95 % interval holds the true interquartile mean.

    Args:
        draw: The scores of a number of seeds, and the truth.
        seeds: In each experiment.
        experiments: How many are simulated.
        kinds: Those of interest; all are made of the same draws.
        resamples: Of the bootstrap, in each experiment.
    """
    rng = np.random.default_rng([3, seeds])
    held = dict.fromkeys(kinds, 0)
    for first in range(0, experiments, AT_ONCE):
        scores, truth = draw(rng, min(AT_ONCE, experiments - first), seeds)
        sample = resampled(scores, rng, resamples)
        for kind in held:
            low, high = interval_ends(kind, sample, 0.95)
            # An end that is the truth but for rounding holds it.
            held[kind] += int(((low <= truth + 1e-9) & (truth - 1e-9 <= high)).sum())
    return {kind: count / experiments for kind, count in held.items()}


def in_percent(share: float) -> str:
    """A share as the table has it; 9,605 of 10,000, which is a tie, is ``96.0`` there, and 0.961 if it is rounded."""
    return f"{100 * share:.1f}"


def main() -> None:
    """Print a row for each number of seeds and kind: the coverage in percent, a number for each distribution."""
    chosen = tuple(map(int, sys.argv[1:])) or SEEDS
    for seeds in chosen:
        found = [measured_coverage(draw, seeds, EXPERIMENTS) for draw in DISTRIBUTIONS.values()]
        for kind in KINDS:
            row = ", ".join(in_percent(shares[kind]) for shares in found)
            print(f'    ("{kind}", {seeds}): ({row}),', flush=True)


if __name__ == "__main__":
    main()
