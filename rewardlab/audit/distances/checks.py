"""What the distances accept: dense rewards, weights and a discount, with all that is wrong named at once."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.rewards.returns import check_gamma

__all__ = [
    "distribution",
    "dynamics_problems",
    "gamma_problems",
    "refuse_if_any",
    "resampling_problems",
    "reward_problems",
    "weight_problems",
]


def refuse_if_any(problems: Iterable[Problem]) -> None:
    """Refuse the input if there is any problem.

    Raises:
        BadInput: There is.
    """
    found = [*problems]
    if found:
        raise BadInput(*found)


def gamma_problems(gamma: object) -> list[Problem]:
    """What is wrong with a discount; empty if it is a number in [0, 1]."""
    try:
        check_gamma(gamma)
    except BadInput as refused:
        return [*refused.problems]
    return []


def reward_problems(reward: ArrayLike, where: str, shape: tuple[int, ...] | None = None) -> list[Problem]:
    """What is wrong with a dense reward; empty if it is ``[S, A, S]`` finite numbers.

    Args:
        reward: What the user gave.
        where: The place to name.
        shape: The shape that it must have, where that is known.
    """
    array = _laid_out(reward)
    if shape is None and (array.ndim != 3 or array.shape[0] != array.shape[-1] or 0 in array.shape):
        fix = "make a table over the outcomes of a model dense with dense_reward"
        return [Problem(where, _got(reward, array), "[S, A, S], none of them 0", fix)]
    if shape is not None and array.shape != shape:
        return [Problem(where, _got(reward, array), f"{shape}")]
    if array.dtype.kind not in "biuf" or not np.isfinite(array).all():
        return [Problem(where, "NaN, an infinity or no numbers", "finite numbers")]
    return []


def weight_problems(weights: ArrayLike | None, shape: tuple[int, ...], where: str) -> list[Problem]:
    """What is wrong with weights; empty if there are none, or of that shape, none below 0 and one above."""
    if weights is None:
        return []
    array = _laid_out(weights)
    if array.shape != shape:
        return [Problem(where, _got(weights, array), f"{shape}")]
    if array.dtype.kind not in "biuf" or not ((array >= 0) & np.isfinite(array)).all() or not array.any():
        return [Problem(where, "a negative or infinite weight, NaN, or nothing but 0", "weights, one at least above 0")]
    return []


def dynamics_problems(transitions: ArrayLike, shape: tuple[int, ...]) -> list[Problem]:
    """What is wrong with dense dynamics; empty if they are of that shape and every row is a distribution."""
    array = _laid_out(transitions)
    if array.shape != shape:
        return [Problem("transitions", _got(transitions, array), f"{shape}")]
    rows = array.dtype.kind in "biuf" and (array >= 0).all() and np.allclose(array.sum(axis=2), 1.0, rtol=0, atol=1e-9)
    if not rows:
        fix = "dense_transitions makes such an array of a model"
        return [Problem("transitions", "rows that are no distributions", "a sum of 1 over the next states", fix)]
    return []


def resampling_problems(resamples: int, level: float) -> list[Problem]:
    """What is wrong with the settings of a bootstrap; empty if nothing is."""
    problems = []
    if isinstance(resamples, bool) or not isinstance(resamples, int | np.integer) or resamples < 1:
        problems.append(Problem("resamples", repr(resamples), "a whole number, at least 1"))
    if isinstance(level, bool) or not isinstance(level, int | float | np.floating) or not 0 < level < 1:
        problems.append(Problem("level", repr(level), "a number in (0, 1), such as 0.95"))
    return problems


def distribution(weights: ArrayLike | None, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Weights brought to a sum of 1; all alike where there are none."""
    array = np.ones(shape) if weights is None else np.asarray(weights, dtype=np.float64)
    # Divided by the largest first, so that the sum of huge weights is no infinity.
    array = array / array.max()
    return np.asarray(array / array.sum(), dtype=np.float64)


def _laid_out(given: ArrayLike) -> NDArray[Any]:
    """What a user gave, as an array of whatever is in it; of no shape where its rows differ in length."""
    try:
        return np.asarray(given)
    except ValueError:
        return np.array(None)


def _got(given: ArrayLike, array: NDArray[Any]) -> str:
    return f"an array of shape {array.shape}" if array.dtype.kind in "biufc" else reprlib.repr(given)
