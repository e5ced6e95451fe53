"""Whether an observation lies in its space, and where it does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from rewardlab.errors import Problem

__all__ = ["brief", "kept_apart", "same", "space_problems"]


def space_problems(space: spaces.Space[Any], value: Any, where: str, what: str = "observation") -> list[Problem]:
    """What is wrong with an observation.

    Args:
        space: Where it should lie.
        value: The observation.
        where: The place for the messages, such as ``"step 3"``.
        what: What to call it.
    """
    if isinstance(space, spaces.Dict):
        if not isinstance(value, Mapping) or set(value) != set(space.spaces):
            got = f"keys {sorted(value)}" if isinstance(value, Mapping) else type(value).__name__
            return [Problem(where, f"{what} with {got}", f"a dictionary with the keys {sorted(space.spaces)}")]
        parts = space.spaces.items()
        return [each for key, part in parts for each in space_problems(part, value[key], where, f"{what}[{key!r}]")]
    if isinstance(space, spaces.Tuple):
        if not isinstance(value, tuple) or len(value) != len(space.spaces):
            return [Problem(where, f"{what} {brief(value)}", f"a tuple of {len(space.spaces)} parts")]
        places = enumerate(space.spaces)
        return [
            each for index, part in places for each in space_problems(part, value[index], where, f"{what}[{index}]")
        ]
    if isinstance(space, spaces.Box) and not isinstance(value, np.ndarray):
        return [_outside_box(space, value, where, what)]
    if space.contains(value):
        return []
    if isinstance(space, spaces.Box):
        return [_outside_box(space, value, where, what)]
    return [Problem(where, f"{what} {brief(value)}", f"one in {space}", "change the space, or what is observed")]


def brief(value: Any) -> str:
    """A value in at most 60 characters on one line, and its type."""
    text = " ".join(repr(value).split())
    return f"{text if len(text) <= 60 else text[:57] + '...'} ({type(value).__name__})"


def kept_apart(value: Any) -> Any:
    """A copy of an observation, to see later whether it was changed."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return {key: kept_apart(part) for key, part in value.items()}
    return tuple(kept_apart(part) for part in value) if isinstance(value, tuple) else value


def same(one: Any, other: Any) -> bool:
    """Whether two observations, or any nested data, are equal; NaN equals NaN."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return set(one) == set(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(same(left, right) for left, right in zip(one, other, strict=True))
    if isinstance(one, np.ndarray) and one.dtype == object:
        return isinstance(other, np.ndarray) and one.shape == other.shape and same(one.tolist(), other.tolist())
    try:
        left, right = np.asarray(one), np.asarray(other)
        return left.shape == right.shape and np.array_equal(left, right, equal_nan=left.dtype.kind in "fc")
    except (TypeError, ValueError):
        return bool(one == other)


def _outside_box(space: spaces.Box, value: Any, where: str, what: str) -> Problem:
    if not isinstance(value, np.ndarray):
        fix = f"return np.asarray(..., dtype=np.{space.dtype})"
        return Problem(where, f"{what} of type {type(value).__name__}", "a NumPy array", fix)
    if value.shape != space.shape:
        return Problem(where, f"{what} of shape {value.shape}", f"shape {space.shape}")
    for problem in _numbers_outside(space, value, where, what):
        return problem
    fix = f"return it with .astype(np.{space.dtype})"
    return Problem(where, f"{what} of dtype {value.dtype}", f"{space.dtype}, as in its space", fix)


def _numbers_outside(space: spaces.Box, value: NDArray[Any], where: str, what: str) -> Iterator[Problem]:
    with np.errstate(invalid="ignore"):
        outside = ~((value >= space.low) & (value <= space.high))
    for index in zip(*np.nonzero(outside), strict=True):
        place = f"{what}[{', '.join(str(int(each)) for each in index)}]"
        bounds = f"a number in [{space.low[index]:g}, {space.high[index]:g}]"
        more = int(outside.sum()) - 1
        got = f"{place} = {value[index]:g}" + (f", and {more} more outside" if more else "")
        yield Problem(where, got, bounds, "widen the space, or clip what is observed")
        return
