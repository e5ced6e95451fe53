"""Whether predicted probabilities come true: of the cases scored 20 %, about 20 % should be positive.

Weighted and focal losses break this by design; undo them first (``positive_weight`` here, or
`rewardlab.losses.class_weights`), and then look. A bin with few cases says little, so that each observed rate has an
interval: Wilson (1927), "Probable inference, the law of succession, and statistical inference".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.losses.class_weights import unweighted_probability
from rewardlab.losses.labelled_cases import labelled_cases

__all__ = ["CalibrationRow", "calibration_table", "expected_calibration_error"]

_NORMAL_QUANTILE = 1.959963984540054
"""Of 0.975: the intervals hold in about 95 % of all bins of a calibrated model."""


@final
@dataclass(frozen=True, slots=True)
class CalibrationRow:
    """One bin of probabilities.

    Attributes:
        low: Its lower edge, part of the bin.
        high: Its upper edge, part of the next bin; of the last bin, 1 is part of it.
        count: How many cases fall into it.
        mean_predicted: Their mean probability; NaN in an empty bin.
        observed_rate: The share of them that came true; NaN in an empty bin.
        interval_low: The lower end of the 95 % interval of that rate; NaN in an empty bin.
        interval_high: The upper end; NaN in an empty bin.
    """

    low: float
    high: float
    count: int
    mean_predicted: float
    observed_rate: float
    interval_low: float
    interval_high: float

    @property
    def verdict(self) -> str:
        """How the mean prediction stands to the interval: "agrees", "too low" or "too high"; or "empty"."""
        if self.count == 0:
            return "empty"
        if self.mean_predicted < self.interval_low:
            return "too low"
        return "too high" if self.mean_predicted > self.interval_high else "agrees"


def calibration_table(
    probabilities: ArrayLike, targets: ArrayLike, bins: int = 10, positive_weight: float = 1.0
) -> tuple[CalibrationRow, ...]:
    """Predicted probabilities and what came true, bin by bin.

    Args:
        probabilities: What the model said, in [0, 1], any shape.
        targets: The same shape, 0 or 1.
        bins: How many bins of equal width, at least 1.
        positive_weight: The weight that the loss gave to positives, above 0; it is undone before anything is binned.

    Returns:
        ``bins`` rows from 0 to 1; empty bins are among them, with a count of 0.

    Raises:
        BadInput: Shapes differ, something is empty or out of its range.

    Example:
        >>> [row.count for row in calibration_table([0.2, 0.2, 0.9], [0, 1, 1], bins=2)]
        [2, 1]
    """
    meant, positive, places = _binned("calibration_table", probabilities, targets, bins, positive_weight)
    bins = int(bins)
    counts = np.bincount(places, minlength=bins)
    sums = np.bincount(places, weights=meant, minlength=bins)
    hits = np.bincount(places, weights=positive, minlength=bins)
    return tuple(
        _row(place / bins, (place + 1) / bins, int(counts[place]), float(sums[place]), float(hits[place]))
        for place in range(bins)
    )


def expected_calibration_error(
    probabilities: ArrayLike, targets: ArrayLike, bins: int = 10, positive_weight: float = 1.0
) -> float:
    """The gap between mean prediction and observed rate, averaged over the cases.

    It is above 0 for a calibrated model too, since rates fluctuate, and it depends on the bins; compare it only between
    models judged on the same cases. Naeini et al. (2015), "Obtaining well calibrated probabilities using Bayesian
    binning".

    Args:
        probabilities: What the model said, in [0, 1], any shape.
        targets: The same shape, 0 or 1.
        bins: How many bins of equal width, at least 1.
        positive_weight: The weight that the loss gave to positives, above 0; it is undone first.

    Returns:
        A number in [0, 1].

    Raises:
        BadInput: As in `calibration_table`.

    Example:
        >>> expected_calibration_error([0.25, 0.25, 0.25, 0.25], [1, 0, 1, 0])
        0.25
    """
    meant, positive, places = _binned("expected_calibration_error", probabilities, targets, bins, positive_weight)
    gaps = np.bincount(places, weights=meant - positive, minlength=bins)
    return float(np.abs(gaps).sum() / meant.size)


def _binned(
    where: str, probabilities: ArrayLike, targets: ArrayLike, bins: int, positive_weight: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.intp]]:
    if not isinstance(bins, int | np.integer) or isinstance(bins, bool) or bins < 1:
        raise BadInput(Problem(f"{where}.bins", repr(bins), "a whole number of at least 1"))
    predicted, positive = labelled_cases(where, probabilities, targets)
    meant = unweighted_probability(predicted, positive_weight)
    # Divided, not added up: 0.3 must be the edge that is written as 0.3, which in single precision is another number.
    inner_edges = (np.arange(1, bins) / bins).astype(predicted.dtype)
    return meant, positive, np.searchsorted(inner_edges, meant.astype(predicted.dtype), side="right")


def _row(low: float, high: float, count: int, predicted_sum: float, hits: float) -> CalibrationRow:
    if count == 0:
        return CalibrationRow(low, high, 0, math.nan, math.nan, math.nan, math.nan)
    rate = hits / count
    return CalibrationRow(low, high, count, predicted_sum / count, rate, *_wilson(rate, count))


def _wilson(rate: float, count: int) -> tuple[float, float]:
    """The interval of rates that an observed rate would not surprise, at 95 %."""
    square = _NORMAL_QUANTILE**2 / count
    middle = (rate + square / 2) / (1 + square)
    reach = math.sqrt(square * rate * (1 - rate) + square**2 / 4) / (1 + square)
    # Exactly 0 and 1 at the ends; rounding would leave a crumb there.
    return (0.0 if rate == 0 else middle - reach), (1.0 if rate == 1 else middle + reach)
