"""Cases with a predicted probability and the label that came true: what every judgement of a classifier starts from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.losses.borders import Floats, equal_shapes, floats, require_within

__all__ = ["labelled_cases"]


def labelled_cases(where: str, probabilities: ArrayLike, targets: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    """Probabilities and labels of one shape, laid out in a row.

    Args:
        where: The function that asks, such as ``"precision"``.
        probabilities: Numbers in [0, 1], any shape; flags (truth values, or 0 and 1) are probabilities too.
        targets: The same shape, 0 or 1.

    Returns:
        ``[n]`` probabilities in their own floating dtype (``float64`` for flags), and ``[n]`` truth values.

    Raises:
        BadInput: Shapes differ, something is empty, a probability is outside of [0, 1], or a label is neither 0 nor 1.
    """
    predicted, labels = floats(where, probabilities=probabilities, targets=targets)
    equal_shapes(where, probabilities=predicted, targets=labels)
    require_within(where, 0.0, 1.0, "turn logits into probabilities first: sigmoid(logits)", probabilities=predicted)
    strange = _first_strange_label(labels)
    if strange:
        fix = "soft labels have no hits and misses; code the two classes as 0 and 1"
        raise BadInput(Problem(f"{where}.targets", strange, "0 or 1 everywhere", fix))
    return predicted.ravel(), labels.ravel() == 1


def _first_strange_label(labels: NDArray[Any]) -> str:
    strange = labels[(labels != 0) & (labels != 1)]
    return f"{strange.size} of {labels.size} elements, the first {strange[0]}" if strange.size else ""
