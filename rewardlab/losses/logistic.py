"""From scores to probabilities and their logarithms, exactly at every score, without a warning.

A logit is any number z, and its probability is 1 / (1 + exp(-z)). None of these functions computes an exponential that
could overflow: they use exp(-|z|), and pick what it stands for afterwards. NaN is handed on; the losses refuse it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rewardlab.errors import BadInput, Problem
from rewardlab.losses.borders import Floats, floats, require_within

__all__ = ["log_sigmoid", "log_softmax", "log_sum_exp", "logit", "sigmoid", "softmax", "softplus"]


def sigmoid(x: ArrayLike) -> Floats:
    """The probability of a logit, 1 / (1 + exp(-x)).

    In ``float32`` it is exactly 1 from about 16.7 on and exactly 0 below about -104, in ``float64`` from about 36.7 and
    below about -745: take logarithms by `log_sigmoid`, not of this.

    Args:
        x: Logits of any shape; infinities allowed.

    Returns:
        The same shape, in [0, 1].

    Raises:
        BadInput: It is empty or holds no real numbers.
    """
    (logits,) = floats("sigmoid", x=x)
    with np.errstate(all="ignore"):
        small = np.exp(-np.abs(logits))
        return np.asarray(np.where(logits >= 0, 1, small) / (1 + small), logits.dtype)


def log_sigmoid(x: ArrayLike) -> Floats:
    """The logarithm of `sigmoid`, -ln(1 + exp(-x)). Arguments and errors are those of `sigmoid`."""
    (logits,) = floats("log_sigmoid", x=x)
    with np.errstate(all="ignore"):
        return np.asarray(np.minimum(logits, 0) - np.log1p(np.exp(-np.abs(logits))), logits.dtype)


def softplus(x: ArrayLike) -> Floats:
    """ln(1 + exp(x)), a smooth max(x, 0). Arguments and errors are those of `sigmoid`."""
    (logits,) = floats("softplus", x=x)
    with np.errstate(all="ignore"):
        return np.asarray(np.maximum(logits, 0) + np.log1p(np.exp(-np.abs(logits))), logits.dtype)


def logit(probability: ArrayLike) -> Floats:
    """The logit of a probability, ln(p / (1 - p)); the inverse of `sigmoid`.

    Args:
        probability: Numbers in [0, 1], any shape.

    Returns:
        The same shape; -inf for 0, inf for 1.

    Raises:
        BadInput: A number is outside of [0, 1] or NaN, or it is empty or holds no real numbers.
    """
    (shares,) = floats("logit", probability=probability)
    require_within("logit", 0.0, 1.0, "is it a logit already?", probability=shares)
    with np.errstate(all="ignore"):
        return np.asarray(np.log(shares) - np.log1p(-shares), shares.dtype)


def log_sum_exp(values: ArrayLike, axis: int = -1) -> Floats:
    """Ln of the sum of exp(values), computed around the largest of them.

    Args:
        values: Numbers of any shape, infinities allowed.
        axis: Over which to sum.

    Returns:
        The shape without that axis; -inf if all are -inf.

    Raises:
        BadInput: It is empty, holds no real numbers, or has no such axis.
    """
    (numbers,) = floats("log_sum_exp", values=values)
    _check_axis("log_sum_exp", numbers, axis)
    with np.errstate(all="ignore"):
        largest = numbers.max(axis=axis, keepdims=True)
        anchor = np.where(np.isfinite(largest), largest, 0)
        total = np.log(np.exp(numbers - anchor).sum(axis=axis)) + np.squeeze(anchor, axis=axis)
        return np.asarray(total, numbers.dtype)


def log_softmax(scores: ArrayLike, axis: int = -1) -> Floats:
    """The logarithms of `softmax`: scores - log_sum_exp(scores). Arguments and errors are those of `softmax`."""
    numbers = _scores("log_softmax", scores, axis)
    with np.errstate(all="ignore"):
        shifted = numbers - numbers.max(axis=axis, keepdims=True)
        return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True)), numbers.dtype)


def softmax(scores: ArrayLike, axis: int = -1) -> Floats:
    """Scores as probabilities, exp(score) over their sum; the same for scores that are all shifted by one number.

    Args:
        scores: Numbers of any shape; -inf, which gets probability 0, is allowed beside others.
        axis: Along which the probabilities sum to 1.

    Returns:
        The same shape, in [0, 1].

    Raises:
        BadInput: All scores along the axis are -inf, or one is inf, so that there is no limit; it is empty, holds no
            real numbers, or has no such axis.
    """
    numbers = _scores("softmax", scores, axis)
    with np.errstate(all="ignore"):
        shares = np.exp(numbers - numbers.max(axis=axis, keepdims=True))
        return np.asarray(shares / shares.sum(axis=axis, keepdims=True), numbers.dtype)


def _scores(where: str, scores: ArrayLike, axis: int) -> Floats:
    (numbers,) = floats(where, scores=scores)
    _check_axis(where, numbers, axis)
    if np.isinf(numbers.max(axis=axis)).any():
        got = "a score of inf, or nothing but -inf"
        raise BadInput(Problem(f"{where}.scores", got, "finite scores, or some -inf beside them"))
    return numbers


def _check_axis(where: str, numbers: Floats, axis: int) -> None:
    if not -numbers.ndim <= axis < numbers.ndim:
        got = f"axis {axis} of an array of shape {numbers.shape}"
        raise BadInput(Problem(f"{where}.axis", got, "one of its axes"))
