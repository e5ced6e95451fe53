"""A thing with a memory, as data: what is taken of one can be given to another of the same make, which then goes on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np

from rewardlab.errors import BadInput, Problem

__all__ = ["Restorable", "generator_from"]

_BIT_GENERATORS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")


class Restorable(ABC):
    """What can be stopped and go on: an environment, a wrapper, a callback.

    The law: two objects made alike, one of which is given the other's snapshot, do the same from then on, bit by bit.
    """

    @abstractmethod
    def snapshot(self) -> dict[str, Any]:
        """All that it remembers and that its settings do not say: JSON data, with NumPy arrays as leaves.

        The arrays are copies: they stay as they are while it goes on.
        """

    @abstractmethod
    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a snapshot of another one that was made alike.

        Args:
            state: What `snapshot` gave; arrays are copied out of it.

        Raises:
            BadInput: It is one of another make.
        """


def generator_from(state: Mapping[str, Any]) -> np.random.Generator:
    """A generator that goes on where another one was: the way back from ``generator.bit_generator.state``.

    Raises:
        BadInput: It is no such state.
    """
    name = state.get("bit_generator")
    if name not in _BIT_GENERATORS:
        raise BadInput(Problem("state['bit_generator']", repr(name), f"one of {', '.join(_BIT_GENERATORS)}"))
    bits = getattr(np.random, name)()
    try:
        bits.state = dict(state)
    except (KeyError, TypeError, ValueError) as fault:
        got = f"{type(fault).__name__}: {fault}"
        raise BadInput(Problem(f"the state of a {name}", got, "bit_generator.state of a generator")) from None
    return np.random.Generator(bits)
