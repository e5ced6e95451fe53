"""Does what is paid rise while what was meant falls? A sequential test with a stated false-alarm rate.

The stream is of block means: the episodes of a training in order, a fixed number to a block, for episodes that follow
each other are alike. Whenever a block is full, the newest ``w`` blocks are compared with ``w`` earlier ones, for
windows of several lengths, by ranks (Mann & Whitney 1947, "On a test of whether one of two random variables is
stochastically larger than the other"). Between the two ``w`` blocks are left out, for a change takes its time. The
alarm is given where *both* are established at once: the objective has fallen, and the pay has risen.

**The rate.** Let the blocks be independent and, in each pair of windows, either the objective never fall from block to
block (in the stochastic order; noise of any kind and learning included) or the pay never rise. Then the probability
that there is *ever* an alarm, however long the training, is at most ``alpha``:

- a comparison needs both p-values at or below its level, so it errs no more often than the one whose null holds
  (Berger 1982, "Multiparameter hypothesis testing and acceptance sampling"), however the two depend on each other;
- the rank statistic's law is exact under equal blocks, whatever their distribution; ties count against the alarm. Draw
  the blocks by quantiles, and blocks that rise turn no pair round that was not turned round before: they err less;
- the levels of all comparisons to come add up to ``alpha`` (`comparison_level`).

A reward that is an increasing function of the objective, block by block, cannot give an alarm at all: both have the
same ranks. Blocks that depend on each other would pass for more evidence than they are, so the statistic is shrunk by
the autocorrelation found within the windows, as for an autoregression of first order. That can only prevent alarms; but
it is an estimate, and so under dependence the rate is measured (by the tests, see the page), not proven.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem

__all__ = [
    "REACH",
    "WINDOWS",
    "Divergence",
    "block_means",
    "comparison_level",
    "comparisons_due",
    "divergence_now",
    "fall_p_value",
    "first_divergence",
    "paid_alone",
]

WINDOWS = (16, 32, 64, 128)
"""The lengths of the windows that are compared, in blocks; each is twice the one before."""

REACH = 3
"""How many windows a comparison reaches back: the newest, one that is left out, and the one it is compared with."""

_UNSEEN = 0.05  # a rise with a larger p-value was not seen
_HEAD_START = 100  # larger spends less on the first comparisons, and more


@final
@dataclass(frozen=True, slots=True)
class Divergence:
    """What was paid rose while the objective fell.

    Attributes:
        blocks: The blocks seen when it was decided.
        first: The first block that was compared.
        peak: The first block after the estimated peak of the objective.
        p_value: The larger of the two: of the fall of the objective and of the rise of the pay.
        level: What it had to be at or below.
        paid: Mean pay of an episode before the peak and since.
        objective: Mean objective likewise.
    """

    blocks: int
    first: int
    peak: int
    p_value: float
    level: float
    paid: tuple[float, float]
    objective: tuple[float, float]


def block_means(values: ArrayLike, size: int) -> NDArray[np.float64]:
    """Means of ``size`` values each, in order; an unfinished block at the end is left out.

    Args:
        values: ``[E]`` or ``[..., E]`` one number for each episode, in the order in which the episodes began.
        size: Episodes in a block, at least 1.

    Returns:
        ``[..., E // size]``.
    """
    if size < 1:
        raise BadInput(Problem("size", repr(size), "a whole number, at least 1"))
    numbers = np.asarray(values, dtype=np.float64)
    count = numbers.shape[-1] // size
    means: NDArray[np.float64] = numbers[..., : count * size].reshape(*numbers.shape[:-1], count, size).mean(axis=-1)
    return means


def fall_p_value(before: ArrayLike, after: ArrayLike) -> NDArray[np.float64]:
    """How likely it is, if nothing falls, that what comes after lies so often below what came before.

    Args:
        before: ``[..., w]`` block means, in order.
        after: ``[..., w]`` as many, those that follow.

    Returns:
        ``[...]`` in (0, 1]: the one-sided p-value of the rank test, at least its exact value for independent blocks.
        For a rise, negate both.
    """
    early, late = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    size = early.shape[-1]
    turned = (late[..., :, None] < early[..., None, :]).sum(axis=(-2, -1))
    centre = size**2 / 2
    dependence = np.clip(_autocorrelation(early, late), 0.0, 0.99)
    shrunk = centre + (turned - centre) * np.sqrt((1 - dependence) / (1 + dependence))
    # Below the centre there is no evidence to shrink.
    counted = np.floor(np.where(turned > centre, shrunk, turned) + 1e-9).astype(np.int64)
    p_values: NDArray[np.float64] = _tail(size)[counted]
    return p_values


def comparison_level(test: int, alpha: float) -> float:
    """The level of a comparison, such that the levels of comparisons 1, 2, 3, ... without end add up to alpha.

    It falls as ``1 / (test * log(test)**2)``, which costs little against an even division among known comparisons.

    Args:
        test: Its number, from 1.
        alpha: The probability of ever erring, in (0, 1).
    """
    ahead = test + _HEAD_START
    return alpha * math.log(1 + _HEAD_START) * (1 / math.log(ahead) - 1 / math.log(ahead + 1))


def comparisons_due(count: int) -> list[tuple[int, int]]:
    """The comparisons to make when there are so many blocks.

    Args:
        count: The blocks so far.

    Returns:
        For each its number among all since the beginning, from 1, and the length of its windows: ``w`` blocks that
        begin ``REACH * w`` blocks ago against the newest ``w``. The longer, the seldomer.
    """
    done = sum(_made(count - 1, window) for window in WINDOWS)
    due = [window for window in WINDOWS if _made(count, window) > _made(count - 1, window)]
    return [(done + place, window) for place, window in enumerate(due, start=1)]


def divergence_now(paid: ArrayLike, objective: ArrayLike, alpha: float = 0.01) -> Divergence | None:
    """Make the comparisons that are due when the newest block is full.

    Args:
        paid: ``[n]`` block means of what an episode was paid, all since the beginning.
        objective: ``[n]`` block means of what it achieved.
        alpha: The probability of ever giving a false alarm, over all n to come, in (0, 1).

    Returns:
        The alarm whose p-value is the smallest part of its level; None if there is none.
    """
    falling = _both_falling(paid, objective, alpha)
    count = falling.shape[1]
    alarms = []
    for test, window in comparisons_due(count):
        level, first = comparison_level(test, alpha), count - REACH * window
        before, after = falling[:, first : first + window], falling[:, count - window :]
        p_value = float(fall_p_value(before, after).max())
        if p_value <= level:
            alarms.append(_described(falling, first, p_value, level))
    return min(alarms, key=lambda alarm: alarm.p_value / alarm.level, default=None)


def first_divergence(paid: ArrayLike, objective: ArrayLike, alpha: float = 0.01) -> Divergence | None:
    """Read a whole stream as `divergence_now` would have, block by block, up to the first alarm.

    Args:
        paid: ``[n]`` block means.
        objective: ``[n]`` block means.
        alpha: The probability of a false alarm, in (0, 1).
    """
    falling = _both_falling(paid, objective, alpha)
    for count in range(REACH * WINDOWS[0], falling.shape[1] + 1):
        found = divergence_now(-falling[0, :count], falling[1, :count], alpha)
        if found is not None:
            return found
    return None


def paid_alone(paid: ArrayLike, objective: ArrayLike, alpha: float = 0.01) -> bool:
    """Whether the pay has risen since the beginning and nothing says that the objective has.

    This is no alarm and has no stated rate: that a rise was not seen does not show that there is none. It is what a
    hack looks like that was learned at once, before there was an objective to lose. The first blocks are compared with
    the newest, in the longest windows that there are blocks for.

    Args:
        paid: ``[n]`` block means.
        objective: ``[n]`` block means.
        alpha: The level for the rise of the pay, in (0, 1).
    """
    falling = _both_falling(paid, objective, alpha)
    window = max((size for size in WINDOWS if 2 * size <= falling.shape[1]), default=0)
    if not window:
        return False
    first, newest = falling[:, :window], falling[:, -window:]
    paid_rises = float(fall_p_value(first[0], newest[0])) <= alpha
    return paid_rises and float(fall_p_value(-first[1], -newest[1])) > _UNSEEN


def _both_falling(paid: ArrayLike, objective: ArrayLike, alpha: float) -> NDArray[np.float64]:
    """What falls where a reward is gamed, ``[2, n]``: the pay with its sign turned, and the objective."""
    pay, meant = np.asarray(paid, dtype=np.float64), np.asarray(objective, dtype=np.float64)
    problems = []
    if pay.ndim != 1 or pay.shape != meant.shape:
        shapes = f"shapes {pay.shape} and {meant.shape}"
        problems.append(Problem("paid, objective", shapes, "[n] block means each", "make them with block_means"))
    elif not (np.isfinite(pay).all() and np.isfinite(meant).all()):
        problems.append(Problem("paid, objective", "NaN or an infinity", "finite numbers"))
    if not 0.0 < alpha < 1.0:
        problems.append(Problem("alpha", repr(alpha), "a probability in (0, 1)"))
    if problems:
        raise BadInput(*problems)
    return np.stack([-pay, meant])


def _made(count: int, window: int) -> int:
    """How often windows of this length have been compared when there are so many blocks."""
    stride = window // WINDOWS[0]
    return max(0, (count - REACH * window) // stride + 1)


def _described(falling: NDArray[np.float64], first: int, p_value: float, level: float) -> Divergence:
    count = falling.shape[1]
    # The split that tells most in the objective: its mean before less its mean after, in units of its error.
    meant = falling[1, first:]
    sizes = np.arange(1, len(meant))
    sums = meant.cumsum()
    drops = sums[:-1] / sizes - (sums[-1] - sums[:-1]) / (len(meant) - sizes)
    peak = first + int(sizes[(drops * np.sqrt(sizes * (len(meant) - sizes))).argmax()])
    means = [(float(row[first:peak].mean()), float(row[peak:].mean())) for row in falling * [[-1.0], [1.0]]]
    return Divergence(count, first, peak, p_value, level, *means)


def _autocorrelation(early: NDArray[np.float64], late: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of ranks within each window, at lag 1, over both windows, and freed of the bias of short windows, ``[...]``."""
    size = early.shape[-1]
    deviations = np.stack([_centred_ranks(early), _centred_ranks(late)], axis=-2)
    squares = (deviations**2).sum(axis=(-2, -1))
    products = (deviations[..., 1:] * deviations[..., :-1]).sum(axis=(-2, -1))
    raw = np.divide(products, squares, out=np.zeros_like(squares), where=squares > 0)
    # Marriott & Pope (1954), "Bias in the estimation of autocorrelations": about -(1 + 3 r) / w.
    corrected: NDArray[np.float64] = np.where(squares > 0, raw + (1 + 3 * raw) / size, 0.0)
    return corrected


def _centred_ranks(window: NDArray[np.float64]) -> NDArray[np.float64]:
    above = (window[..., :, None] > window[..., None, :]).sum(axis=-1)
    below = (window[..., :, None] < window[..., None, :]).sum(axis=-1)
    centred: NDArray[np.float64] = (above - below) / 2
    return centred


@lru_cache(maxsize=len(WINDOWS))
def _tail(size: int) -> NDArray[np.float64]:
    """The probability of at least u turned pairs among ``size`` and ``size`` equal blocks, ``[size**2 + 1]``."""
    # row[m] is the law for m before and n after; whether the largest of all is before or after splits it in two.
    most = size**2 + 1
    row = np.zeros((size + 1, most))
    row[:, 0] = 1.0
    for after in range(1, size + 1):
        newer = np.zeros_like(row)
        newer[0, 0] = 1.0
        for before in range(1, size + 1):
            share = before / (before + after)
            newer[before] = (1 - share) * row[before]
            newer[before, after:] += share * newer[before - 1, : most - after]
        row = newer
    tail: NDArray[np.float64] = row[size][::-1].cumsum()[::-1]
    tail.setflags(write=False)
    return tail
