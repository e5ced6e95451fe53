"""Running an experiment: what is finished is skipped, the rest is trained, each end is kept at once."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from importlib.metadata import version
from typing import Any

from rewardlab.lab.engines import Engine, Event
from rewardlab.lab.plan import Plan, PlannedRun
from rewardlab.lab.store import ResultStore, StoredRun

__all__ = ["Listener", "missing_runs", "run_experiment"]

Listener = Callable[[PlannedRun, Event], None]
"""Told of every event of every run."""

_PACKAGES = ("rewardlab", "gymnasium", "numpy", "stable-baselines3", "torch")


def missing_runs(plan: Plan, store: ResultStore) -> list[PlannedRun]:
    """The runs of a plan that are not finished, each identity once: variants that differ in name alone share runs."""
    missing = [run for run in plan.runs if not _is_finished(store, run)]
    return list({run.identity: run for run in missing}.values())


def run_experiment(runs: Sequence[PlannedRun], store: ResultStore, engine: Engine, listener: Listener) -> None:
    """Train runs and keep how each of them ended.

    Args:
        runs: Such as `missing_runs` gives.
        store: Where results go.
        engine: Where runs are done.
        listener: Told what happens, for a progress display.
    """
    from rewardlab.agents.training import train

    started: dict[int, float] = {}
    jobs = [run.training for run in runs]
    # Closed at once, whatever is raised here: no process outlives the experiment.
    with closing(engine.run(train, jobs, ["rewardlab.agents.preload"])) as events:
        for event in map(_with_finite_result, events):
            if event.kind == "started":
                started[event.index] = time.monotonic()
            if event.kind in ("finished", "failed"):
                store.write(_row(runs[event.index], event, time.monotonic() - started[event.index]))
            listener(runs[event.index], event)


def _with_finite_result(event: Event) -> Event:
    """The event, or the failure that it is if some number of a result is none."""
    try:
        json.dumps(event.payload, allow_nan=False)
    except ValueError:
        why = "evaluation: got a score that is NaN or infinite, expected finite ones; look at the environment's reward"
        return Event(event.index, "failed", why)
    return event


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
