"""The alarms of many streams at once: `first_divergence` for rows, so that rates can be measured in a second."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.divergence import REACH, WINDOWS, comparison_level, comparisons_due, fall_p_value

Streams = NDArray[np.float64]


def first_alarms(paid: Streams, objective: Streams, alpha: float) -> NDArray[np.int64]:
    """The blocks after which the first alarm is given in each of R streams ``[R, n]``; 0 where there is none."""
    falling = np.stack([-paid, objective])
    found = np.zeros(len(paid), dtype=np.int64)
    for count in range(REACH * WINDOWS[0], paid.shape[1] + 1):
        for test, window in comparisons_due(count):
            compared = falling[:, :, count - REACH * window : count]
            p_values = fall_p_value(compared[..., :window], compared[..., -window:]).max(axis=0)
            found = np.where((found == 0) & (p_values <= comparison_level(test, alpha)), count, found)
    return found


def autoregression(noise: Streams, carried: float) -> Streams:
    """Streams ``[R, E]`` in which each value carries that share of the one before."""
    values = np.empty_like(noise)
    now = noise[:, 0] / np.sqrt(1 - carried**2)
    for place in range(noise.shape[1]):
        now = carried * now + noise[:, place] if place else now
        values[:, place] = now
    return values
