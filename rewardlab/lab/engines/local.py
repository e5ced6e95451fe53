"""Running many jobs on local processes: one process and one thread for each, as many at once as there are cores."""

from __future__ import annotations

import multiprocessing
import os
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from typing import Any, final

from rewardlab.errors import BadInput, Problem
from rewardlab.lab.engines.attempt import Attempt, End
from rewardlab.lab.engines.engine import Engine, Event, Job, Work
from rewardlab.lab.engines.guardian import guard
from rewardlab.lab.engines.limits import RunLimits
from rewardlab.lab.engines.processes import can_read_processes

__all__ = ["LocalEngine", "check_workers"]

_THREADS = ("MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_LOOK_SECONDS = 0.25
_LOOK_SHARE = 0.02
"""Looking whether a limit is passed may cost this share of a core."""


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
        limits: Of each job.
        watch: Called about four times a second while jobs are done; what it raises ends them all.

    Raises:
        BadInput: Fewer than 1 process, or more than 256; or a limit of memory or processes where the system does not
            tell of them.
    """

    def __init__(
        self, workers: int | None = None, limits: RunLimits | None = None, watch: Callable[[], None] | None = None
    ) -> None:
        self.workers = check_workers(workers)
        self.limits = limits or RunLimits()
        self.watch = watch
        if (self.limits.memory_mib or self.limits.processes) and not can_read_processes():
            where = "--memory-limit, --process-limit"
            raise BadInput(Problem(where, "a limit", "none on this system, which has no /proc to read them from"))

    def run(self, work: Work, jobs: Iterable[Job], preload: Sequence[str] = ()) -> Generator[Event]:
        """Do every job; `Engine.run` says how. ``preload`` is imported once where the platform can share it."""
        context: Any = None
        waiting = enumerate(jobs)
        running: dict[Connection, _Trial] = {}
        look = _LOOK_SECONDS
        try:
            while True:
                # The next job is taken only when there is room for it.
                while len(running) < self.workers and (taken := next(waiting, None)) is not None:
                    context = context or _context(preload)
                    begun = [*self._begin(_Trial(*taken), context, work, running)]
                    yield Event(taken[0], "started")
                    yield from begun
                if not running:
                    return
                ready = wait([*running, *(trial.attempt.ended for trial in running.values())], look)
                for trial in [*running.values()]:
                    if trial.attempt.news not in ready and trial.attempt.ended not in ready:
                        continue
                    heard = trial.attempt.listen()
                    if isinstance(heard, int):
                        yield Event(trial.index, "progress", heard)
                    elif heard is not None:
                        del running[trial.attempt.news]
                        yield from self._end(trial, heard, context, work, running)
                if self.watch is not None:
                    self.watch()
                before = time.perf_counter()
                for trial in [*running.values()]:
                    passed = trial.attempt.judge(self.limits)
                    if passed is not None:
                        del running[trial.attempt.news]
                        yield from self._end(trial, passed, context, work, running)
                look = max(_LOOK_SECONDS, (time.perf_counter() - before) / _LOOK_SHARE)
        finally:
            for trial in running.values():
                trial.attempt.stop()
            for trial in running.values():
                trial.attempt.leave()

    def _begin(self, trial: _Trial, context: Any, work: Work, running: dict[Connection, _Trial]) -> Iterator[Event]:
        try:
            trial.attempt = Attempt(context, work, trial.job)
        except (OSError, EOFError) as fault:
            yield from self._end(trial, ("died", f"no process could be started: {fault}", ""), context, work, running)
        except Exception as fault:  # pickle raises what it likes
            line = " ".join(f"it cannot be sent to a process: {type(fault).__name__}: {fault}".split())
            yield from self._end(trial, ("failed", line, traceback.format_exc()), context, work, running)
        else:
            running[trial.attempt.news] = trial

    def _end(
        self, trial: _Trial, end: End, context: Any, work: Work, running: dict[Connection, _Trial]
    ) -> Iterator[Event]:
        kind, payload, detail = end
        if kind == "finished":
            yield Event(trial.index, "finished", payload, _told(trial.reasons))
            return
        trial.reasons.append(payload)
        if kind == "died" and len(trial.reasons) < self.limits.attempts:
            yield Event(trial.index, "retried", payload, detail)
            yield from self._begin(trial, context, work, running)
        else:
            yield Event(trial.index, "failed", _told(trial.reasons), detail)


@final
@dataclass(slots=True)
class _Trial:
    """A job, how earlier attempts at it ended, and the one that is being made."""

    index: int
    job: Job
    reasons: list[str] = field(default_factory=list)
    attempt: Attempt = field(init=False)


def _told(reasons: list[str]) -> str:
    if len(reasons) < 2:
        return "".join(reasons)
    if len(set(reasons)) == 1:
        return f"{reasons[0]} (in each of {len(reasons)} attempts)"
    return "; ".join(f"attempt {number}: {reason}" for number, reason in enumerate(reasons, 1))


def _context(preload: Sequence[str]) -> Any:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    # Our own code too: each process would import it anew.
    context.set_forkserver_preload([*preload, guard.__module__])
    with _one_thread_for_those_who_start():
        forkserver.ensure_running()
    return context


@contextmanager
def _one_thread_for_those_who_start() -> Iterator[None]:
    """Libraries of linear algebra read their number of threads once, when they are loaded, and it changes results."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
