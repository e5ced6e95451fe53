"""The chain rule of a linear model, ``features @ weights + bias``, from the slopes of its outputs to its parameters."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rewardlab.errors import BadInput, Problem
from rewardlab.losses.borders import Floats, floats, refuse_not_finite

__all__ = ["LinearGradient", "linear_gradient"]


class LinearGradient(NamedTuple):
    """Derivatives of a mean loss by the parameters of a linear model.

    Attributes:
        weights: By the weights, shape (d,).
        bias: By the bias.
    """

    weights: Floats
    bias: float


def linear_gradient(features: ArrayLike, slopes: ArrayLike) -> LinearGradient:
    """Derivatives of the mean of n values by the weights and the bias of the linear model that they judge.

    Any loss will do: its ``..._gradient`` gives the slopes. The derivative of a penalty is added to that of the
    weights, and to that of the bias nothing is.

    Args:
        features: What the model saw, shape (n, d).
        slopes: Derivative of each example's value by its prediction (or logit), shape (n,); not divided by n.

    Returns:
        ``features.T @ slopes / n`` and ``slopes.mean()``.

    Raises:
        BadInput: Shapes do not fit, or something is empty, not finite or no number.

    Example:
        >>> from rewardlab.losses import squared_error_gradient
        >>> slopes = squared_error_gradient([1.0, 2.0], [0.0, 0.0])
        >>> linear_gradient([[1.0, 0.0], [0.0, 1.0]], slopes)
        LinearGradient(weights=array([1., 2.]), bias=3.0)
    """
    table, by_example = floats("linear_gradient", features=features, slopes=slopes)
    problems = [*_feature_problems(table), *_slope_problems(by_example)]
    if not problems and len(table) != len(by_example):
        got = f"features of {len(table)} examples, slopes of {len(by_example)}"
        problems.append(Problem("linear_gradient", got, "one slope for each row of features"))
    if problems:
        raise BadInput(*problems)
    refuse_not_finite("linear_gradient", features=table, slopes=by_example)
    with np.errstate(all="ignore"):
        return LinearGradient(table.T @ by_example / len(table), float(by_example.mean()))


def _feature_problems(features: Floats) -> list[Problem]:
    if features.ndim == 2:
        return []
    fix = "a single feature is a column: features[:, None]" if features.ndim == 1 else ""
    return [Problem("linear_gradient.features", f"shape {features.shape}", "shape (examples, features)", fix)]


def _slope_problems(slopes: Floats) -> list[Problem]:
    if slopes.ndim == 1:
        return []
    fix = "several outputs are several models: call it once for each column"
    if slopes.ndim == 2 and slopes.shape[1] == 1:
        fix = "take the column out of prediction and target before the loss, as in target[:, 0]"
    return [Problem("linear_gradient.slopes", f"shape {slopes.shape}", "shape (examples,)", fix)]
