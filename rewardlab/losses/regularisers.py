"""Penalties on the size of weights, their derivatives, and the proximal steps that reach exact zeros.

``strength * sum |w|`` (L1) and ``strength * sum w**2`` (L2): a sum, not a mean, and not halved. They are added to a
loss that is already reduced, are a function of the weights alone, and leave biases out: a bias says where the data lie.

L2 takes the same *share* of every weight in each step and so never quite ends; L1 takes the same *amount*, and its
minimum has exact zeros. Steps along its derivative do not find them: they jump back and forth across 0. A proximal
step does. Take one along the derivative of the loss alone, then ``l1_proximal`` of the result.

Tibshirani (1996), "Regression shrinkage and selection via the lasso"; Zou and Hastie (2005), "Regularization and
variable selection via the elastic net"; Parikh and Boyd (2014), "Proximal algorithms".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rewardlab.losses.borders import Floats, floats, refuse_not_finite, require_at_least

__all__ = [
    "elastic_net_penalty",
    "elastic_net_penalty_gradient",
    "elastic_net_proximal",
    "l1_penalty",
    "l1_penalty_gradient",
    "l1_proximal",
    "l1_zeroing_strength",
    "l2_penalty",
    "l2_penalty_gradient",
    "l2_proximal",
]


def l1_penalty(weights: ArrayLike, strength: float) -> float:
    """Strength times the sum of the sizes.

    Args:
        weights: Finite numbers, any shape; without biases.
        strength: At least 0. It does not shrink with the number of examples as the mean of a loss does.

    Returns:
        One number, summed in ``float64``.

    Raises:
        BadInput: The strength is no finite number of at least 0, or weights are empty, not finite or no numbers.

    Example:
        >>> l1_penalty([5.0, -0.5], strength=0.1)
        0.55
    """
    require_at_least("l1_penalty", 0.0, strength=strength)
    return _scaled(float(strength), _sum_of_sizes(_weights("l1_penalty", weights)))


def l1_penalty_gradient(weights: ArrayLike, strength: float) -> Floats:
    """Derivative of `l1_penalty` by each weight: strength times its sign, and 0 at a weight of 0.

    At 0 there is no derivative; every slope from -strength to strength is a subgradient, and 0 is the one that leaves
    the weight where it is. Arguments and errors are those of the penalty; the result has the shape of the weights.
    """
    require_at_least("l1_penalty_gradient", 0.0, strength=strength)
    return _l1_slope(_weights("l1_penalty_gradient", weights), float(strength))


def l1_proximal(weights: ArrayLike, strength: float, step_size: float) -> Floats:
    """Each weight moved towards 0 by step size times strength, and no further: soft thresholding.

    It is the ``w`` at which ``step_size * l1_penalty(w, strength) + 0.5 * ((w - weights) ** 2).sum()`` is least.

    Args:
        weights: Finite numbers, any shape; usually after a step along the derivative of the loss alone.
        strength: That of the penalty, at least 0.
        step_size: The length of that step, the learning rate, at least 0.

    Returns:
        A new array of the same shape, exactly 0 where the size was no larger than step size times strength.

    Raises:
        BadInput: A setting is no finite number of at least 0, or weights are empty, not finite or no numbers.

    Example:
        >>> l1_proximal([3.0, -0.25, -2.0], strength=1.0, step_size=0.5)
        array([ 2.5,  0. , -1.5])
    """
    require_at_least("l1_proximal", 0.0, strength=strength, step_size=step_size)
    return _softly_thresholded(_weights("l1_proximal", weights), float(step_size) * float(strength))


def l1_zeroing_strength(gradient: ArrayLike) -> float:
    """The least strength of L1 at which the best weights are all 0: the largest slope of the loss there.

    This holds for a convex loss. Below that strength at least one weight is not 0, so a search for a good strength
    begins here and goes down. Friedman, Hastie and Tibshirani (2010), "Regularization paths for generalized linear
    models via coordinate descent".

    Args:
        gradient: Derivative of the loss by each weight, any shape, where all weights are 0 and what is not penalised,
            such as the bias, is already at its best.

    Returns:
        At least 0.

    Raises:
        BadInput: The gradient is empty, not finite or no numbers.
    """
    (slopes,) = floats("l1_zeroing_strength", gradient=gradient)
    refuse_not_finite("l1_zeroing_strength", gradient=slopes)
    return float(np.abs(slopes).max())


def l2_penalty(weights: ArrayLike, strength: float) -> float:
    """Strength times the sum of the squares. Arguments, result and errors are those of `l1_penalty`.

    ``torch.optim``'s ``weight_decay=d`` of SGD adds ``d * w`` to the derivative, this adds ``2 * strength * w``: the
    strength is half of ``d``.

    Returns:
        One number, summed in ``float64``; ``inf`` where that cannot hold it.

    Example:
        >>> l2_penalty([5.0, -0.5], strength=2.0)
        50.5
    """
    require_at_least("l2_penalty", 0.0, strength=strength)
    return _scaled(float(strength), _sum_of_squares(_weights("l2_penalty", weights)))


def l2_penalty_gradient(weights: ArrayLike, strength: float) -> Floats:
    """Derivative of `l2_penalty` by each weight: twice strength times weight.

    Arguments and errors are those of the penalty; the result has the shape of the weights.
    """
    require_at_least("l2_penalty_gradient", 0.0, strength=strength)
    return _l2_slope(_weights("l2_penalty_gradient", weights), float(strength))


def l2_proximal(weights: ArrayLike, strength: float, step_size: float) -> Floats:
    """Each weight divided by ``1 + 2 * step_size * strength``: the same share of all, and never across 0.

    It is the ``w`` at which ``step_size * l2_penalty(w, strength) + 0.5 * ((w - weights) ** 2).sum()`` is least.
    Arguments, result and errors are those of `l1_proximal`, but that nothing becomes exactly 0 short of underflow.
    """
    require_at_least("l2_proximal", 0.0, strength=strength, step_size=step_size)
    return _shrunk(_weights("l2_proximal", weights), float(step_size) * float(strength))


def elastic_net_penalty(weights: ArrayLike, l1: float, l2: float) -> float:
    """The sum of both penalties: exactly `l1_penalty` where ``l2`` is 0, and exactly `l2_penalty` where ``l1`` is.

    Args:
        weights: Finite numbers, any shape; without biases.
        l1: Strength of the sum of sizes, at least 0.
        l2: Strength of the sum of squares, at least 0.

    Returns:
        One number, summed in ``float64``; ``inf`` where that cannot hold it.

    Raises:
        BadInput: A strength is no finite number of at least 0, or weights are empty, not finite or no numbers.
    """
    require_at_least("elastic_net_penalty", 0.0, l1=l1, l2=l2)
    array = _weights("elastic_net_penalty", weights)
    return _scaled(float(l1), _sum_of_sizes(array)) + _scaled(float(l2), _sum_of_squares(array))


def elastic_net_penalty_gradient(weights: ArrayLike, l1: float, l2: float) -> Floats:
    """Derivative of `elastic_net_penalty` by each weight, with 0 for the size of a weight of 0.

    Arguments and errors are those of the penalty; the result has the shape of the weights.
    """
    require_at_least("elastic_net_penalty_gradient", 0.0, l1=l1, l2=l2)
    array = _weights("elastic_net_penalty_gradient", weights)
    with np.errstate(all="ignore"):
        return np.asarray(_l1_slope(array, float(l1)) + _l2_slope(array, float(l2)))


def elastic_net_proximal(weights: ArrayLike, l1: float, l2: float, step_size: float) -> Floats:
    """First `l1_proximal`, then `l2_proximal` of it, which is the proximal step of their sum; not the other way round.

    Args:
        weights: Finite numbers, any shape; usually after a step along the derivative of the loss alone.
        l1: Strength of the sum of sizes, at least 0.
        l2: Strength of the sum of squares, at least 0.
        step_size: The length of that step, the learning rate, at least 0.

    Returns:
        A new array of the same shape, exactly 0 where the size was no larger than step size times ``l1``.

    Raises:
        BadInput: A setting is no finite number of at least 0, or weights are empty, not finite or no numbers.
    """
    require_at_least("elastic_net_proximal", 0.0, l1=l1, l2=l2, step_size=step_size)
    array = _weights("elastic_net_proximal", weights)
    return _shrunk(_softly_thresholded(array, float(step_size) * float(l1)), float(step_size) * float(l2))


def _weights(where: str, weights: ArrayLike) -> Floats:
    (array,) = floats(where, weights=weights)
    refuse_not_finite(where, weights=array)
    return array


def _scaled(strength: float, total: float) -> float:
    # A strength of 0 is no penalty, also where the sum of squares is too large for a number.
    return strength * total if strength else 0.0


def _sum_of_sizes(weights: Floats) -> float:
    with np.errstate(all="ignore"):
        return float(np.abs(weights).sum(dtype=np.float64))


def _sum_of_squares(weights: Floats) -> float:
    with np.errstate(all="ignore"):
        return float(np.square(weights, dtype=np.float64).sum())


def _l1_slope(weights: Floats, strength: float) -> Floats:
    with np.errstate(all="ignore"):
        return np.asarray(np.sign(weights) * strength)


def _l2_slope(weights: Floats, strength: float) -> Floats:
    if strength == 0:
        return np.zeros_like(weights)
    with np.errstate(all="ignore"):
        return np.asarray(weights * (2 * strength))


def _softly_thresholded(weights: Floats, threshold: float) -> Floats:
    with np.errstate(all="ignore"):
        return np.asarray(weights - np.clip(weights, -threshold, threshold))


def _shrunk(weights: Floats, amount: float) -> Floats:
    with np.errstate(all="ignore"):
        return np.asarray(weights / (1 + 2 * amount))
