"""Patience: a stranger's code may never return, and whoever waits for it must be able to say where it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar, final

from rewardlab.errors import Problem

__all__ = ["Patience", "Stopped", "patiently"]

Returned = TypeVar("Returned")


@final
class Stopped(Exception):
    """The work could not go on; what it was asked for stays unknown.

    Attributes:
        problem: Where, and why.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@final
class Patience:
    """Where the work is, and since when. The work tells it, who waits reads it.

    Attributes:
        seconds: How long one call of a stranger's code may take.
        place: What is called now, such as ``"step 3"``.
    """

    def __init__(self, seconds: float = 10.0) -> None:
        self.seconds = seconds
        self.place = "the beginning"
        self._since = time.monotonic()
        self._given_up = False

    def at(self, place: str) -> None:
        """Say what is called next.

        Raises:
            Stopped: Who waited has gone.
        """
        if self._given_up:
            raise Stopped(Problem(self.place, "an answer that came too late", f"one within {self.seconds:g} seconds"))
        self.place, self._since = place, time.monotonic()

    def left(self) -> float:
        """The seconds that the present call may still take."""
        return self._since + self.seconds - time.monotonic()

    def give_up(self) -> Problem:
        """Wait no longer, and say for what."""
        self._given_up = True
        expected = f"an answer within {self.seconds:g} seconds"
        return Problem(self.place, "no answer yet", expected, "look for a sleep, an endless loop, or a lock in it")


def patiently(work: Callable[[], Returned], patience: Patience) -> Returned:
    """Do some work in a thread of its own, and give it up once one of its calls takes too long.

    Python cannot end a thread: one that hangs is left behind, and goes with the process.

    Args:
        work: Tells ``patience`` before each call of a stranger's code.
        patience: How long to wait for each.

    Returns:
        What the work returns.

    Raises:
        Stopped: A call took too long. Whatever the work raises is raised here.
    """
    returned: list[Returned] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            returned.append(work())
        except BaseException as fault:  # a stranger's code may raise anything, SystemExit included
            raised.append(fault)

    patience.at(patience.place)
    worker = threading.Thread(target=run, name="a check", daemon=True)
    worker.start()
    while worker.is_alive():
        worker.join(max(0.0, patience.left()))
        if worker.is_alive() and patience.left() <= 0:
            raise Stopped(patience.give_up())
    if raised:
        raise raised[0]
    return returned[0]
