"""Steps that nobody took, for rewards and potentials that come without an environment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput
from rewardlab.transitions import Transitions

__all__ = ["WIDTHS", "invented_episode", "invented_places", "readable_episode"]

WIDTHS: tuple[int | None, ...] = (None, 1, 2, 4, 8)
"""How many numbers an invented observation may hold; None stands for states of a finite model, by their index."""

_ROWS, _MOST_EVENTS = 20, 100


def invented_places(width: int | None) -> NDArray[Any]:
    """Places of a walk, the same ones at each call.

    Args:
        width: None for ``[B]`` indices of states, else ``[B, width]`` observations in [0, 1].
    """
    generator = np.random.default_rng(0)
    if width is None:
        return generator.integers(0, 4, _ROWS + 1)
    return generator.uniform(0.0, 1.0, (_ROWS + 1, width))


def invented_episode(width: int | None, events: tuple[str, ...] = (), *, least: int = 0) -> Transitions:
    """An episode of such places that ends in a termination.

    Args:
        width: As in `invented_places`.
        events: The events that its steps carry.
        least: The amounts of events are this or one more.
    """
    generator, places = np.random.default_rng(1), invented_places(width)
    ended = np.zeros(_ROWS, dtype=np.bool_)
    ended[-1] = True
    amounts = {name: generator.integers(least, least + 2, _ROWS).astype(np.float64) for name in events}
    return Transitions(places[:-1], generator.integers(0, 2, _ROWS), places[1:], ended, amounts)


def readable_episode(read: Callable[[Transitions], object], *, least: int = 0) -> Transitions | None:
    """An invented episode that a function of transitions can read; None if none was found.

    Which events it asks for is learned from what it misses.

    Args:
        read: A reward or a detector.
        least: As in `invented_episode`.
    """
    for width in WIDTHS:
        events: tuple[str, ...] = ()
        while len(events) < _MOST_EVENTS:
            try:
                read(invented_episode(width, events, least=least))
            except (BadInput, KeyError) as fault:
                missed = _missed(fault)
                if not missed or missed in events:
                    break
                events = (*events, missed)
                continue
            except (IndexError, TypeError, AttributeError):
                break  # of another width
            except Exception:  # noqa: S110 - what it says of it is for the battery to tell
                pass
            return invented_episode(width, events, least=least)
    return None


def _missed(fault: BadInput | KeyError) -> str:
    if isinstance(fault, KeyError):
        return fault.args[0] if fault.args and isinstance(fault.args[0], str) else ""
    problem = fault.problems[0]
    return problem.got.strip("'\"") if problem.where == "event" else ""
