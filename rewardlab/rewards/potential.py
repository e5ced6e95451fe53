"""Potentials: a number for a state, from which safe shaping is made.

Ng, Harada & Russell (1999), "Policy invariance under reward transformations", Theorem 1: adding
``gamma * potential(next) - potential(now)`` keeps every optimal policy, provided that the potential of a state in which
the task has *terminated* counts as 0 (Grzes 2017) and that gamma is the learner's own. The formula is here; what
remembers the last potential is in :mod:`rewardlab.wrappers`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, final, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, InvalidReward, Problem, nearest

__all__ = ["Potential", "ScheduledPotential", "shaping"]

_Read = Literal["state", "observation"]


def shaping(
    potential_now: ArrayLike, potential_next: ArrayLike, terminated: ArrayLike, gamma: float
) -> NDArray[np.float64]:
    """Potential-based shaping of B steps: ``gamma * potential_next * (not terminated) - potential_now``.

    A truncated step keeps the potential of its final state, because a learner that bootstraps there goes on without us.

    Args:
        potential_now: ``[B]`` potentials of the states where the steps began.
        potential_next: ``[B]`` potentials of the states they led to; ignored (even NaN) where ``terminated``.
        terminated: ``[B]`` bool, whether the step ended the task itself.
        gamma: The learner's discount, in [0, 1].

    Returns:
        ``[B]`` float64, what is added to the reward.
    """
    kept = np.where(terminated, 0.0, potential_next) if np.count_nonzero(terminated) else np.asarray(potential_next)
    return np.asarray(gamma * kept - np.asarray(potential_now), dtype=np.float64)


@final
@dataclass(frozen=True, slots=True)
class Potential:
    """A function from a batch of states, or of observations, to numbers.

    Attributes:
        name: The name under which it stands in a catalogue.
        function: ``[B, ...]`` in, ``[B]`` numbers out.
        reads: What the function is given: ``"state"`` (the ``info["state"]`` of a finite environment) or
            ``"observation"``.
        summary: One sentence: what it says about a state.
        known_finite: Whether every value has been looked at once and for all, so that no step has to.

    Raises:
        BadInput: The function is none, or ``reads`` is neither of the two.
    """

    name: str
    function: Callable[[NDArray[Any]], ArrayLike]
    reads: _Read
    summary: str = ""
    known_finite: bool = False

    def __post_init__(self) -> None:
        _check_made(self)

    def __call__(self, batch: NDArray[Any]) -> NDArray[np.float64]:
        """The potentials of a batch, ``[B]`` float64. They may be infinite or NaN; `finite` refuses that.

        Raises:
            InvalidReward: The function returned another shape.
        """
        try:
            return _one_for_each(self, np.asarray(self.function(batch)), batch)
        except Exception as fault:
            _add_who_was_asked(fault, self, batch)
            raise

    def at(self, batch: NDArray[Any], times: NDArray[np.int64]) -> NDArray[np.float64]:
        """The potentials of a batch at any times: always the same, see `ScheduledPotential`."""
        return self(batch)

    def finite(self, values: NDArray[np.float64], batch: NDArray[Any]) -> NDArray[np.float64]:
        """Pass potentials on if all are finite.

        Raises:
            InvalidReward: One is NaN or infinite; the message shows for which state or observation.
        """
        return values if self.known_finite else _finite(self, values, batch)

    def times(self, weight: float) -> Potential:
        """This potential, so many times as strong."""
        known = self.known_finite and abs(weight) <= 1.0  # a larger weight may overflow, and NaN is none
        scaled = _Scaled(self.function, weight)
        return Potential(f"{weight:g} * {self.name}", scaled, self.reads, self.summary, known)

    @staticmethod
    def from_table(values: ArrayLike, *, name: str = "table", summary: str = "") -> Potential:
        """A potential read from a table.

        Args:
            values: ``[S]`` finite numbers, one for each state of a finite model.
            name: The name of the potential.
            summary: One sentence: what it says about a state.

        Raises:
            BadInput: The table is not one-dimensional and finite.
        """
        table = np.array(values, dtype=np.float64)
        if table.ndim != 1 or not np.isfinite(table).all():
            raise BadInput(Problem(f"potential {name!r}", f"a table of shape {table.shape}", "[S] finite numbers"))
        table.setflags(write=False)
        return Potential(name, table.take, "state", summary, known_finite=True)


@final
@dataclass(frozen=True, slots=True)
class ScheduledPotential:
    """A potential that changes in time, such as one that fades out over a training.

    Devlin & Kudenko (2012), "Dynamic potential-based reward shaping": optimal policies are kept if each potential is
    taken at the time when its state was *visited*: ``gamma * potential(next, t + 1) - potential(now, t)``. To take both
    with the present potential is the fault that this class exists to avoid: going to and fro would pay. What no longer
    holds is that shaping equals other first values of a Q-table.

    Time is the number of paid steps that the environment has taken since its wrapper was made, over all episodes; in a
    vector each environment has its own.

    Attributes:
        name: A name for messages.
        function: ``[B, ...]`` states or observations and ``[B]`` int64 times in, ``[B]`` numbers out.
        reads: What the function is given: ``"state"`` or ``"observation"``.
        summary: One sentence: what it says about a state, and how that changes.

    Raises:
        BadInput: The function is none, or ``reads`` is neither of the two.
    """

    name: str
    function: Callable[[NDArray[Any], NDArray[np.int64]], ArrayLike]
    reads: _Read
    summary: str = ""

    def __post_init__(self) -> None:
        _check_made(self)

    def at(self, batch: NDArray[Any], times: NDArray[np.int64]) -> NDArray[np.float64]:
        """The potentials of a batch at some times, ``[B]`` float64. They may be infinite or NaN; `finite` refuses that.

        Raises:
            InvalidReward: The function returned another shape.
        """
        try:
            return _one_for_each(self, np.asarray(self.function(batch, times)), batch)
        except Exception as fault:
            _add_who_was_asked(fault, self, batch)
            raise

    def finite(self, values: NDArray[np.float64], batch: NDArray[Any]) -> NDArray[np.float64]:
        """Pass potentials on if all are finite.

        Raises:
            InvalidReward: One is NaN or infinite; the message shows for which state or observation.
        """
        return _finite(self, values, batch)

    @staticmethod
    def faded(potential: Potential, *, over_steps: int) -> ScheduledPotential:
        """A potential that is worth less and less, in a straight line down to nothing.

        Args:
            potential: What it is at first.
            over_steps: After so many steps of its environment it is 0.

        Raises:
            BadInput: ``over_steps`` is not at least 1.
        """
        if isinstance(over_steps, bool) or not isinstance(over_steps, int | np.integer) or over_steps < 1:
            raise BadInput(Problem("over_steps", repr(over_steps), "a number of steps, at least 1"))

        def fade(batch: NDArray[Any], times: NDArray[np.int64]) -> NDArray[np.float64]:
            return potential(batch) * np.maximum(0.0, 1.0 - times / over_steps)

        return ScheduledPotential(f"faded {potential.name}", fade, potential.reads, potential.summary)


@final
@dataclass(frozen=True, slots=True)
class _Scaled:
    """A function times a number; a class rather than a closure, so that potentials survive pickling."""

    function: Callable[[NDArray[Any]], ArrayLike]
    weight: float

    def __call__(self, batch: NDArray[Any]) -> NDArray[np.float64]:
        return self.weight * np.asarray(self.function(batch), dtype=np.float64)


def _check_made(potential: Potential | ScheduledPotential) -> None:
    function: object = potential.function
    reads: str = potential.reads
    where, known = f"potential {potential.name!r}", get_args(_Read)
    problems = []
    if not callable(function):
        problems.append(Problem(f"{where}.function", repr(function), "a function from a batch to numbers"))
    if reads not in known:
        fix = nearest(reads, known)
        problems.append(Problem(f"{where}.reads", repr(reads), "'state' or 'observation'", fix))
    if problems:
        raise BadInput(*problems)


def _one_for_each(
    potential: Potential | ScheduledPotential, values: NDArray[Any], batch: NDArray[Any]
) -> NDArray[np.float64]:
    fits = values.shape == (len(batch),)
    if not fits or values.dtype.kind not in "biufO":
        got, expected = (values.dtype, "numbers") if fits else (f"shape {values.shape}", f"({len(batch)},)")
        raise InvalidReward(
            f"potential {potential.name!r}: got {got}, expected {expected}; "
            f"it is given a batch of {potential.reads}s and returns one number for each"
        )
    # A copy: the function may return a view of an observation, which an environment may write over.
    return np.array(values, dtype=np.float64)


def _add_who_was_asked(fault: Exception, potential: Potential | ScheduledPotential, batch: NDArray[Any]) -> None:
    """A note, so that what a function of somebody's raised keeps its type and its place."""
    if not isinstance(fault, InvalidReward):
        given = f"it is given a batch of {potential.reads}s, here of shape {np.shape(batch)}"
        fault.add_note(f"potential {potential.name!r}: {given}, and returns one number for each")


def _finite(
    potential: Potential | ScheduledPotential, values: NDArray[np.float64], batch: NDArray[Any]
) -> NDArray[np.float64]:
    if np.count_nonzero(np.isfinite(values)) < len(values):
        row = int(np.flatnonzero(~np.isfinite(values))[0])
        raise InvalidReward(
            f"potential {potential.name!r}: got {values[row]} for {potential.reads} {batch[row]!r}, "
            f"expected a finite number"
        )
    return values
