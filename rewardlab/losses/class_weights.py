"""What a weight on the positive class, or a focal factor, does to the probability that is learned, and how to undo it.

The plain cross-entropy learns the true rate, however rare the class: at a rate of 1 % its minimum is at 0.01. What
misses every rare case is a threshold of 0.5, not that loss. A weight w moves the minimum to w r / (w r + 1 - r), a
focal factor pulls it towards 0.5. So both give scores, not probabilities, until they are undone; that is exact.

Two weights are often confused. The *count ratio*, negatives / positives, answers "how rare is it?" and brings the base
rate to 0.5. The *cost ratio*, cost of a miss / cost of a false alarm, answers "how bad is a miss?" and puts the
cheapest threshold at 0.5. Use one; their product answers no question.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.losses.borders import floats, require_at_least, require_within
from rewardlab.losses.logistic import logit, sigmoid

__all__ = [
    "focal_optimum",
    "positive_weight_from_counts",
    "prior_logit",
    "unfocused_probability",
    "unweighted_probability",
    "weighted_optimum",
]

_BISECTIONS = 64


def positive_weight_from_counts(negatives: int, positives: int) -> float:
    """The weight that makes both classes count alike in total, negatives / positives.

    A place to start from, to be tuned by precision and recall. It moves what is learned at the base rate to 0.5, so
    that outputs are no longer probabilities: at a rate of 1 % and weight 99 an output of 0.5 means 1 %. Undo it with
    `unweighted_probability` before reading them as such.

    Args:
        negatives: Number of cases with label 0, at least 1.
        positives: Number of cases with label 1, at least 1.

    Returns:
        A number above 0.

    Raises:
        BadInput: A count is no whole number of at least 1. Without positives no weight can help: there is nothing to
            weigh.

    Example:
        >>> positive_weight_from_counts(99, 1)
        99.0
    """
    problems = []
    for name, count in (("negatives", negatives), ("positives", positives)):
        if not isinstance(count, int | np.integer) or isinstance(count, bool) or count < 1:
            fix = "without cases of a class there is nothing to weigh; collect some" if count == 0 else ""
            problems.append(
                Problem(f"positive_weight_from_counts.{name}", repr(count), "a whole number of at least 1", fix)
            )
    if problems:
        raise BadInput(*problems)
    return int(negatives) / int(positives)


def weighted_optimum(rate: ArrayLike, positive_weight: float) -> NDArray[np.float64]:
    """Where the weighted cross-entropy is least, if positives occur at this rate: w r / (w r + 1 - r).

    Args:
        rate: Shares of positives in [0, 1], any shape.
        positive_weight: The weight of positives, above 0; that of negatives is 1.

    Returns:
        Probabilities of the same shape, ``float64``.

    Raises:
        BadInput: A rate is outside of [0, 1], or the weight is not above 0.

    Example:
        >>> round(float(weighted_optimum(0.05, 19.0)), 6)
        0.5
    """
    shares = _shares("weighted_optimum", rate=rate)
    require_at_least("weighted_optimum", 0.0, above=True, positive_weight=positive_weight)
    with np.errstate(under="ignore"):
        pull = positive_weight * shares
        return np.asarray(pull / (pull + (1 - shares)))


def unweighted_probability(probability: ArrayLike, positive_weight: float) -> NDArray[np.float64]:
    """The rate that a model trained with a weight means by its output: q / (q + w (1 - q)).

    The inverse of `weighted_optimum`, and the same as subtracting ln w from the logit. Where training did not reach the
    minimum the result is only as good as the training; `calibration_table` tells.

    Args:
        probability: Outputs q in [0, 1], any shape.
        positive_weight: The weight w that the loss gave to positives, above 0; that of negatives was 1.

    Returns:
        Probabilities of the same shape, ``float64``.

    Raises:
        BadInput: A probability is outside of [0, 1], or the weight is not above 0.

    Example:
        >>> round(float(unweighted_probability(0.2, 19.0)), 6)
        0.012987
    """
    shares = _shares("unweighted_probability", probability=probability)
    require_at_least("unweighted_probability", 0.0, above=True, positive_weight=positive_weight)
    with np.errstate(under="ignore"):
        pull = positive_weight * (1 - shares)
        return np.asarray(shares / (shares + pull))


def focal_optimum(rate: ArrayLike, gamma: float) -> NDArray[np.float64]:
    """Where the focal loss without alpha is least, if positives occur at this rate.

    There is one such place, since the loss is convex in the probability for every gamma of at least 0. It is found by
    bisection on the logit to the precision of ``float64``. With alpha, which weighs the classes by alpha and 1 - alpha,
    put ``weighted_optimum(rate, alpha / (1 - alpha))`` in the place of the rate.

    Args:
        rate: Shares of positives in [0, 1], any shape.
        gamma: The exponent of the focal factor, at least 0; at 0 the optimum is the rate itself.

    Returns:
        Probabilities of the same shape, ``float64``.

    Raises:
        BadInput: A rate is outside of [0, 1], or gamma is negative.

    Example:
        >>> round(float(focal_optimum(0.1, 2.0)), 6)
        0.305787
    """
    shares = _shares("focal_optimum", rate=rate)
    require_at_least("focal_optimum", 0.0, gamma=gamma)
    wanted = logit(shares)
    # The logit of the rate is at most (1 + gamma) z + ln(1 + gamma) for z <= 0, and so at most z from -1 downwards;
    # the other side is its mirror image. Hence the root lies within these bounds.
    high = np.where(np.isfinite(wanted), np.maximum(np.abs(wanted), 1.0), 1.0)
    low = -high
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        too_low = _logit_of_rate(middle, gamma) < wanted
        low, high = np.where(too_low, middle, low), np.where(too_low, high, middle)
    found = np.where(np.isfinite(wanted), (low + high) / 2, wanted)
    return np.asarray(sigmoid(found), dtype=np.float64)


def unfocused_probability(probability: ArrayLike, gamma: float) -> NDArray[np.float64]:
    """The rate that a model trained with the focal loss without alpha means by its output; inverse of `focal_optimum`.

    With alpha, undo that afterwards: ``unweighted_probability(result, alpha / (1 - alpha))``. Charoenphakdee et al.
    (2021), "On focal loss for class-posterior probability estimation".

    Args:
        probability: Outputs in [0, 1], any shape.
        gamma: The exponent that the loss had, at least 0.

    Returns:
        Probabilities of the same shape, ``float64``.

    Raises:
        BadInput: A probability is outside of [0, 1], or gamma is negative.

    Example:
        >>> round(float(unfocused_probability(0.305787, 2.0)), 5)
        0.1
    """
    shares = _shares("unfocused_probability", probability=probability)
    require_at_least("unfocused_probability", 0.0, gamma=gamma)
    inside = (shares > 0) & (shares < 1)
    logits = np.asarray(logit(np.where(inside, shares, 0.5)), dtype=np.float64)
    return np.where(inside, sigmoid(_logit_of_rate(logits, gamma)), shares)


def prior_logit(rate: float) -> float:
    """The bias that lets an untrained output begin at the base rate, ln(r / (1 - r)).

    Lin et al. (2017), "Focal loss for dense object detection", begin at a rate of 1 % so that the many easy negatives
    do not drown the first steps.

    Args:
        rate: The share of positives, above 0 and below 1.

    Returns:
        The logit.

    Raises:
        BadInput: The rate is not between 0 and 1.

    Example:
        >>> round(prior_logit(0.01), 14)
        -4.59511985013459
    """
    require_at_least("prior_logit", 0.0, above=True, rate=rate)
    if rate >= 1:
        raise BadInput(Problem("prior_logit.rate", repr(rate), "a number below 1", "1 % is 0.01" if rate > 1 else ""))
    return float(logit(float(rate)))


def _shares(where: str, **given: ArrayLike) -> NDArray[np.float64]:
    (shares,) = floats(where, **given)
    require_within(
        where, 0.0, 1.0, "turn logits into probabilities first: sigmoid(logits)", **dict.fromkeys(given, shares)
    )
    return shares.astype(np.float64)


def _logit_of_rate(output: NDArray[np.float64], gamma: float) -> NDArray[np.float64]:
    """The logit of the rate at which the output of this logit is best: the expected focal loss has slope 0 there."""
    yes, no = sigmoid(output), sigmoid(-output)
    with np.errstate(under="ignore", over="ignore"):
        # Every summand is at least 0, so nothing cancels.
        above = yes + gamma * no * np.logaddexp(0.0, output)
        below = no + gamma * yes * np.logaddexp(0.0, -output)
        return gamma * output + np.log(above) - np.log(below)
