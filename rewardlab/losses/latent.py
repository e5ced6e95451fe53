"""The price of a code: how far the Gaussian code of a variational autoencoder is from the standard Gaussian.

Its loss is reconstruction plus this, summed over the dimensions of the code. Kingma and Welling (2014), "Auto-encoding
variational Bayes", appendix B.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rewardlab.losses.borders import Floats, equal_shapes, floats, refuse_not_finite

__all__ = ["LatentGradient", "gaussian_kl", "gaussian_kl_gradient"]


class LatentGradient(NamedTuple):
    """Derivatives of each element's value, each of the shape of the mean.

    Attributes:
        mean: By its mean.
        log_variance: By the logarithm of its variance.
    """

    mean: Floats
    log_variance: Floats


def gaussian_kl(mean: ArrayLike, log_variance: ArrayLike) -> Floats:
    """Kullback-Leibler divergence of each Gaussian from the standard one, N(0, 1), in closed form.

    ``(mean**2 + variance - 1 - log_variance) / 2``: at least 0, and 0 only for the standard Gaussian itself. That of a
    whole code is the sum over its dimensions, not their mean; with the mean, its weight against the reconstruction
    would depend on how long the code is.

    Args:
        mean: Finite numbers, any shape.
        log_variance: The same shape: the natural logarithm of the variance, so that every number is allowed.

    Returns:
        The same shape; ``inf`` where the number is too large for the dtype.

    Raises:
        BadInput: Shapes differ, or something is empty, not finite or no number.

    Example:
        >>> gaussian_kl([0.0, 1.0], [0.0, 0.0])
        array([0. , 0.5])
    """
    first, second = _inputs("gaussian_kl", mean, log_variance)
    with np.errstate(all="ignore"):
        return np.asarray(first / 2 * first + (np.expm1(second) - second) / 2)


def gaussian_kl_gradient(mean: ArrayLike, log_variance: ArrayLike) -> LatentGradient:
    """Derivatives of `gaussian_kl`: the mean itself, and half of what the variance exceeds 1 by.

    Arguments and errors are those of the divergence.
    """
    first, second = _inputs("gaussian_kl_gradient", mean, log_variance)
    with np.errstate(all="ignore"):
        return LatentGradient(first.copy(), np.asarray(np.expm1(second) / 2))


def _inputs(where: str, mean: ArrayLike, log_variance: ArrayLike) -> tuple[Floats, Floats]:
    first, second = floats(where, mean=mean, log_variance=log_variance)
    equal_shapes(where, mean=first, log_variance=second)
    refuse_not_finite(where, mean=first, log_variance=second)
    common = np.result_type(first, second)
    return first.astype(common, copy=False), second.astype(common, copy=False)
