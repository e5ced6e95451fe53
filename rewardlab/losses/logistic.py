"""Scores into probabilities and back: the logistic function, softmax, and their logarithms without a detour.

In ``float32``, sigmoid is exactly 1 from about 16.7 on, so that log(1 - sigmoid(x)) is minus infinity where it should
be -x; and softmax says 0 of a score of 0 beside one of 1000. So what needs a logarithm takes `log_sigmoid`,
`softplus` or `log_softmax`, which know no such places. None of these warns at any number, infinities included.

NaN goes through: these are steps of a computation, and where it came from is for the loss at the end to ask. Half
precision is returned in single. Batches are rows: softmax and its kin work along one axis, the last by default.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rewardlab.errors import BadInput, Problem
from rewardlab.losses.borders import Floats, floats, require_within

__all__ = ["log_sigmoid", "log_softmax", "log_sum_exp", "logit", "sigmoid", "softmax", "softplus"]


def sigmoid(x: ArrayLike) -> Floats:
    """The logistic function, 1 / (1 + exp(-x)): a logit into a probability.

    Args:
        x: Logits, any shape; 0 at minus infinity, 1 at infinity.

    Returns:
        The same shape, in [0, 1].

    Raises:
        BadInput: It is empty or holds no real numbers.

    Example:
        >>> sigmoid([-800.0, 0.0, 800.0])
        array([0. , 0.5, 1. ])
    """
    (logits,) = floats("sigmoid", x=x)
    with np.errstate(under="ignore"):
        # No power of a positive number, so none overflows; and max(small, True) is 1, faster than a choice by np.where.
        small = np.exp(-np.abs(logits))
        return np.asarray(np.maximum(small, logits >= 0) / (1 + small))


def log_sigmoid(x: ArrayLike) -> Floats:
    """The logarithm of `sigmoid`, also where that has become 0: `softplus` of -x, negated.

    Args:
        x: Logits, any shape.

    Returns:
        The same shape, at most 0.

    Raises:
        BadInput: It is empty or holds no real numbers.
    """
    (logits,) = floats("log_sigmoid", x=x)
    return np.asarray(-softplus(-logits))


def softplus(x: ArrayLike) -> Floats:
    """log(1 + exp(x)): a maximum of x and 0 with a rounded corner, and the price of a logit x that should be low.

    Args:
        x: Numbers, any shape; 0 at minus infinity.

    Returns:
        The same shape, at least 0.

    Raises:
        BadInput: It is empty or holds no real numbers.

    Example:
        >>> softplus([-1e4, 0.0, 1e4]).round(4)
        array([0.000e+00, 6.931e-01, 1.000e+04])
    """
    (numbers,) = floats("softplus", x=x)
    with np.errstate(under="ignore"):
        return np.asarray(np.maximum(numbers, 0) + np.log1p(np.exp(-np.abs(numbers))))


def logit(probability: ArrayLike) -> Floats:
    """The inverse of `sigmoid`: log(p / (1 - p)).

    Args:
        probability: Numbers in [0, 1], any shape; minus infinity at 0, infinity at 1.

    Returns:
        The same shape.

    Raises:
        BadInput: One is outside of [0, 1] or NaN, or it is empty or holds no real numbers.

    Example:
        >>> logit([0.0, 0.5, 0.99]).round(5)
        array([   -inf, 0.     , 4.59512])
    """
    (shares,) = floats("logit", probability=probability)
    require_within("logit", 0.0, 1.0, "is it a logit already?", probability=shares)
    # 2 p - 1 is exact near a half, where the two logarithms would cancel.
    lead = 2 * shares - 1
    near = np.abs(lead) < 0.5
    with np.errstate(divide="ignore", under="ignore"):
        return np.asarray(np.where(near, 2 * np.arctanh(lead * near), np.log(shares) - np.log1p(-shares)))


def softmax(scores: ArrayLike, axis: int = -1) -> Floats:
    """Scores into probabilities that sum to 1 along an axis: exp(score) over the sum of them.

    A number added to all scores of a row changes nothing. A score of minus infinity has probability 0, a single one of
    infinity has probability 1.

    Args:
        scores: Numbers of at least one axis.
        axis: Along which the probabilities sum to 1.

    Returns:
        The same shape, in [0, 1].

    Raises:
        BadInput: It is empty, holds no real numbers, has no such axis, or some row has no softmax: all its scores are
            minus infinity, or several are infinite.

    Example:
        >>> softmax([[2.0, 1.0, 0.1], [1000.0, 0.0, 0.0]]).round(3)
        array([[0.659, 0.242, 0.099],
               [1.   , 0.   , 0.   ]])
    """
    (numbers,) = floats("softmax", scores=scores)
    shifted = _from_the_top("softmax", numbers, axis)
    with np.errstate(under="ignore"):
        powers = np.exp(shifted, out=shifted)
        powers /= powers.sum(axis=axis, keepdims=True)
    return powers


def log_softmax(scores: ArrayLike, axis: int = -1) -> Floats:
    """The logarithm of `softmax`, also where that has become 0 or 1. Arguments and errors are those of `softmax`.

    Returns:
        The shape of the scores, at most 0.
    """
    (numbers,) = floats("log_softmax", scores=scores)
    shifted = _from_the_top("log_softmax", numbers, axis)
    shifted -= np.expand_dims(_log_of_sum(shifted, axis), axis)
    return shifted


def log_sum_exp(values: ArrayLike, axis: int = -1) -> Floats:
    """The logarithm of the sum of exp(value) along an axis, without an overflow on the way.

    Args:
        values: Numbers of at least one axis. Minus infinity adds nothing to the sum.
        axis: Which to sum over; it is gone from the result.

    Returns:
        The shape without that axis: minus infinity where all values are, infinity where any is.

    Raises:
        BadInput: It is empty, holds no real numbers, or has no such axis.

    Example:
        >>> log_sum_exp([[1000.0, 1000.0], [0.0, 0.0]]).round(4)
        array([1.0006931e+03, 6.9310000e-01])
    """
    (numbers,) = floats("log_sum_exp", values=values)
    _require_axis("log_sum_exp", numbers, axis)
    top = numbers.max(axis=axis)
    infinite = np.isinf(top)
    origin = np.where(infinite, 0, top)
    with np.errstate(over="ignore", under="ignore"):
        shifted = np.where(np.expand_dims(infinite, axis), 0, numbers - np.expand_dims(origin, axis))
        return np.asarray(np.where(infinite, top, origin + _log_of_sum(shifted, axis)))


def _from_the_top(where: str, scores: Floats, axis: int) -> Floats:
    """A new array: how far each score is from the largest one of its row, so that no power overflows."""
    _require_axis(where, scores, axis)
    top = scores.max(axis=axis, keepdims=True)
    with np.errstate(over="ignore", invalid="ignore"):
        shifted = np.asarray(scores - top)
    if np.isinf(top).any():
        infinite = np.isposinf(scores)
        undefined = np.isneginf(top) | (infinite.sum(axis=axis, keepdims=True) > 1)
        if undefined.any():
            got = f"{np.count_nonzero(undefined)} of {top.size} rows where all are -inf or several are inf"
            raise BadInput(Problem(f"{where}.scores", got, "rows that have a softmax", "mask fewer classes"))
        shifted[infinite] = 0
    return shifted


def _log_of_sum(shifted: Floats, axis: int) -> Floats:
    """The logarithm of the sum of powers, of rows whose largest number is 0; exact where the others add very little."""
    top = np.expand_dims(shifted.argmax(axis=axis), axis)
    with np.errstate(under="ignore"):
        powers = np.exp(shifted)
        # 1 + 1e-17 is 1, so the 1 is left out: log1p(1e-17) is not 0.
        first = np.take_along_axis(powers, top, axis) - 1
        np.put_along_axis(powers, top, 0, axis)
        return np.asarray(np.log1p(powers.sum(axis=axis) + np.squeeze(first, axis)))


def _require_axis(where: str, array: Floats, axis: int) -> None:
    if not isinstance(axis, int | np.integer) or isinstance(axis, bool):
        raise BadInput(Problem(f"{where}.axis", repr(axis), "a whole number"))
    if not -array.ndim <= axis < array.ndim:
        raise BadInput(Problem(f"{where}.axis", f"axis {axis} of an array of shape {array.shape}", "one of its axes"))
