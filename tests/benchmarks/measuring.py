"""Measuring sides in turns, so that what disturbs the machine disturbs all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

Clock = Callable[[], float]

WALL: Clock = time.perf_counter
"""For work on several threads."""
CPU: Clock = time.process_time
"""For work on one thread: the time that other processes take does not count."""


@final
@dataclass(frozen=True)
class Side:
    """One of the things compared.

    Attributes:
        name: What stands in the table.
        work: Does one round of work and returns how many units (steps) it was.
    """

    name: str
    work: Callable[[], int]


@final
@dataclass(frozen=True)
class Rates:
    """Units a second of one side, round by round."""

    name: str
    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle round."""
        return statistics.median(self.rounds)

    def over(self, peer: Rates) -> tuple[float, float, float]:
        """The median of the rounds' ratios to a peer's, and the lowest and the highest."""
        ratios = [ours / theirs for ours, theirs in zip(self.rounds, peer.rounds, strict=True)]
        return statistics.median(ratios), min(ratios), max(ratios)


def in_turns(sides: Sequence[Side], *, rounds: int, clock: Clock) -> list[Rates]:
    """Measure the sides one after the other, again and again: A B C A B C.

    Args:
        sides: Each does its work once more beforehand, to warm up.
        rounds: How often each is measured.
        clock: `WALL` or `CPU`.
    """
    for side in sides:
        side.work()
    measured: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        for side, rates in zip(sides, measured, strict=True):
            before = clock()
            units = side.work()
            rates.append(units / (clock() - before))
    return [Rates(side.name, tuple(rates)) for side, rates in zip(sides, measured, strict=True)]
