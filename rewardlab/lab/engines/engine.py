"""What an engine is: it does jobs somewhere else and tells what happens, as it happens."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, final

__all__ = ["Engine", "Event", "Job", "Work"]

Job = Any
"""What a function of module level is given; picklable."""

Work = Callable[[Job, Callable[[int], None]], dict[str, Any]]
"""Does one job; is given a function to report its progress with, and returns JSON data."""


@final
@dataclass(frozen=True, slots=True)
class Event:
    """News of one job.

    Attributes:
        index: Which job: the number of those that were taken before it.
        kind: ``started``, ``progress`` (payload: a count), ``retried`` (its process died or hung and another attempt
            begins; payload: one line that says why), ``finished`` (payload: the result) or ``failed`` (payload: one
            line that says why, of each attempt). Every job starts once and finishes or fails once. No engine's, but
            told beside theirs: ``waiting`` (payload: for how many jobs that other processes do).
        payload: As above.
        detail: What stands behind it, of many lines: the traceback of a job that raised, or where one was whose process
            died or hung; of a job that finished, why earlier attempts did not.
        place: Which machine did it, where it was perhaps not this one.
    """

    index: int
    kind: Literal["started", "progress", "retried", "waiting", "finished", "failed"]
    payload: Any = None
    detail: str = ""
    place: str = ""


class Engine(ABC):
    """Does jobs, several at once. This is all that a cluster needs to offer."""

    @abstractmethod
    def run(self, work: Work, jobs: Iterable[Job], preload: Sequence[str] = ()) -> Generator[Event]:
        """Do every job and tell what happens.

        A job that raises, or whose process dies in each of a few attempts, ends with the event ``failed``; the others
        go on. Leaving the iteration early stops all jobs.

        Args:
            work: A function of module level.
            jobs: What it is given. The next one is taken only when there is room for it, so that several engines can
                share one list of what is to be done. Taking it must not wait for anything.
            preload: Modules that every process needs.
        """
