"""Running many jobs on local processes: one process and one thread for each, as many at once as there are cores."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Generator, Iterable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, final

from rewardlab.errors import BadInput, Problem, RewardLabError
from rewardlab.lab.engines.engine import Engine, Event, Job, Work

__all__ = ["LocalEngine", "check_workers"]


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


@final
class LocalEngine(Engine):
    """A process of its own for each job, and one thread in it.

    Args:
        workers: The number of processes at once; as many as there are cores by default.

    Raises:
        BadInput: Fewer than 1 process, or more than 256.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = check_workers(workers)

    def run(self, work: Work, jobs: Iterable[Job], preload: Sequence[str] = ()) -> Generator[Event]:
        """Do every job; `Engine.run` says how. ``preload`` is imported once where the platform can share it."""
        context = _context(preload)
        waiting = enumerate(jobs)
        running: dict[Connection, tuple[int, Any]] = {}
        try:
            while True:
                # The next job is taken only when there is room for it.
                while len(running) < self.workers and (taken := next(waiting, None)) is not None:
                    index, job = taken
                    receiving, sending = context.Pipe(duplex=False)
                    process = context.Process(target=_work, args=(work, job, sending), daemon=True)
                    process.start()
                    sending.close()
                    running[receiving] = (index, process)
                    yield Event(index, "started")
                if not running:
                    return
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
