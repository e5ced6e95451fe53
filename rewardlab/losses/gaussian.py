"""Loss of a predicted Gaussian: how unlikely the target was under it. For models that say how sure they are.

With a fixed spread it is squared error, scaled and shifted. With a predicted spread the model pays for being wrong and
for being vague: at its best, the spread is the root of the mean squared error.

A density is no probability. It has a unit and may exceed 1, so the loss may be negative and has no smallest value: a
model that hits some targets exactly lowers it without end by shrinking its spread. Nix and Weigend (1994), "Estimating
the mean and variance of the target probability distribution"; Bishop (1994), "Mixture density networks".
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rewardlab.losses.borders import Floats, refuse_not_finite
from rewardlab.losses.number_or_elements import refuse_not_positive, with_setting

__all__ = [
    "LOG_ROOT_TWO_PI",
    "SPREAD_FIX",
    "GaussianGradient",
    "gaussian_log_density",
    "gaussian_nll",
    "gaussian_nll_gradient",
    "standardised",
]

LOG_ROOT_TWO_PI = 0.5 * math.log(2 * math.pi)
"""What the negative log density of a Gaussian of spread 1 is at its mean: about 0.919."""

SPREAD_FIX = "a standard deviation is positive: let the model predict its logarithm, or pass it through softplus"


class GaussianGradient(NamedTuple):
    """Derivatives of each element's value, each of the shape of the mean.

    Attributes:
        mean: By its mean.
        sigma: By its spread; if one number serves all elements, its derivative is the sum of these.
    """

    mean: Floats
    sigma: Floats


def gaussian_log_density(mean: ArrayLike, target: ArrayLike, sigma: ArrayLike) -> Floats:
    """Natural logarithm of the Gaussian density at each target.

    Args:
        mean: Finite numbers, any shape.
        target: The same shape.
        sigma: The standard deviation, above 0: a number, or an array of that shape.

    Returns:
        The same shape; ``-inf`` where the number is too low for the dtype.

    Raises:
        BadInput: Shapes differ, something is empty, not finite or no number, or a spread is not above 0.

    Example:
        >>> round(float(gaussian_log_density(10.0, 10.0, 2.0)), 5)
        -1.61209
    """
    values = _nll("gaussian_log_density", mean, target, sigma)
    return np.negative(values, out=values)


def gaussian_nll(mean: ArrayLike, target: ArrayLike, sigma: ArrayLike) -> Floats:
    """Negative log density of each target under its Gaussian, with all constants.

    Args:
        mean: Finite numbers, any shape.
        target: The same shape.
        sigma: The standard deviation, above 0: a number, or an array of that shape.

    Returns:
        The same shape; may be negative; ``inf`` where the number is too large for the dtype.

    Raises:
        BadInput: Shapes differ, something is empty, not finite or no number, or a spread is not above 0.

    Example:
        >>> gaussian_nll([0.0, 0.0], [0.0, 3.0], sigma=[1.0, 3.0]).round(4)
        array([0.9189, 2.5176])
    """
    return _nll("gaussian_nll", mean, target, sigma)


def gaussian_nll_gradient(mean: ArrayLike, target: ArrayLike, sigma: ArrayLike) -> GaussianGradient:
    """Derivatives of `gaussian_nll`: with z = error / sigma they are z / sigma and (1 - z**2) / sigma.

    The pull on the mean is divided by the square of the spread, so a model can silence a hard example by calling it
    vague. Arguments and errors are those of the loss.
    """
    where = "gaussian_nll_gradient"
    first, second, spread = _inputs(where, mean, target, sigma)
    _refuse(where, first, second, spread)
    with np.errstate(all="ignore"):
        z = standardised(first, second, spread)
        size = np.abs(z)
        # Factored: neither a cancellation near |z| = 1, nor an overflow of z squared where the quotient is a number.
        by_sigma = (1 - size) / spread * (1 + size)
        return GaussianGradient(np.asarray(z / spread), np.asarray(by_sigma))


def standardised(mean: Floats, target: Floats, sigma: Floats) -> Floats:
    """The error in units of the spread, finite wherever that is a number of the dtype. Shapes have to broadcast."""
    error = mean - target
    z = np.asarray(error / sigma)
    if not np.isfinite(error).all():
        # Two numbers of opposite sign may be further apart than the dtype reaches, their halves are not.
        z = np.where(np.isfinite(error), z, (mean / 2 - target / 2) / sigma * 2)
    return z


def _nll(where: str, mean: ArrayLike, target: ArrayLike, sigma: ArrayLike) -> Floats:
    first, second, spread = _inputs(where, mean, target, sigma)
    with np.errstate(all="ignore"):
        z = standardised(first, second, spread)
        values = np.asarray(z / 2 * z)
        values += np.log(spread)
        values += LOG_ROOT_TWO_PI
    # Whatever is refused makes the value infinite or NaN, so that good values need no second look.
    if not np.isfinite(values).all():
        _refuse(where, first, second, spread)
    return values


def _inputs(where: str, mean: ArrayLike, target: ArrayLike, sigma: ArrayLike) -> tuple[Floats, Floats, Floats]:
    first, second, spread = with_setting(where, "sigma", sigma, mean=mean, target=target)
    with np.errstate(all="ignore"):
        return first, second, spread.astype(first.dtype, copy=False)


def _refuse(where: str, mean: Floats, target: Floats, sigma: Floats) -> None:
    refuse_not_finite(where, mean=mean, target=target, sigma=sigma)
    refuse_not_positive(where, SPREAD_FIX, sigma=sigma)
