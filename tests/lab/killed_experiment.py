"""A whole experiment in a process that dies where it is told to, with all that it has started."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, final

from rewardlab.lab import (
    Engine,
    Event,
    LocalEngine,
    Plan,
    PlannedRun,
    ResultStore,
    at_work,
    claimed_work,
    missing_runs,
    run_experiment,
    submission,
    written_beside,
)
from rewardlab.lab.engines.engine import Job, Work
from rewardlab.lab.store import Claims
from rewardlab.reports.folder import write_tables
from tests.lab.forked import fork
from tests.lab.small_experiment import plan_of, small_spec

ROOT = Path(__file__).parents[2]
TABLES = ("results.csv", "results.json")
MOMENTS = (
    "before submit",
    "after submit",
    "before claim",
    "after claim",
    "checkpoint",
    "before commit",
    "after commit",
    "export",
)
"""Where it can die: right before or after the transaction is on the disk, or once there is something in the folder."""


@cache
def tabular_plan() -> Plan:
    """Four short runs of a learner that starts in no time."""
    # Cached, since the copies of a process that all make it would take longer for that than to do it.
    algorithm = {"name": "q_learning", "num_envs": 10, "settings": {"gamma": 0.97}}
    return plan_of(small_spec(name="killed", algorithm=algorithm, budget_steps=3000, evaluation_episodes=10))


def start(folder: Path, moment: str = "") -> int:
    """Begin to work on the experiment in a fresh Python, with processes for its runs; returns its number."""
    code = "import sys; from tests.lab.killed_experiment import drive; sys.exit(drive(*sys.argv[1:]))"

    def become() -> None:
        os.chdir(ROOT)
        os.execv(sys.executable, [sys.executable, "-c", code, str(folder), moment])

    return fork(become)


def drive(folder: str, moment: str = "", engine: Engine | None = None) -> int:
    """Do the experiment; runs in the process that dies.

    Args:
        folder: For store and tables.
        moment: When to die, one of `MOMENTS`; never by default.
        engine: Does the runs; a process for each by default.

    Returns:
        1 if a run has failed, else 0.
    """
    plan, path = tabular_plan(), Path(folder)
    store = ResultStore(path / "results.sqlite")
    _die_at(moment, store)
    experiment = submission(plan)
    failures: list[str] = []

    def listen(run: PlannedRun, event: Event) -> None:
        if event.kind == "failed":
            failures.append(run.identity)

    with at_work(store, experiment) as session:
        run_experiment(missing_runs(plan, store), session, engine or LocalEngine(2), listen, checkpoint_seconds=0.02)
        write_tables(store, experiment, path)
    return 1 if failures else 0


@final
class WithinEngine(Engine):
    """Does one job after the other, within this process."""

    def run(self, work: Work, jobs: Iterable[Job], preload: Sequence[str] = ()) -> Generator[Event]:
        """Do every job."""
        for index, job in enumerate(jobs):
            yield Event(index, "started")
            yield Event(index, "finished", work(job, lambda count: None))


def _die() -> None:
    os.killpg(0, signal.SIGKILL)


def _die_at(moment: str, store: ResultStore) -> None:
    when, _, what = moment.partition(" ")
    places: dict[str, tuple[Any, str]] = {
        "submit": (claimed_work, "enter"),
        "claim": (Claims, "take"),
        "commit": (Claims, "end"),
    }
    if what in places:
        holder, name = places[what]
        setattr(holder, name, _deadly(getattr(holder, name), when, store))
    elif moment == "checkpoint":
        threading.Thread(target=_die_of_files, args=(store.path.parent / "checkpoints",), daemon=True).start()
    elif moment == "export":
        # The file is written, and not yet called by its name.
        written_beside.os.fsync = lambda handle: _die()  # type: ignore[attr-defined]


def _deadly(function: Callable[..., Any], when: str, store: ResultStore) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        if when == "before":
            connection = store.file._connection()
            connection.set_trace_callback(lambda statement: _die() if statement == "COMMIT" else None)
        returned = function(*arguments)
        if when == "after":
            _die()
        return returned

    return call


def _die_of_files(folder: Path) -> None:
    while not list(folder.glob("*/*")):
        time.sleep(0.001)
    _die()
