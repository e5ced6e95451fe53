"""Cross-entropy of yes and no: from a logit, from a logit with a weight for each class, and from a probability.

All of them are minus the logarithm of the probability of what came true, and all learn the true rate, however rare, if
no class is weighted. From logits they are exact everywhere: at a logit of -200 and a label of 1 the loss is 200 and its
slope -1. A probability clipped to [1e-7, 1 - 1e-7] would make that 16.1 with a slope of 0, so that the most confident
mistakes are no longer learned from. Good (1952), "Rational decisions".

An infinite logit is certainty: it costs nothing where the label agrees, and infinitely much where it does not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rewardlab.errors import BadInput, Problem
from rewardlab.losses.borders import Floats, matched, refuse_not_finite, require_at_least, require_within

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_gradient",
    "cross_entropy_of_probability",
    "cross_entropy_of_probability_gradient",
    "labelled_logits",
    "weighted_binary_cross_entropy",
    "weighted_binary_cross_entropy_gradient",
]

_LABELS = "code the two classes as 0 and 1"


def binary_cross_entropy(predicted: ArrayLike, target: ArrayLike) -> Floats:
    """Cross-entropy of each logit: ``y softplus(-z) + (1 - y) softplus(z)``.

    Args:
        predicted: Logits z, any shape; infinities are allowed.
        target: Labels y of 0 or 1, or probabilities between, the same shape.

    Returns:
        The same shape, at least 0; ln 2 at a logit of 0.

    Raises:
        BadInput: Shapes differ, something is empty, NaN or no number, or a target is outside of [0, 1].

    Example:
        >>> binary_cross_entropy([-200.0, 0.0, 4.6], [1.0, 1.0, 0.0]).round(5)
        array([200.     ,   0.69315,   4.61   ])
    """
    logits, labels = labelled_logits("binary_cross_entropy", predicted, target)
    return _price(logits, labels, 1 - labels, None)


def binary_cross_entropy_gradient(predicted: ArrayLike, target: ArrayLike) -> Floats:
    """Derivative of `binary_cross_entropy` by each logit: ``sigmoid(z) - y``.

    It stays near 1 where the model is sure and wrong; that of the squared error of a probability vanishes there.
    Arguments and errors are those of the loss.
    """
    logits, labels = labelled_logits("binary_cross_entropy_gradient", predicted, target)
    return _slope(logits, labels, 1 - labels)


def weighted_binary_cross_entropy(
    predicted: ArrayLike, target: ArrayLike, positive_weight: float, negative_weight: float = 1.0
) -> Floats:
    """Cross-entropy with a weight for each class: ``w1 y softplus(-z) + w0 (1 - y) softplus(z)``.

    A weight of 19 is worth 19 copies of each positive, noise included. It moves what is learned from the true rate to
    that of the copies; `rewardlab.losses.unweighted_probability` undoes that. The mean of the values divides by their
    number, as under torch's ``pos_weight``, not by the sum of the weights; so a larger weight is a larger learning rate
    too.

    Args:
        predicted: Logits z, any shape; infinities are allowed.
        target: Labels y of 0 or 1, or probabilities between, the same shape. A soft label takes its share of each
            weight.
        positive_weight: What a label of 1 counts, above 0.
        negative_weight: What a label of 0 counts, above 0; where the rare class is coded 0, it is this one to raise.

    Returns:
        The same shape, at least 0.

    Raises:
        BadInput: Shapes differ, something is empty, NaN or no number, a target is outside of [0, 1], or a weight is no
            finite number above 0 of the dtype.

    Example:
        >>> weighted_binary_cross_entropy([-2.0, -2.0], [1.0, 0.0], positive_weight=19.0).round(3)
        array([40.412,  0.127])
    """
    where = "weighted_binary_cross_entropy"
    logits, yes, no = _weighted(where, predicted, target, positive_weight, negative_weight)
    with np.errstate(over="ignore"):
        both = yes + no
    return _price(logits, yes, no, both)


def weighted_binary_cross_entropy_gradient(
    predicted: ArrayLike, target: ArrayLike, positive_weight: float, negative_weight: float = 1.0
) -> Floats:
    """Derivative of `weighted_binary_cross_entropy` by each logit: ``w (sigmoid(z) - y)`` where y is 0 or 1.

    Arguments and errors are those of the loss.
    """
    where = "weighted_binary_cross_entropy_gradient"
    return _slope(*_weighted(where, predicted, target, positive_weight, negative_weight))


def cross_entropy_of_probability(predicted: ArrayLike, target: ArrayLike) -> Floats:
    """Cross-entropy of each probability: ``-y log p - (1 - y) log(1 - p)``.

    To judge forecasts by. A model should learn from logits: a probability that was rounded to 0 or 1 on the way has
    lost what it would have to learn from.

    Args:
        predicted: Probabilities p in [0, 1], any shape.
        target: Labels y of 0 or 1, or probabilities between, the same shape.

    Returns:
        The same shape, at least 0: infinite where what was held impossible came true, 0 where it is certain and right.

    Raises:
        BadInput: Shapes differ, something is empty or no number, or outside of [0, 1].

    Example:
        >>> cross_entropy_of_probability([0.6, 0.99, 0.0], [0.0, 0.0, 0.0]).round(5)
        array([0.91629, 4.60517, 0.     ])
    """
    chances, labels = _labelled_chances("cross_entropy_of_probability", predicted, target)
    with np.errstate(divide="ignore", invalid="ignore", under="ignore"):
        yes = np.where(labels > 0, labels * np.log(chances), 0)
        no = np.where(labels < 1, (1 - labels) * np.log1p(-chances), 0)
        # Both are at most 0; the size of their sum is no negative zero.
        return np.asarray(np.abs(yes + no))


def cross_entropy_of_probability_gradient(predicted: ArrayLike, target: ArrayLike) -> Floats:
    """Derivative of `cross_entropy_of_probability` by each probability: ``(1 - y) / (1 - p) - y / p``.

    At 0 and 1 it is that from within, and infinite where the value is. Arguments and errors are those of the loss.
    """
    chances, labels = _labelled_chances("cross_entropy_of_probability_gradient", predicted, target)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        yes = np.where(labels > 0, labels / chances, 0)
        no = np.where(labels < 1, (1 - labels) / (1 - chances), 0)
        return np.asarray(no - yes)


def labelled_logits(where: str, predicted: ArrayLike, target: ArrayLike) -> tuple[Floats, Floats]:
    """Logits and labels of one shape and dtype.

    Args:
        where: The function that asks.
        predicted: Logits, any shape; infinities are allowed.
        target: Labels in [0, 1], the same shape.

    Raises:
        BadInput: Shapes differ, something is empty, NaN or no number, or a target is outside of [0, 1].
    """
    logits, labels = matched(where, predicted, target)
    refuse_not_finite(where, allow_infinite=True, predicted=logits)
    require_within(where, 0.0, 1.0, _LABELS, target=labels)
    return logits, labels


def _weighted(
    where: str, predicted: ArrayLike, target: ArrayLike, positive_weight: float, negative_weight: float
) -> tuple[Floats, Floats, Floats]:
    """The logits, and what a 1 and a 0 count in each place, all of one dtype."""
    require_at_least(where, 0.0, above=True, positive_weight=positive_weight, negative_weight=negative_weight)
    weights = {"positive_weight": positive_weight, "negative_weight": negative_weight}
    logits, labels = labelled_logits(where, predicted, target)
    with np.errstate(over="ignore", under="ignore"):
        yes, no = (logits.dtype.type(weight) for weight in weights.values())
        for name, weight in (("positive_weight", yes), ("negative_weight", no)):
            if not 0 < weight < np.inf:
                got = f"{weights[name]!r}, which is {weight:g} in {logits.dtype}"
                raise BadInput(Problem(f"{where}.{name}", got, "a number that the dtype of the logits holds"))
        return logits, np.asarray(yes * labels), np.asarray(no * (1 - labels))


def _labelled_chances(where: str, predicted: ArrayLike, target: ArrayLike) -> tuple[Floats, Floats]:
    chances, labels = matched(where, predicted, target)
    require_within(where, 0.0, 1.0, "for logits there is binary_cross_entropy", predicted=chances)
    require_within(where, 0.0, 1.0, _LABELS, target=labels)
    return chances, labels


def _price(logits: Floats, yes: Floats, no: Floats, both: Floats | None) -> Floats:
    """``yes softplus(-z) + no softplus(z)``; ``both`` is the sum of the two factors, None where it is 1.

    The two softplus differ by |z| in one of them, so that one logarithm serves both.
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        # In place: of a large array the memory costs more time than the arithmetic.
        corner = np.asarray(np.abs(logits))
        np.negative(corner, out=corner)
        np.exp(corner, out=corner)
        np.log1p(corner, out=corner)
        if both is not None:
            corner *= both
        values = np.asarray(np.maximum(logits, 0))
        values *= no
        below = np.asarray(np.minimum(logits, 0))
        below *= yes
        values -= below
        values += corner
        if not np.isfinite(values).all():
            # Certainty has met a label that agrees, and infinity times 0 should be 0.
            against = np.where(logits > 0, no, yes)
            values = np.asarray(np.where(against == 0, 0, np.abs(logits) * against) + corner)
    return values


def _slope(logits: Floats, yes: Floats, no: Floats) -> Floats:
    """``no sigmoid(z) - yes sigmoid(-z)``: of a hard label only one of the two is left, and nothing cancels."""
    with np.errstate(over="ignore", under="ignore"):
        small = np.exp(-np.abs(logits))
        # max(small, True) is 1: several times as fast as a choice by np.where.
        return np.asarray((no * np.maximum(small, logits >= 0) - yes * np.maximum(small, logits < 0)) / (1 + small))
