"""Running an experiment: what is finished is skipped, the rest is trained, each end is kept at once."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from rewardlab.lab.engine import Event, run_jobs
from rewardlab.lab.plan import Plan, PlannedRun
from rewardlab.lab.store import ResultStore, StoredRun

__all__ = ["Listener", "run_experiment"]

Listener = Callable[[PlannedRun, Event], None]
"""Told of every event of every run."""

_PACKAGES = ("rewardlab", "gymnasium", "numpy", "stable-baselines3", "torch")


def run_experiment(plan: Plan, store: ResultStore, workers: int, listener: Listener) -> None:
    """Train every run of a plan that the store does not hold as finished.

    Args:
        plan: The experiment.
        store: Where results are and go.
        workers: The number of processes at once.
        listener: Told what happens, for a progress display.
    """
    missing = [run for run in plan.runs if not _is_finished(store, run)]
    started: dict[int, float] = {}
    if not missing:
        return
    # Runs of one identity (two variants that differ in name alone) are trained once.
    jobs = list({run.identity: run for run in missing}.values())
    from rewardlab.agents.training import train

    for event in run_jobs(train, [job.training for job in jobs], workers, ["rewardlab.agents.preload"]):
        if event.kind == "started":
            started[event.index] = time.monotonic()
        if event.kind in ("finished", "failed"):
            store.write(_row(jobs[event.index], event, time.monotonic() - started[event.index]))
        listener(jobs[event.index], event)


def _is_finished(store: ResultStore, run: PlannedRun) -> bool:
    row = store.read(run.identity)
    return row is not None and row.state == "finished"


def _row(run: PlannedRun, event: Event, seconds: float) -> StoredRun:
    finished = event.kind == "finished"
    result: dict[str, Any] = event.payload if finished else {}
    message = "" if finished else str(event.payload)
    return StoredRun(
        run.identity, "finished" if finished else "failed", run.settings, result, message, _provenance(seconds)
    )


def _provenance(seconds: float) -> dict[str, Any]:
    return {
        "seconds": round(seconds, 3),
        "threads": 1,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "packages": {name: version(name) for name in _PACKAGES},
    }
