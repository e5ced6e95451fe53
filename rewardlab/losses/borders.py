"""What every loss in NumPy asks of its arrays before it computes, and what it says when one is not as it should be.

Shapes must be equal: NumPy would broadcast ``(n, 1)`` against ``(n,)`` to ``(n, n)`` without a word, and the mean of
that is another loss. Whole numbers become floating ones before anything is subtracted: in ``uint8``, 3 - 5 is 254. Half
precision is computed in single, as torch's autocast does for losses, because 300 squared is no number in ``float16``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem

__all__ = [
    "Floats",
    "equal_shapes",
    "floats",
    "matched",
    "refuse_not_finite",
    "require_at_least",
    "require_flag",
    "require_within",
]

Floats = NDArray[np.floating[Any]]
"""An array of ``float32`` or ``float64``."""


def floats(where: str, **inputs: ArrayLike) -> list[Floats]:
    """Arrays of one floating dtype each, not empty.

    Args:
        where: The function that asks, such as ``"huber"``.
        inputs: What it was given, by argument.

    Returns:
        The arrays in the order of the arguments, not copied where nothing had to change. Whole numbers and truth values
        take the floating dtype that stands beside them, or ``float64`` if none does.

    Raises:
        BadInput: One is empty, ragged or masked, or holds no real numbers.
    """
    arrays, problems = {}, []
    for name, given in inputs.items():
        if isinstance(given, np.ma.MaskedArray):
            # np.asarray would count what is masked.
            fix = "choose what counts, of all arguments alike, as in predicted[~mask]"
            problems.append(Problem(f"{where}.{name}", "a masked array", "an array in which everything counts", fix))
            continue
        try:
            array = np.asarray(given)
        except ValueError:
            problems.append(Problem(f"{where}.{name}", "rows of unequal length", "an array of numbers"))
            continue
        except (RuntimeError, TypeError) as fault:
            # A tensor that needs a gradient, is on another device or in bfloat16 says so in its own words.
            fix = "tensor.detach().cpu().float().numpy(), or the module of rewardlab.losses.modules"
            got = f"a {type(given).__name__} that is no array: {str(fault).splitlines()[0]}"
            problems.append(Problem(f"{where}.{name}", got, "an array of numbers", fix))
            continue
        if array.dtype.kind not in "fiub":
            problems.append(Problem(f"{where}.{name}", f"dtype {array.dtype}", "real numbers", _dtype_fix(array)))
        elif array.size == 0:
            fix = "the mean of nothing is not defined; skip empty batches"
            problems.append(Problem(f"{where}.{name}", f"shape {array.shape}", "at least one element", fix))
        arrays[name] = array
    if problems:
        raise BadInput(*problems)
    floating = [array.dtype for array in arrays.values() if array.dtype.kind == "f"]
    common = np.result_type(*floating) if floating else np.dtype(np.float64)
    return [_widened(array, common) for array in arrays.values()]


def matched(where: str, predicted: ArrayLike, target: ArrayLike) -> tuple[Floats, Floats]:
    """Predictions and targets of one shape and dtype.

    Args:
        where: The function that asks.
        predicted: What the model said, any shape.
        target: What was so, the same shape.

    Raises:
        BadInput: The shapes differ, or one of them is empty or holds no real numbers.
    """
    first, second = floats(where, predicted=predicted, target=target)
    if first.shape != second.shape:
        equal_shapes(where, predicted=first, target=second)
    if first.dtype != second.dtype:
        common = np.result_type(first, second)
        return first.astype(common, copy=False), second.astype(common, copy=False)
    return first, second


def equal_shapes(where: str, **arrays: NDArray[Any]) -> None:
    """Refuse arrays that NumPy would broadcast against each other.

    Args:
        where: The function that asks.
        arrays: What it was given, by argument.

    Raises:
        BadInput: The shapes are not all the same.
    """
    shapes = {name: array.shape for name, array in arrays.items()}
    if len(set(shapes.values())) > 1:
        got = ", ".join(f"{name} of shape {shape}" for name, shape in shapes.items())
        raise BadInput(Problem(where, got, "equal shapes: nothing is broadcast", _shape_fix(list(shapes.values()))))


def refuse_not_finite(where: str, *, allow_infinite: bool = False, **arrays: NDArray[Any]) -> None:
    """Refuse NaN, and infinities if they mean nothing here.

    Args:
        where: The function that asks.
        allow_infinite: Whether an infinity is let through.
        arrays: What it was given, by argument.

    Raises:
        BadInput: It says how many elements are affected, and which is the first.
    """
    problems = []
    for name, array in arrays.items():
        if np.isfinite(array).all():
            continue
        spoilt = np.isnan(array) if allow_infinite else ~np.isfinite(array)
        count = int(np.count_nonzero(spoilt))
        if count:
            place = tuple(int(index) for index in np.argwhere(spoilt)[0])
            got = f"{count} of {array.size} elements, the first {array[place]} at {list(place)}"
            expected = "no NaN" if allow_infinite else "finite numbers"
            problems.append(Problem(f"{where}.{name}", got, expected, "look where it was computed"))
    if problems:
        raise BadInput(*problems)


def require_within(where: str, low: float, high: float, fix: str = "", **arrays: NDArray[Any]) -> None:
    """Refuse elements outside of a closed range, and NaN.

    Args:
        where: The function that asks.
        low: The least that is allowed.
        high: The most that is allowed.
        fix: The likely remedy.
        arrays: What it was given, by argument.

    Raises:
        BadInput: It names the least and the greatest element.
    """
    problems = []
    for name, array in arrays.items():
        least, most = float(array.min()), float(array.max())
        if not (least >= low and most <= high):
            got = f"values from {least:g} to {most:g}"
            problems.append(Problem(f"{where}.{name}", got, f"values from {low:g} to {high:g}", fix))
    if problems:
        raise BadInput(*problems)


def require_at_least(where: str, least: float, *, above: bool = False, fix: str = "", **settings: object) -> None:
    """Refuse settings that are no finite number, or too small a one.

    Args:
        where: The function that asks.
        least: The least that is allowed.
        above: Whether that itself is too small.
        fix: The likely remedy.
        settings: What it was given, by argument.

    Raises:
        BadInput: All of them that are wrong.
    """
    expected = f"a finite number {'above' if above else 'of at least'} {least:g}"
    problems = []
    for name, value in settings.items():
        if not _is_finite_number(value) or value < least or (above and value == least):  # type: ignore[operator]
            problems.append(Problem(f"{where}.{name}", repr(value), expected, fix))
    if problems:
        raise BadInput(*problems)


def require_flag(where: str, **settings: object) -> None:
    """Refuse settings that are neither True nor False, such as the name of a reduction that came in their place.

    Args:
        where: The function that asks.
        settings: What it was given, by argument.

    Raises:
        BadInput: All of them that are wrong.
    """
    problems = []
    for name, value in settings.items():
        if not isinstance(value, bool | np.bool_):
            fix = "a reduction is named: reduction='mean'" if isinstance(value, str) else ""
            problems.append(Problem(f"{where}.{name}", repr(value), "True or False", fix))
    if problems:
        raise BadInput(*problems)


def _is_finite_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        # A whole number that no float can hold.
        return False


def _widened(array: NDArray[Any], common: np.dtype[Any]) -> Floats:
    wanted = array.dtype if array.dtype.kind == "f" else common
    return array.astype(np.float32 if wanted == np.float16 else wanted, copy=False)


def _dtype_fix(array: NDArray[Any]) -> str:
    if array.dtype.kind == "O":
        return "is there a None in it, or a row that is longer than the others?"
    if array.dtype.kind in "US":
        return "turn labels into numbers first"
    return "take the real part" if array.dtype.kind == "c" else ""


def _shape_fix(shapes: list[tuple[int, ...]]) -> str:
    without_ones = {tuple(side for side in shape if side != 1) for shape in shapes}
    if len(without_ones) == 1:
        return "squeeze or reshape one of them, as in predicted[:, 0]"
    return ""
