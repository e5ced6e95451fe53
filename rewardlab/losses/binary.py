"""Losses of yes or no: binary cross-entropy, plain and weighted, with their derivatives.

A prediction is a logit, and the loss is -ln of the probability that it gives to what was so. Nothing is clipped: at a
logit of -10,000 for a yes the loss is 10,000 and its slope -1, so that whoever is surely wrong still learns. A clipped
probability would cap the loss at about 16.1 and its slope at 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rewardlab.losses.borders import Floats, matched, refuse_not_finite, require_at_least, require_within

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_gradient",
    "cross_entropy_of_probability",
    "cross_entropy_of_probability_gradient",
    "weighted_binary_cross_entropy",
    "weighted_binary_cross_entropy_gradient",
]

_LABELS = "labels are 0 for no and 1 for yes, or a probability between"


def binary_cross_entropy(predicted: ArrayLike, target: ArrayLike) -> Floats:
    """-ln of the probability of what was so, from logits.

    Its best constant is the rate of yes, however rare that is. Good (1952), "Rational decisions".

    Args:
        predicted: Logits of any shape; infinities allowed.
        target: The same shape, in [0, 1].

    Returns:
        The same shape, at least 0; ``inf`` where a logit is infinite and wrong.

    Raises:
        BadInput: Shapes differ, a target is outside of [0, 1], or something is empty, NaN or no number.

    Example:
        >>> binary_cross_entropy([0.0, -10000.0], [1, 1])
        array([6.93147181e-01, 1.00000000e+04])
    """
    logits, labels = _checked("binary_cross_entropy", predicted, target)
    with np.errstate(all="ignore"):
        size = np.abs(logits)
        values = np.log1p(np.exp(-size))
        values += np.multiply(size, np.where(logits >= 0, 1 - labels, labels), out=np.asarray(size))
    return _finished("binary_cross_entropy", values, logits, labels, 1 - labels, labels)


def binary_cross_entropy_gradient(predicted: ArrayLike, target: ArrayLike) -> Floats:
    """Derivative of `binary_cross_entropy` by each logit: probability - target, without cancellation.

    Arguments and errors are those of the loss.
    """
    return weighted_binary_cross_entropy_gradient(predicted, target, 1.0)


def weighted_binary_cross_entropy(
    predicted: ArrayLike, target: ArrayLike, positive_weight: float, negative_weight: float = 1.0
) -> Floats:
    """Binary cross-entropy with a weight on the term of each label.

    ``positive_weight`` multiplies the part of the target that is 1, as ``pos_weight`` does in torch, so 19 is the same as
    19 copies of each yes. The mean divides by the number of examples and not by the sum of the weights: a larger weight
    is also a larger step. It moves the best constant from the rate r to w r / (w r + 1 - r), which
    `rewardlab.losses.unweighted_probability` undoes.

    Args:
        predicted: Logits of any shape; infinities allowed.
        target: The same shape, in [0, 1].
        positive_weight: Of a 1, above 0.
        negative_weight: Of a 0, above 0; for a rare class that is coded 0.

    Returns:
        The same shape, at least 0; ``inf`` where a logit is infinite and wrong.

    Raises:
        BadInput: A weight is not above 0, shapes differ, a target is outside of [0, 1], or something is empty, NaN or no
            number.
    """
    where = "weighted_binary_cross_entropy"
    require_at_least(where, 0.0, above=True, positive_weight=positive_weight, negative_weight=negative_weight)
    logits, labels = _checked(where, predicted, target)
    yes, no = labels * positive_weight, (1 - labels) * negative_weight
    with np.errstate(all="ignore"):
        size = np.abs(logits)
        values = np.asarray((yes + no) * np.log1p(np.exp(-size)) + size * np.where(logits >= 0, no, yes))
    return _finished(where, values, logits, labels, no, yes)


def weighted_binary_cross_entropy_gradient(
    predicted: ArrayLike, target: ArrayLike, positive_weight: float, negative_weight: float = 1.0
) -> Floats:
    """Derivative of `weighted_binary_cross_entropy` by each logit; for a hard label its weight times (p - y).

    Arguments and errors are those of the loss.
    """
    where = "weighted_binary_cross_entropy_gradient"
    require_at_least(where, 0.0, above=True, positive_weight=positive_weight, negative_weight=negative_weight)
    logits, labels = _checked(where, predicted, target)
    refuse_not_finite(where, allow_infinite=True, predicted=logits)
    yes, no = labels * positive_weight, (1 - labels) * negative_weight
    with np.errstate(all="ignore"):
        small = np.exp(-np.abs(logits))
        far = (yes + no) * (small / (1 + small))
        # Far out one of the two is nearly 1; from which side it comes decides what may be subtracted.
        return np.asarray(np.where(logits >= 0, no - far, far - yes), logits.dtype)


def cross_entropy_of_probability(predicted: ArrayLike, target: ArrayLike) -> Floats:
    """Binary cross-entropy of probabilities, for those that are given as such; a model should put out logits.

    Args:
        predicted: Probabilities in [0, 1], any shape.
        target: The same shape, in [0, 1].

    Returns:
        The same shape, at least 0; ``inf`` where a probability is exactly 0 or 1 and wrong.

    Raises:
        BadInput: Shapes differ, a number is outside of [0, 1], or something is empty or no number.
    """
    chance, labels = _checked_probability("cross_entropy_of_probability", predicted, target)
    with np.errstate(all="ignore"):
        yes = np.where(labels == 0, 0, labels * np.log(chance))
        no = np.where(labels == 1, 0, (1 - labels) * np.log1p(-chance))
        return np.abs(np.asarray(yes + no, chance.dtype))


def cross_entropy_of_probability_gradient(predicted: ArrayLike, target: ArrayLike) -> Floats:
    """Derivative of `cross_entropy_of_probability` by each probability: (1 - y) / (1 - p) - y / p.

    Arguments and errors are those of the loss.
    """
    chance, labels = _checked_probability("cross_entropy_of_probability_gradient", predicted, target)
    with np.errstate(all="ignore"):
        yes = np.where(labels == 0, 0, labels / chance)
        no = np.where(labels == 1, 0, (1 - labels) / (1 - chance))
        return np.asarray(no - yes, chance.dtype)


def _checked(where: str, predicted: ArrayLike, target: ArrayLike) -> tuple[Floats, Floats]:
    logits, labels = matched(where, predicted, target)
    require_within(where, 0.0, 1.0, _LABELS, target=labels)
    return logits, labels


def _checked_probability(where: str, predicted: ArrayLike, target: ArrayLike) -> tuple[Floats, Floats]:
    chance, labels = _checked(where, predicted, target)
    require_within(where, 0.0, 1.0, "is it a logit? binary_cross_entropy takes those", predicted=chance)
    return chance, labels


def _finished(where: str, values: Floats, logits: Floats, labels: Floats, no: Floats, yes: Floats) -> Floats:
    """The values, put right where a logit is infinite: right costs nothing, wrong is infinite."""
    if not np.isfinite(values).all():
        refuse_not_finite(where, allow_infinite=True, predicted=logits, target=labels)
        wrong = np.where(logits > 0, no, yes) > 0
        values = np.where(np.isinf(logits), np.where(wrong, np.inf, 0), values).astype(values.dtype)
    return np.asarray(values)
