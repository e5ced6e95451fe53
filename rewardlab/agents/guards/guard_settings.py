"""How large a number of a training may be before it is taken for a fault."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

from rewardlab.errors import BadInput, Problem

__all__ = ["GuardSettings"]

_LARGEST_FLOAT32 = 3.4028234663852886e38


@final
@dataclass(frozen=True, slots=True)
class GuardSettings:
    """What ends a run. NaN and infinities do always, since no training comes back from them.

    Networks compute in float32, which has 7 digits and ends at 3e38. A reward of 1e12 leaves nothing of the others
    beside it, and its square, which the value loss takes, is not far from the end.

    Attributes:
        largest: The largest size of a reward, a line of the ledger, an observation, an objective or a weight; in
            [1, inf]. Infinity turns off all that is about size.

    Raises:
        BadInput: It is out of its range.
    """

    largest: float = 1e12

    def __post_init__(self) -> None:
        """Refuse what is no bound."""
        if not self.largest >= 1.0:
            fix = "a reward of 1 is no fault"
            raise BadInput(Problem("--largest-number", repr(self.largest), "a number in [1, inf]", fix))

    @property
    def number(self) -> float:
        """The bound of what is `largest`; finite, and a float32."""
        return min(self.largest, _LARGEST_FLOAT32)

    @property
    def gradient(self) -> float:
        """The bound of the norm of a parameter's gradient: an error of `largest`, times inputs of up to 1e6."""
        return min(1e6 * self.largest, _LARGEST_FLOAT32)

    @property
    def loss(self) -> float:
        """The bound of a loss: the square of a hundred times `largest`."""
        return min(100.0 * self.largest, math.sqrt(_LARGEST_FLOAT32)) ** 2
