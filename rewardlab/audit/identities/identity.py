"""Two sides of an equation, computed in two ways, and how far they are apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.dense_model import number_array

__all__ = ["Identity", "checked_arrays", "compared"]


@final
@dataclass(frozen=True, slots=True)
class Identity:
    """What both sides of an identity came to.

    Attributes:
        left: ``[...]`` one side.
        right: ``[...]`` the other, of the same shape.
        tolerance: The deviation that counts as rounding, relative to the largest entry of both sides or to 1.
    """

    left: NDArray[np.float64]
    right: NDArray[np.float64]
    tolerance: float

    @property
    def deviation(self) -> float:
        """The largest difference in size; infinite where a side is not finite, 0 where there is nothing to compare."""
        difference = np.abs(self.left - self.right)
        return float(np.where(np.isfinite(difference), difference, np.inf).max(initial=0.0))

    @property
    def holds(self) -> bool:
        """Whether both sides are equal up to rounding."""
        if not np.isfinite(self.deviation):
            return False
        largest = float(np.abs([self.left, self.right]).max(initial=0.0))
        return self.deviation <= self.tolerance * max(1.0, largest)

    @property
    def worst(self) -> tuple[int, ...]:
        """The place of the largest difference; empty where there is nothing to compare, or only one number a side."""
        if not self.left.size:
            return ()
        flat = int(np.nan_to_num(np.abs(self.left - self.right), nan=np.inf).argmax())
        return tuple(int(index) for index in np.unravel_index(flat, self.left.shape))


def compared(left: ArrayLike, right: ArrayLike, *, tolerance: float = 1e-9) -> Identity:
    """Put two sides beside each other.

    Args:
        left: ``[...]`` one side.
        right: ``[...]`` the other.
        tolerance: What counts as rounding, see `Identity`.

    Raises:
        BadInput: The shapes differ.
    """
    one, other = np.asarray(left, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if one.shape != other.shape:
        raise BadInput(Problem("identity", f"shapes {one.shape} and {other.shape}", "two sides of one shape"))
    return Identity(one, other, tolerance)


def checked_arrays(expected: Mapping[str, tuple[ArrayLike, tuple[int, ...]]]) -> list[NDArray[np.float64]]:
    """Arguments as arrays of finite numbers, or all that is wrong with them.

    Args:
        expected: Name to what came and the shape that it should have; -1 stands for any length.

    Returns:
        The arrays, float64, in the same order.

    Raises:
        BadInput: One has another shape, or an entry that is no number or not finite.
    """
    problems: list[Problem] = []
    arrays = []
    for name, (values, shape) in expected.items():
        try:
            array = number_array(values, name, "an array of numbers")
        except BadInput as fault:
            problems += fault.problems
            continue
        fits = array.ndim == len(shape) and all(want in (-1, got) for want, got in zip(shape, array.shape, strict=True))
        wanted = f"shape ({', '.join('any' if size < 0 else str(size) for size in shape)}), finite numbers"
        if not fits:
            problems.append(Problem(name, f"shape {array.shape}", wanted))
        elif not np.isfinite(array).all():
            problems.append(Problem(name, "NaN or an infinity", wanted))
        arrays.append(array)
    if problems:
        raise BadInput(*problems)
    return arrays
