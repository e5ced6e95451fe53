"""Running many jobs on local processes: one process and one thread for each, as many at once as there are cores."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Literal, final

from rewardlab.errors import BadInput, Problem, RewardLabError

__all__ = ["Event", "check_workers", "run_jobs"]

Job = Any
Work = Callable[[Job, Callable[[int], None]], dict[str, Any]]
"""Does one job; is given a function to report its progress with, and returns JSON data."""


@final
@dataclass(frozen=True, slots=True)
class Event:
    """News of one job.

    Attributes:
        index: Which job.
        kind: ``started``, ``progress`` (payload: a count), ``finished`` (payload: the result) or ``failed`` (payload:
            one line that says why).
        payload: As above.
    """

    index: int
    kind: Literal["started", "progress", "finished", "failed"]
    payload: Any = None


def check_workers(workers: int | None) -> int:
    """The number of processes to use: the cores by default.

    Raises:
        BadInput: Below 1 or above 256.
    """
    if workers is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not 1 <= workers <= 256:
        raise BadInput(Problem("--workers", str(workers), "a number of processes in [1, 256]"))
    return workers


def run_jobs(work: Work, jobs: Sequence[Job], workers: int, preload: Sequence[str] = ()) -> Generator[Event]:
    """Do every job in a process of its own and tell what happens, as it happens.

    A job that fails, or whose process dies, ends with the event ``failed``; the others go on. Leaving the iteration
    early stops all processes.

    Args:
        work: A module-level function.
        jobs: What it is given, one at a time; picklable.
        workers: The number of processes at once.
        preload: Modules that every process needs, imported once where the platform can share them.
    """
    context = _context(preload)
    waiting = deque(enumerate(jobs))
    running: dict[Connection, tuple[int, Any]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                index, job = waiting.popleft()
                receiving, sending = context.Pipe(duplex=False)
                process = context.Process(target=_work, args=(work, job, sending), daemon=True)
                process.start()
                sending.close()
                running[receiving] = (index, process)
                yield Event(index, "started")
            for connection in wait(list(running)):
                yield from _listen(connection, running)  # type: ignore[arg-type]
    finally:
        for connection, (_, process) in running.items():
            process.kill()
            process.join()
            connection.close()


def _context(preload: Sequence[str]) -> Any:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*preload])
    return context


def _listen(connection: Connection, running: dict[Connection, tuple[int, Any]]) -> Iterator[Event]:
    index, process = running[connection]
    try:
        kind, payload = connection.recv()
    except (EOFError, OSError):  # the latter if it died in the middle of a message
        process.join()
        how = f"signal {signal.Signals(-process.exitcode).name}" if process.exitcode < 0 else f"code {process.exitcode}"
        kind, payload = "failed", f"its process died ({how}); was it out of memory, or killed?"
    if kind != "progress":
        del running[connection]
        connection.close()
        process.join()
    yield Event(index, kind, payload)


def _work(work: Work, job: Job, sending: Connection) -> None:
    """Runs in the process of one job."""
    # Ctrl-C reaches the whole group; the parent decides what it means and ends its children.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        result = work(job, lambda count: sending.send(("progress", count)))
        sending.send(("finished", result))
    except RewardLabError as fault:
        sending.send(("failed", " ".join(str(fault).split())))
    except Exception as fault:  # whatever a stranger's environment raises must end this run only
        place = traceback.extract_tb(sys.exc_info()[2])[-1]
        line = " ".join(f"{type(fault).__name__}: {fault}".split())
        sending.send(("failed", f"{line} (in {place.name}, line {place.lineno} of {os.path.basename(place.filename)})"))  # noqa: PTH119
