"""From a probability to a decision: what a threshold gains and costs, and where the costs themselves put it.

Training gives a probability, the threshold turns it into a decision; the two are tuned apart. Accuracy judges rare
classes badly: where one case in a thousand is fraud, "never fraud" is right in 99.9 % of all cases and finds none.
Precision and recall see that. A case is flagged if its probability is *at least* the threshold.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.losses.borders import Floats, floats, require_at_least
from rewardlab.losses.labelled_cases import labelled_cases
from rewardlab.losses.number_or_elements import is_number

__all__ = ["ThresholdSweep", "accuracy", "precision", "recall", "threshold_from_costs", "threshold_sweep"]


class ThresholdSweep(NamedTuple):
    """What each threshold does, threshold by threshold; all ``[t]``.

    Attributes:
        thresholds: In the order given, or ascending.
        true_positives: How many flagged cases are positive.
        false_positives: How many flagged cases are negative: the false alarms.
        false_negatives: How many positive cases are not flagged: the misses.
        true_negatives: How many negative cases are not flagged.
        precision: The share of the flagged cases that are positive; NaN where nothing is flagged.
        recall: The share of the positive cases that are flagged; NaN if there is none.
    """

    thresholds: Floats
    true_positives: NDArray[np.int64]
    false_positives: NDArray[np.int64]
    false_negatives: NDArray[np.int64]
    true_negatives: NDArray[np.int64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]

    def cost(self, false_positive_cost: float, false_negative_cost: float) -> NDArray[np.float64]:
        """What the mistakes at each threshold cost together, ``[t]``.

        Args:
            false_positive_cost: Of one false alarm, at least 0.
            false_negative_cost: Of one miss, at least 0, in the same unit.

        Raises:
            BadInput: A cost is negative or no finite number.
        """
        require_at_least("cost", 0.0, false_positive_cost=false_positive_cost, false_negative_cost=false_negative_cost)
        return false_positive_cost * self.false_positives + false_negative_cost * self.false_negatives


def accuracy(probabilities: ArrayLike, targets: ArrayLike, threshold: float = 0.5) -> float:
    """The share of the cases that are decided rightly.

    Args:
        probabilities: Numbers in [0, 1], or flags; any shape.
        targets: The same shape, 0 or 1.
        threshold: From here on a case is flagged.

    Returns:
        A number in [0, 1].

    Raises:
        BadInput: Shapes differ, something is empty or out of its range, or the threshold is no number.

    Example:
        >>> never = [0.0] * 1000
        >>> fraud = [1] + [0] * 999
        >>> accuracy(never, fraud), recall(never, fraud), precision(never, fraud)
        (0.999, 0.0, nan)
    """
    sweep = _at_one_threshold("accuracy", probabilities, targets, threshold)
    right = int(sweep.true_positives[0] + sweep.true_negatives[0])
    return right / (right + int(sweep.false_positives[0] + sweep.false_negatives[0]))


def precision(probabilities: ArrayLike, targets: ArrayLike, threshold: float = 0.5) -> float:
    """The share of the flagged cases that are positive: TP / (TP + FP).

    Args:
        probabilities: Numbers in [0, 1], or flags; any shape.
        targets: The same shape, 0 or 1.
        threshold: From here on a case is flagged.

    Returns:
        A number in [0, 1]; NaN if nothing is flagged, for then there is no such share.

    Raises:
        BadInput: As in `accuracy`.
    """
    return float(_at_one_threshold("precision", probabilities, targets, threshold).precision[0])


def recall(probabilities: ArrayLike, targets: ArrayLike, threshold: float = 0.5) -> float:
    """The share of the positive cases that are flagged: TP / (TP + FN).

    Args:
        probabilities: Numbers in [0, 1], or flags; any shape.
        targets: The same shape, 0 or 1.
        threshold: From here on a case is flagged.

    Returns:
        A number in [0, 1]; NaN if no case is positive, for then there is no such share.

    Raises:
        BadInput: As in `accuracy`.
    """
    return float(_at_one_threshold("recall", probabilities, targets, threshold).recall[0])


def threshold_sweep(
    probabilities: ArrayLike, targets: ArrayLike, thresholds: ArrayLike | None = None
) -> ThresholdSweep:
    """Hits, false alarms and misses as the threshold moves.

    Args:
        probabilities: Numbers in [0, 1], any shape.
        targets: The same shape, 0 or 1.
        thresholds: ``[t]`` numbers, compared in the dtype of the probabilities so that ties stay ties. By default
            each probability that occurs, ascending, and infinity: all that a threshold can do, from flagging every
            case to flagging none.

    Returns:
        One row a threshold.

    Raises:
        BadInput: Shapes differ, something is empty or out of its range, or the thresholds are no row of numbers.

    Example:
        >>> threshold_sweep([0.1, 0.4, 0.4, 0.9], [0, 0, 1, 1]).precision
        array([0.5       , 0.66666667, 1.        ,        nan])
    """
    predicted, positive = labelled_cases("threshold_sweep", probabilities, targets)
    if thresholds is None:
        chosen = np.append(np.unique(predicted), predicted.dtype.type(np.inf))
    else:
        chosen = _in_dtype_of(predicted, _read_thresholds("threshold_sweep", thresholds))
    return _swept(predicted, positive, chosen)


def threshold_from_costs(false_positive_cost: float, false_negative_cost: float) -> float:
    """The threshold that makes decisions cheapest, c_FP / (c_FP + c_FN).

    Flagging a case that is positive with probability p costs (1 - p) c_FP on average, leaving it costs p c_FN; they are
    equal at this p. It is the threshold for a *calibrated* probability of the plain loss. A loss weighted by
    c_FN / c_FP moves the output so that its threshold is 0.5: do one of the two, never both. Elkan (2001), "The
    foundations of cost-sensitive learning".

    Args:
        false_positive_cost: Of a false alarm, at least 0.
        false_negative_cost: Of a miss, at least 0, in the same unit; not both are 0.

    Returns:
        A number in [0, 1].

    Raises:
        BadInput: A cost is negative or no finite number, or both are 0.

    Example:
        >>> threshold_from_costs(1.0, 19.0)
        0.05
    """
    where = "threshold_from_costs"
    require_at_least(where, 0.0, false_positive_cost=false_positive_cost, false_negative_cost=false_negative_cost)
    dearer = max(false_positive_cost, false_negative_cost)
    if dearer == 0:
        raise BadInput(Problem(where, "two costs of 0", "at least one above 0", "without costs any threshold will do"))
    # Only the ratio counts, and two huge costs must not add up to infinity.
    alarm, miss = float(false_positive_cost / dearer), float(false_negative_cost / dearer)
    return alarm / (alarm + miss)


def _at_one_threshold(where: str, probabilities: ArrayLike, targets: ArrayLike, threshold: float) -> ThresholdSweep:
    predicted, positive = labelled_cases(where, probabilities, targets)
    if not is_number(threshold) or np.isnan(threshold):
        got = "a NaN" if is_number(threshold) else repr(threshold)
        raise BadInput(Problem(f"{where}.threshold", got, "a number"))
    return _swept(predicted, positive, _in_dtype_of(predicted, np.array([threshold], dtype=np.float64)))


def _read_thresholds(where: str, thresholds: ArrayLike) -> Floats:
    (chosen,) = floats(where, thresholds=thresholds)
    if chosen.ndim != 1 or np.isnan(chosen).any():
        got = f"shape {chosen.shape}" if chosen.ndim != 1 else "a NaN"
        raise BadInput(Problem(f"{where}.thresholds", got, "numbers in a row"))
    return chosen


def _in_dtype_of(predicted: Floats, thresholds: Floats) -> Floats:
    # One far outside of [0, 1] may be infinite there, and decides the same.
    with np.errstate(over="ignore", under="ignore"):
        return thresholds.astype(predicted.dtype)


def _swept(predicted: Floats, positive: NDArray[np.bool_], thresholds: Floats) -> ThresholdSweep:
    positives, negatives = np.sort(predicted[positive]), np.sort(predicted[~positive])
    missed = np.searchsorted(positives, thresholds, side="left").astype(np.int64)
    passed = np.searchsorted(negatives, thresholds, side="left").astype(np.int64)
    caught, alarms = positives.size - missed, negatives.size - passed
    flagged = caught + alarms
    nothing = np.full(thresholds.shape, np.nan)
    return ThresholdSweep(
        thresholds=thresholds,
        true_positives=caught,
        false_positives=alarms,
        false_negatives=missed,
        true_negatives=passed,
        precision=np.divide(caught, flagged, out=nothing.copy(), where=flagged > 0),
        recall=caught / positives.size if positives.size else nothing,
    )
