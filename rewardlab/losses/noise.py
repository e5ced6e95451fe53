"""The loss of a diffusion model: which noise was added?

A clean sample is mixed with Gaussian noise, ``sqrt(a) clean + sqrt(1 - a) noise``, and the model says which noise it
was; the loss is squared error on the noise. To know the noise is to know the clean sample, so it is a reconstruction
error too, weighted by the ratio of signal to noise: ``sum (noise error)**2 = a / (1 - a) * sum (clean error)**2``, at
each noise level. Ho, Jain and Abbeel (2020), "Denoising diffusion probabilistic models", where a is called alpha-bar.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rewardlab.errors import BadInput, Problem
from rewardlab.losses.borders import Floats, floats, refuse_not_finite
from rewardlab.losses.difference import difference
from rewardlab.losses.number_or_elements import with_setting

__all__ = [
    "clean_estimate",
    "noise_prediction_error",
    "noise_prediction_error_gradient",
    "noised",
    "signal_to_noise_ratio",
]


def noised(clean: ArrayLike, noise: ArrayLike, signal_share: ArrayLike) -> Floats:
    """A clean sample with noise mixed in. If both have variance 1, so has the mixture.

    Args:
        clean: Finite numbers, any shape.
        noise: The same shape, drawn from the standard Gaussian by the caller.
        signal_share: The share of the variance that is signal, between 0 and 1, neither included: a number, or an array
            of that shape, as from ``np.broadcast_to(share_by_example[:, None], clean.shape)``.

    Returns:
        The same shape.

    Raises:
        BadInput: Shapes differ, something is empty, not finite or no number, or a share is not between 0 and 1.

    Example:
        >>> noised([1.0, -1.0], [0.0, 0.5], signal_share=0.64)
        array([ 0.8, -0.5])
    """
    where = "noised"
    signal, disturbance, share = with_setting(where, "signal_share", signal_share, clean=clean, noise=noise)
    refuse_not_finite(where, clean=signal, noise=disturbance)
    signal_part, noise_part = _parts(where, share, signal)
    with np.errstate(all="ignore"):
        return np.asarray(signal_part * signal + noise_part * disturbance)


def noise_prediction_error(predicted: ArrayLike, target: ArrayLike) -> Floats:
    """The squared error of the predicted noise: the simple objective of Ho et al. (2020), equation 14.

    Args:
        predicted: The noise that the model named, finite, any shape.
        target: The noise that was added, the same shape.

    Returns:
        The same shape; ``inf`` where a square is larger than the dtype can hold.

    Raises:
        BadInput: Shapes differ, or something is empty, not finite or no number.
    """
    error = difference("noise_prediction_error", predicted, target)
    with np.errstate(all="ignore"):
        return np.multiply(error, error, out=error)


def noise_prediction_error_gradient(predicted: ArrayLike, target: ArrayLike) -> Floats:
    """Derivative of `noise_prediction_error` by each prediction: twice the error. Arguments and errors as there."""
    error = difference("noise_prediction_error_gradient", predicted, target)
    with np.errstate(all="ignore"):
        return np.multiply(error, 2, out=error)


def clean_estimate(noised: ArrayLike, predicted_noise: ArrayLike, signal_share: ArrayLike) -> Floats:
    """The clean sample that follows from a noised one and what its noise is thought to be: `noised`, solved for it.

    Args:
        noised: Finite numbers, any shape.
        predicted_noise: The same shape.
        signal_share: As in `noised`. The smaller it is, the more an error of the noise is blown up.

    Returns:
        The same shape.

    Raises:
        BadInput: As in `noised`.

    Example:
        >>> clean_estimate([0.8, -0.5], [0.0, 0.5], signal_share=0.64)
        array([ 1., -1.])
    """
    where = "clean_estimate"
    given = {"noised": noised, "predicted_noise": predicted_noise}
    mixture, noise, share = with_setting(where, "signal_share", signal_share, **given)
    refuse_not_finite(where, noised=mixture, predicted_noise=noise)
    signal_part, noise_part = _parts(where, share, mixture)
    with np.errstate(all="ignore"):
        return np.asarray((mixture - noise_part * noise) / signal_part)


def signal_to_noise_ratio(signal_share: ArrayLike) -> Floats:
    """How much of the variance is signal, by how much is noise: ``a / (1 - a)``.

    Args:
        signal_share: Between 0 and 1, neither included, any shape.

    Returns:
        The same shape, above 0.

    Raises:
        BadInput: It is empty, or something is no number between 0 and 1.

    Example:
        >>> signal_to_noise_ratio([0.2, 0.5, 0.8])
        array([0.25, 1.  , 4.  ])
    """
    (share,) = floats("signal_to_noise_ratio", signal_share=signal_share)
    _refuse_no_share("signal_to_noise_ratio", share)
    return np.asarray(share / (1 - share))


def _parts(where: str, share: Floats, beside: Floats) -> tuple[Floats, Floats]:
    """What signal and noise are multiplied by."""
    _refuse_no_share(where, share)
    with np.errstate(under="ignore"):
        return np.sqrt(share).astype(beside.dtype), np.sqrt(1 - share).astype(beside.dtype)


def _refuse_no_share(where: str, share: Floats) -> None:
    least, most = float(share.min()), float(share.max())
    if not (least > 0 and most < 1):
        got = f"{least:g}" if share.ndim == 0 else f"values from {least:g} to {most:g}"
        fix = "it is alpha-bar, the product of all 1 - beta so far"
        raise BadInput(Problem(f"{where}.signal_share", got, "numbers between 0 and 1, neither included", fix))
