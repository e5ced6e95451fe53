"""Whether an owner still lives: by its process where that can be seen, else by its heartbeat."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import final

from rewardlab.lab.store.owner import Owner, has_ended

__all__ = ["HEARTBEAT_SECONDS", "SILENCE_SECONDS", "OwnerWatch"]

HEARTBEAT_SECONDS = 10.0
"""Between two heartbeats of an owner."""

SILENCE_SECONDS = 60.0
"""Of watching an owner that says nothing, until it counts as lost."""

_LONGEST_LOOK = 5.0
_TOO_OLD = 10


@final
class OwnerWatch:
    """Watches owners, and tells which of them are lost.

    A process of this machine is lost as soon as it is gone. Any other, or one that is there but stopped, is lost once
    it was silent for long enough *while this process looked*: clocks of two machines are compared only by many times
    that, and where both were asleep together, neither blames the other.

    Args:
        silence_seconds: Of watching, until a silent owner is lost.
        clock: Seconds that only grow.
        wall: Seconds since 1970.
    """

    def __init__(
        self,
        silence_seconds: float = SILENCE_SECONDS,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._silence_seconds = silence_seconds
        self._clock = clock
        self._wall = wall
        self._heard: dict[str, tuple[float, float, float]] = {}  # nonce: heartbeat, last look, watched silence

    def is_lost(self, owner: Owner, heartbeat: float) -> bool:
        """Whether an owner is lost.

        Args:
            owner: The process.
            heartbeat: When it last said that it lives, in seconds since 1970 by its own clock.
        """
        ended = has_ended(owner)
        if ended is not None and ended:
            return True
        now = self._clock()
        last, looked, silent = self._heard.get(owner.nonce, (heartbeat, now, 0.0))
        silent = silent + min(now - looked, _LONGEST_LOOK) if last == heartbeat else 0.0
        self._heard[owner.nonce] = (heartbeat, now, silent)
        if silent >= self._silence_seconds:
            return True
        return ended is None and self._wall() - heartbeat > _TOO_OLD * self._silence_seconds
