"""The Pearson distance, ``sqrt((1 - rho) / 2)``, and what it is where a correlation does not exist.

Gleave et al. 2021, "Quantifying differences in reward functions", section 4.2. It is half the distance of two vectors
that have been brought to mean 0 and length 1. Computed so, it is 0 to rounding for what is equal, where one minus a
correlation would be off by the root of it, and it is never NaN.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.audit.distances.checks import distribution, refuse_if_any, weight_problems
from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.dense_model import number_array

__all__ = ["CONSTANT_TOLERANCE", "direction_distance", "pearson_distance", "standardised"]

CONSTANT_TOLERANCE = 1e-11
"""What varies by less, relative to the numbers that it was computed from, is taken to be constant: it is rounding."""


def pearson_distance(first: ArrayLike, second: ArrayLike, weights: ArrayLike | None = None) -> float:
    """How far two lists of numbers are from being equal up to a positive factor and a constant.

    Args:
        first: ``[...]`` finite numbers.
        second: Numbers of the same shape.
        weights: How much each place counts, of the same shape; all alike by default.

    Returns:
        In [0, 1]: 0 if they are equal up to a positive factor and a constant, 1 for a negative factor. Two constants
        have distance 0. A constant has distance 1 to all else, since it keeps nothing of it: a correlation does not
        exist there, and this choice leaves a pseudometric.

    Raises:
        BadInput: The shapes differ, a number is not finite, or the weights are none.
    """
    one, two = (number_array(given, name, "finite numbers") for name, given in (("first", first), ("second", second)))
    if one.shape != two.shape or one.size == 0:
        raise BadInput(Problem("pearson_distance", f"shapes {one.shape} and {two.shape}", "the same, not empty"))
    named = (("first", one), ("second", two))
    problems = [Problem(name, "NaN or an infinity", "finite numbers") for name, x in named if not np.isfinite(x).all()]
    refuse_if_any([*problems, *weight_problems(weights, one.shape, "weights")])
    shares = distribution(weights, one.shape)
    return direction_distance(standardised(one, shares), standardised(two, shares))


def standardised(
    values: NDArray[np.float64], shares: NDArray[np.float64], scale: float | None = None
) -> NDArray[np.float64]:
    """Numbers brought to mean 0 and length 1, as a vector whose plain inner products are correlations.

    Args:
        values: ``[...]`` finite numbers.
        shares: The weights of the places, of the same shape; they sum to 1.
        scale: The size of the numbers that these were computed from, by which rounding is told from variation; their
            own by default.

    Returns:
        ``[n]``, with 0 throughout for what is constant where there is weight.
    """
    kept, root = values[shares > 0], np.sqrt(shares[shares > 0])
    size = float(np.abs(kept).max(initial=0.0))
    # A deviation is at most twice the size; divided by it, no square is an infinity or lost.
    deviation = kept / (size or 1.0)
    deviation = deviation - float(shares[shares > 0] @ deviation)
    if size * np.abs(deviation).max(initial=0.0) <= CONSTANT_TOLERANCE * (size if scale is None else scale):
        return np.zeros_like(kept)
    vector = root * deviation
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float64)


def direction_distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """The Pearson distance of two vectors from `standardised`, in [0, 1]."""
    if not first.any() or not second.any():
        return float(first.any() or second.any())
    return min(1.0, float(np.linalg.norm(first - second)) / 2)
