"""Events of any environment: what every step has, what its info says, and what a function of steps says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, InvalidReward, Problem, nearest
from rewardlab.outside.named_code import is_code, named_object
from rewardlab.transitions import Transitions

__all__ = ["OWN_EVENTS", "EventSource", "event_sources"]

OWN_EVENTS = ("reward", "steps", "terminated", "truncated")
"""Events that every environment has: what it pays itself, 1 for each step, and whether the step ended the episode."""

_ABSENT = object()


@final
@dataclass(frozen=True, slots=True)
class EventSource:
    """Where the amounts of an event come from.

    Attributes:
        name: The event.
        key: Of the info; dots lead into tables that it holds. None for a function.
        missing: The amount where the info has no such key; None refuses that.
        function: Of B steps, ``[B]`` numbers; None for a key.
    """

    name: str
    key: str | None = None
    missing: float | None = None
    function: Callable[[Transitions], ArrayLike] | None = None

    def amount(self, info: Mapping[str, Any], steps: Transitions, when: str) -> float:
        """The amount of one step.

        Args:
            info: Of the step.
            steps: The step, as a batch of one, with the events that come before this one.
            when: The episode's step, for the messages.

        Raises:
            InvalidReward: The key is not there, or the amount is no finite number.
        """
        if self.function is not None:
            found: Any = np.asarray(self.function(steps))
            if found.shape != (1,):
                got = f"shape {found.shape} for a batch of 1"
                raise InvalidReward(f"event {self.name!r}, {when}: got {got}, expected one number per row")
            found = found[0]
        else:
            found = _looked_up(info, str(self.key))
            if (found is None or found is _ABSENT) and self.missing is not None:
                found = self.missing
            if found is _ABSENT:
                fix = nearest(str(self.key), [str(key) for key in info])
                known = ", ".join(sorted(str(key) for key in info)) or "nothing"
                raise InvalidReward(
                    f"event {self.name!r}, {when}: the info has no key {self.key!r}; it has {known}"
                    f"{f'; {fix}' if fix else ''}; where a key comes only now and then, give its amount elsewhere:"
                    f" {{key = {self.key!r}, missing = 0.0}}"
                )
        number = _number(found)
        if number is None:
            raise InvalidReward(f"event {self.name!r}, {when}: got {str(found)[:80]!r}, expected one finite number")
        return number


def event_sources(events: Mapping[str, Any]) -> tuple[EventSource, ...]:
    """Events from settings: name to a key of the info, to ``{key = ..., missing = ...}``, or to ``module:function``.

    Raises:
        BadInput: A name is taken, or a setting is none of these; all at once.
    """
    problems: list[Problem] = []
    sources = []
    for name, value in events.items():
        try:
            sources.append(_source(name, value))
        except BadInput as fault:
            problems += fault.problems
    if problems:
        raise BadInput(*problems)
    return tuple(sources)


def _source(name: str, value: object) -> EventSource:
    where = f"events.{name}"
    if name in OWN_EVENTS:
        raise BadInput(Problem(where, repr(name), f"a name other than {', '.join(OWN_EVENTS)}, which every step has"))
    if callable(value) or is_code(value):
        function = value if callable(value) else named_object(value, where)
        if not callable(function):
            raise BadInput(Problem(where, repr(value), "a function of steps"))
        return EventSource(name, function=function)
    if isinstance(value, str) and value:
        return EventSource(name, value)
    if isinstance(value, Mapping) and isinstance(value.get("key"), str) and not set(value) - {"key", "missing"}:
        missing = None if value.get("missing") is None else _number(value["missing"])
        if missing is not None or value.get("missing") is None:
            return EventSource(name, value["key"], missing)
    form = "a key of the info, {key = ..., missing = NUMBER}, or a function as in my_module:my_function"
    raise BadInput(Problem(where, repr(value), form))


def _looked_up(info: Mapping[str, Any], key: str) -> Any:
    """What stands there; `_ABSENT` where nothing does."""
    if key in info:
        return info[key]
    outer, dot, rest = key.partition(".")
    inner = info.get(outer) if dot else None
    return _looked_up(inner, rest) if isinstance(inner, Mapping) else _ABSENT


def _number(value: object) -> float | None:
    """A finite number; arrays of one element count."""
    array: NDArray[Any] = np.asarray(value)
    if array.size != 1 or not (array.dtype.kind in "biuf" or isinstance(value, Real)):
        return None
    number = float(array.reshape(()))
    return number if np.isfinite(number) else None
