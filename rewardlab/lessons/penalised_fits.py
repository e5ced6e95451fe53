"""Linear fits under mean squared error with an L2 or an L1 penalty, many samples at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.losses.regularisers import l1_proximal

__all__ = ["lasso_weights", "moments", "ridge_weights"]


def moments(features: NDArray[Any], target: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mean products of the features with each other, and with the target: all that a linear fit needs.

    Args:
        features: Of shape (samples, examples, features).
        target: Of shape (samples, examples).

    Returns:
        Arrays of shape (samples, features, features) and (samples, features).
    """
    turned = features.swapaxes(-1, -2)
    return turned @ features / features.shape[1], (turned @ target[..., None])[..., 0] / features.shape[1]


def ridge_weights(squares: NDArray[Any], products: NDArray[Any], strength: float) -> NDArray[Any]:
    """The weights, (samples, features), of least mean squared error + strength x sum of squares; exact.

    Args:
        squares: The first of `moments`.
        products: The second.
        strength: At least 0.
    """
    return np.asarray(np.linalg.solve(squares + strength * np.eye(squares.shape[-1]), products[..., None])[..., 0])


def lasso_weights(squares: NDArray[Any], products: NDArray[Any], strength: float, steps: int = 300) -> NDArray[Any]:
    """The weights, (samples, features), of least mean squared error + strength x sum of sizes.

    By the alternating direction method of multipliers: Boyd et al. (2011), "Distributed optimization and statistical
    learning via ADMM". Proximal gradient steps alone would take thousands where features go together. What is 0 in the
    result is exactly 0.

    Args:
        squares: The first of `moments`; features of about unit size.
        products: The second.
        strength: At least 0.
        steps: How many of them.
    """
    stiffness = 0.3
    inverse = np.linalg.inv(2 * squares + stiffness * np.eye(squares.shape[-1]))
    weights = gap = np.zeros_like(products)
    for _ in range(steps):
        fitted = (inverse @ (2 * products + stiffness * (weights - gap))[..., None])[..., 0]
        weights = l1_proximal(fitted + gap, strength, 1 / stiffness)
        gap = gap + fitted - weights
    return weights
