"""Settings of a loss that are either one number for all elements or a number for each: a spread, a share of signal.

A number takes the precision of the arrays that it stands beside, as in NumPy itself; an array has to have their shape.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.losses.borders import Floats, equal_shapes, floats

__all__ = ["is_number", "refuse_not_positive", "with_setting"]


def is_number(given: object) -> bool:
    """Whether a setting is one number for all elements."""
    if isinstance(given, np.ndarray):
        return given.ndim == 0 and given.dtype.kind in "fiu"
    return isinstance(given, int | float | np.integer | np.floating) and not isinstance(given, bool)


def with_setting(where: str, name: str, setting: ArrayLike, **arrays: ArrayLike) -> list[Floats]:
    """Arrays of one shape and floating dtype, and after them a setting for their elements.

    Args:
        where: The function that asks, such as ``"gaussian_nll"``.
        name: The argument of the setting, such as ``"sigma"``.
        setting: A number, or an array of the same shape as the others.
        arrays: The other arguments.

    Returns:
        The arrays in the order of the arguments, and the setting: ``float64`` of shape () if it is a number, so that
        its digits are not lost before they are used, else an array like the others.

    Raises:
        BadInput: Shapes differ, or something is empty or holds no real numbers.
    """
    number = is_number(setting)
    given = dict(arrays) if number else {**arrays, name: setting}
    found = floats(where, **given)
    equal_shapes(where, **dict(zip(given, found, strict=True)))
    common = np.result_type(*found)
    found = [array.astype(common, copy=False) for array in found]
    return [*found, np.asarray(setting, dtype=np.float64)] if number else found


def refuse_not_positive(where: str, fix: str = "", **arrays: NDArray[np.floating]) -> None:
    """Refuse elements that are not above 0.

    Args:
        where: The function that asks.
        fix: The likely remedy.
        arrays: What it was given, by argument.

    Raises:
        BadInput: It says how many elements are affected, and which is the first.
    """
    problems = []
    for name, array in arrays.items():
        spoilt = ~(array > 0)
        count = int(np.count_nonzero(spoilt))
        if count:
            place = tuple(int(index) for index in np.argwhere(spoilt)[0])
            first = f"{array[place]}" if array.ndim == 0 else f"{array[place]} at {list(place)}"
            got = first if array.ndim == 0 else f"{count} of {array.size} elements, the first {first}"
            problems.append(Problem(f"{where}.{name}", got, "numbers above 0", fix))
    if problems:
        raise BadInput(*problems)
