"""Losses of a predicted number: squared, absolute and Huber's error, element by element, with their derivatives.

The error is always predicted - target. The caller reduces, as in ``squared_error(predicted, target).mean()``; the
derivative of that mean is ``squared_error_gradient(predicted, target) / n``.

What the three are for: the constant that costs least is the mean under squared error, any median under absolute error,
and something between under Huber's. It is the *slope* that says how hard a record pulls: 2e, the sign of e, and e cut
off at delta. The share of the cost says less; one outlier owns nearly all of it under each of the three.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rewardlab.losses.borders import Floats, require_at_least
from rewardlab.losses.difference import difference

__all__ = [
    "absolute_error",
    "absolute_error_gradient",
    "huber",
    "huber_gradient",
    "squared_error",
    "squared_error_gradient",
]


def squared_error(predicted: ArrayLike, target: ArrayLike) -> Floats:
    """Each error squared: the loss that learns the mean.

    Args:
        predicted: Finite numbers, any shape.
        target: The same shape.

    Returns:
        The same shape; ``inf`` where a square is larger than the dtype can hold.

    Raises:
        BadInput: Shapes differ, or something is empty, not finite or no number.

    Example:
        >>> float(squared_error([26.0, 34.0], [30.0, 30.0]).mean())
        16.0
    """
    error = difference("squared_error", predicted, target)
    with np.errstate(all="ignore"):
        return np.multiply(error, error, out=error)


def squared_error_gradient(predicted: ArrayLike, target: ArrayLike) -> Floats:
    """Derivative of `squared_error` by each prediction: twice the error. Arguments and errors are those of the loss."""
    error = difference("squared_error_gradient", predicted, target)
    with np.errstate(all="ignore"):
        return np.multiply(error, 2, out=error)


def absolute_error(predicted: ArrayLike, target: ArrayLike) -> Floats:
    """The size of each error: the loss that learns a median.

    Args:
        predicted: Finite numbers, any shape.
        target: The same shape.

    Returns:
        The same shape.

    Raises:
        BadInput: Shapes differ, or something is empty, not finite or no number.
    """
    error = difference("absolute_error", predicted, target)
    return np.abs(error, out=error)


def absolute_error_gradient(predicted: ArrayLike, target: ArrayLike) -> Floats:
    """Derivative of `absolute_error` by each prediction: the sign of the error, and 0 where there is none.

    At an error of 0 there is no derivative; 0 is the subgradient that leaves a right answer alone, and torch's choice.
    Arguments and errors are those of the loss.
    """
    error = difference("absolute_error_gradient", predicted, target)
    return np.sign(error, out=error)


def huber(predicted: ArrayLike, target: ArrayLike, delta: float) -> Floats:
    """Half the squared error up to ``delta``, and from there on a straight line of slope ``delta``.

    ``0.5 e**2`` where ``|e| <= delta``, else ``delta (|e| - delta / 2)``: value and slope agree where they meet. It is
    the slope that is bounded; the cost itself still grows. Huber (1964), "Robust estimation of a location parameter".

    Args:
        predicted: Finite numbers, any shape.
        target: The same shape.
        delta: Where the line begins, in the unit of the error, above 0: about where the tail of honest errors begins.

    Returns:
        The same shape.

    Raises:
        BadInput: Shapes differ, something is empty, not finite or no number, or delta is not above 0.

    Example:
        >>> huber([17.0, 20.0, 50.0], [2.0, 0.0, 0.0], delta=15.0)
        array([112.5, 187.5, 637.5])
    """
    require_at_least("huber", 0.0, above=True, delta=delta)
    error = difference("huber", predicted, target)
    size = np.abs(error, out=error)
    # With s = min(|e|, delta) both branches are s (|e| - s / 2), so that no unused branch can overflow.
    with np.errstate(all="ignore"):
        near = np.asarray(np.minimum(size, delta))
        size -= near / 2
        np.multiply(near, size, out=size)
    return size


def huber_gradient(predicted: ArrayLike, target: ArrayLike, delta: float) -> Floats:
    """Derivative of `huber` by each prediction: the error, cut off at ``delta`` to both sides.

    Arguments and errors are those of the loss.
    """
    require_at_least("huber_gradient", 0.0, above=True, delta=delta)
    error = difference("huber_gradient", predicted, target)
    # A delta may be too large or too small for the dtype of the errors.
    with np.errstate(all="ignore"):
        return np.clip(error, -delta, delta, out=error)
