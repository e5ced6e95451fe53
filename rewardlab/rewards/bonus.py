"""Bonuses: what people add to a reward when they do not shape it by a potential. None of them is safe.

A bonus for a capture pays for captures in games that are lost, a bonus for approach pays for going to and fro, and a
bonus for being near the goal pays for never arriving (the bicycle of Randlov & Alstrom 1998 rode in circles; Ng, Harada
& Russell 1999 explain why). They are here to be compared with and to be caught by an audit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, final, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, InvalidReward, Problem, nearest, one_of
from rewardlab.rewards.potential import Potential

__all__ = ["Bonus", "BonusForm"]

_Read = Literal["state", "observation", "events"]

BonusForm = Literal["difference", "progress", "level"]
"""How a bonus may be made of a potential: what it gained or lost; what it gained, losses free; what it is."""


@final
@dataclass(frozen=True, slots=True)
class Bonus:
    """What is added to each step, without any promise about what is then optimal.

    Attributes:
        name: A name for messages.
        reads: What the function is given: ``"state"`` or ``"observation"`` (those where the steps began and those that
            they led to) or ``"events"`` (the events by name).
        function: ``([B, ...], [B, ...]) -> [B]`` for states and observations, ``(mapping of [B]) -> [B]`` for events.
        reads_events: The names of the events that the function asks for.

    Raises:
        BadInput: ``reads`` is none of the three.
    """

    name: str
    reads: _Read
    function: Callable[..., ArrayLike]
    reads_events: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        reads: str = self.reads
        if reads not in get_args(_Read):
            expected = "'state', 'observation' or 'events'"
            where = f"bonus {self.name!r}.reads"
            raise BadInput(Problem(where, repr(reads), expected, nearest(reads, get_args(_Read))))

    def of_places(self, now: NDArray[Any], reached: NDArray[Any]) -> NDArray[np.float64]:
        """The bonus of B steps from what they led from and to.

        Raises:
            InvalidReward: The function paid NaN, an infinity or another shape.
        """
        return self._checked(self.function(now, reached), len(reached))

    def of_events(self, events: Mapping[str, NDArray[np.float64]], size: int) -> NDArray[np.float64]:
        """The bonus of B steps from their events.

        Raises:
            InvalidReward: The function paid NaN, an infinity or another shape.
        """
        return self._checked(self.function(events), size)

    @staticmethod
    def from_event_weights(weights: Mapping[str, float], *, name: str = "events") -> Bonus:
        """So much for each event, such as ``{"captured": 0.1}``."""
        kept = {event: float(weight) for event, weight in weights.items()}

        def pay(events: Mapping[str, NDArray[np.float64]]) -> ArrayLike:
            return sum((weight * events[event] for event, weight in kept.items()), start=np.float64(0.0))

        return Bonus(name, "events", pay, tuple(kept))

    @staticmethod
    def from_potential(potential: Potential, *, form: BonusForm = "difference", weight: float = 1.0) -> Bonus:
        """A potential added the naive way.

        Args:
            potential: The potential; it is asked for terminal states too.
            form: ``"difference"`` pays ``next - now``, without the learner's discount and without giving back what is
                left at the end; ``"progress"`` pays gains and leaves losses free, so that going to and fro pays;
                ``"level"`` pays the potential itself at every step, so that staying near the goal pays.
            weight: The bonus is multiplied by it.

        Raises:
            BadInput: There is no such form.
        """
        if form not in get_args(BonusForm):
            raise BadInput(one_of("form", str(form), get_args(BonusForm), "form"))

        def pay(now: NDArray[Any], reached: NDArray[Any]) -> ArrayLike:
            there = potential(reached)
            if form == "level":
                return weight * there
            gained = there - potential(now)
            return weight * (np.maximum(gained, 0.0) if form == "progress" else gained)

        return Bonus(f"{form} of {potential.name}", cast("Any", potential.reads), pay)

    def _checked(self, amounts: ArrayLike, size: int) -> NDArray[np.float64]:
        paid = np.asarray(amounts)
        if paid.shape != (size,) or paid.dtype.kind not in "biuf":
            raise InvalidReward(
                f"bonus {self.name!r}: got {paid.dtype} of shape {paid.shape}, expected numbers of shape ({size},); "
                f"it takes a batch and returns one number per row"
            )
        values = paid.astype(np.float64)
        if not np.isfinite(values).all():
            row = int(np.flatnonzero(~np.isfinite(values))[0])
            raise InvalidReward(f"bonus {self.name!r}: got {values[row]} in row {row}, expected a finite number")
        return values
