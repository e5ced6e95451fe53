"""Doing what is to be done of an experiment, together with whoever else does: each task by one process at a time.

`at_work` enters a store, `do_claimed` takes tasks as an engine has room for them, keeps how each ended, and waits for
those that others have taken.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, final

from rewardlab.errors import RewardLabError
from rewardlab.lab.engines import Engine, Event
from rewardlab.lab.engines.engine import Job, Work
from rewardlab.lab.store import (
    MAX_ATTEMPTS,
    Claim,
    Claims,
    Heartbeat,
    Owner,
    OwnerWatch,
    ResultStore,
    StoredRun,
    Submitted,
    enter,
    leave,
    this_process,
)

__all__ = ["Session", "Task", "at_work", "do_claimed"]

_POLL_SECONDS = 0.5


@final
@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done once.

    Attributes:
        identity: Under which its end is kept.
        settings: What it is, as JSON data.
        job: What an engine is given.
    """

    identity: str
    settings: Mapping[str, Any]
    job: Job


@final
@dataclass(frozen=True, slots=True)
class Session:
    """This process, while it works on an experiment.

    Attributes:
        store: Where the ends are kept.
        experiment: What it works on.
        owner: The process.
        claims: What it takes tasks by.
        held: What it has taken and not ended, by identity.
        steps: How far each of these is.
    """

    store: ResultStore
    experiment: Submitted
    owner: Owner
    claims: Claims
    held: dict[str, Claim] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)


@contextmanager
def at_work(
    store: ResultStore,
    experiment: Submitted,
    *,
    max_attempts: int = MAX_ATTEMPTS,
    watch: OwnerWatch | None = None,
) -> Iterator[Session]:
    """Work on an experiment: other processes see that this one lives, and do not take what it has taken.

    Args:
        store: Its results.
        experiment: What it is.
        max_attempts: How often a task is begun whose process is lost each time.
        watch: Tells which others are lost; one with the usual patience by default.

    Raises:
        StoreTaken: The folder holds another experiment, or another process works on a different one in it.
    """
    owner, watch = this_process(), watch or OwnerWatch()
    enter(store, owner, experiment, watch)
    session = Session(store, experiment, owner, Claims(store, owner, watch, max_attempts=max_attempts))
    try:
        with Heartbeat(store, owner, experiment, lambda: session.steps):
            yield session
    finally:
        # Where even this cannot be written, others notice that the process is gone.
        with suppress(RewardLabError):
            for claim in session.held.values():
                session.claims.release(claim)
            leave(store, owner)


def do_claimed(
    tasks: Sequence[Task],
    session: Session,
    engine: Engine,
    work: Work,
    end: Callable[[Task, Event, float], StoredRun],
    preload: Sequence[str] = (),
) -> Generator[tuple[Task, Event]]:
    """Do tasks, or wait until others have done them.

    Args:
        tasks: What is not finished; each identity once. Those that have failed are tried again, once by all processes
            that began while they stood so.
        session: Of `at_work`.
        engine: Does the jobs.
        work: What is to be done with each job.
        end: Makes the row to keep of a task, the event that ended it, and the seconds that it took.
        preload: Modules that the engine's processes need.

    Yields:
        What happens to each task, in the end that it ``finished`` or ``failed``, whoever did it, once that is kept.
        When there is nothing to do for the first time but to wait for others, ``waiting``, with one of their tasks.
    """
    standings = session.store.standings(task.identity for task in tasks)
    failed = {identity: found.token for identity, found in standings.items() if found.state == "failed"}
    missing = {task.identity: task for task in tasks}
    has_waited = False
    while missing:
        taken: list[tuple[Task, Claim]] = []
        jobs = _taking(list(missing.values()), session, failed, taken)
        first = next(jobs, None)
        if first is not None:
            with closing(engine.run(work, chain([first], jobs), preload)) as events:
                for task, event in _kept(events, taken, session, end):
                    if event.kind in ("finished", "failed"):
                        del missing[task.identity]
                    yield task, event
        begun = time.monotonic()
        for task, event in list(_done_by_others(missing, session.store, failed)):
            del missing[task.identity]
            yield task, event
        if missing and first is None:
            if not has_waited:
                has_waited = True
                yield next(iter(missing.values())), Event(-1, "waiting", len(missing))
            # Looking at many takes a while, and there may be many who look.
            time.sleep(max(_POLL_SECONDS, 5 * (time.monotonic() - begun)))


def _taking(
    tasks: Sequence[Task], session: Session, failed: Mapping[str, int], taken: list[tuple[Task, Claim]]
) -> Iterator[Job]:
    """The jobs of those tasks that are free when their turn comes."""
    for task in tasks:
        claim = session.claims.take(task.identity, task.settings, failed.get(task.identity, -1))
        if claim is not None:
            session.held[task.identity] = claim
            taken.append((task, claim))
            yield task.job


def _kept(
    events: Iterator[Event],
    taken: Sequence[tuple[Task, Claim]],
    session: Session,
    end: Callable[[Task, Event, float], StoredRun],
) -> Iterator[tuple[Task, Event]]:
    """The events of an engine, each end kept before it is told; not those of tasks that others have taken since."""
    begun: dict[int, float] = {}
    for event in events:
        task, claim = taken[event.index]
        if event.kind == "started":
            begun[event.index] = time.monotonic()
        if event.kind == "progress":
            session.steps[task.identity] = int(event.payload)
        if event.kind not in ("finished", "failed"):
            yield task, event
            continue
        row = end(task, event, time.monotonic() - begun[event.index])
        is_kept = session.claims.end(claim, row)
        session.held.pop(task.identity, None)
        session.steps.pop(task.identity, None)
        if is_kept:
            yield task, _ending(row, event.index)


def _done_by_others(
    missing: Mapping[str, Task], store: ResultStore, failed: Mapping[str, int]
) -> Iterator[tuple[Task, Event]]:
    """The ends of tasks that are not this process's."""
    standings = store.standings(missing)
    for identity, standing in standings.items():
        has_failed = standing.state == "failed" and bool(standing.owner) and standing.token != failed.get(identity)
        ended = standing.state == "finished" or has_failed
        row = store.read(identity) if ended else None
        if row is not None:
            yield missing[identity], _ending(row, -1)


def _ending(row: StoredRun, index: int) -> Event:
    return Event(index, row.state, row.result if row.state == "finished" else row.message)
