"""Running an experiment: what is finished is skipped, the rest is trained, each end is kept at once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

from rewardlab.agents.algorithms import TABULAR
from rewardlab.agents.checkpoints import CheckpointSettings
from rewardlab.agents.guards import GuardSettings
from rewardlab.lab.claimed_work import Session, Task, do_claimed
from rewardlab.lab.engines import Engine, Event
from rewardlab.lab.plan import Plan, PlannedRun
from rewardlab.lab.provenance import run_provenance
from rewardlab.lab.store import Member, ResultStore, StoredRun, Submitted

__all__ = ["CHECKPOINT_SECONDS", "Listener", "missing_runs", "run_experiment", "submission"]

CHECKPOINT_SECONDS = 60.0
"""Of training, between two checkpoints of a run."""

_GUARDS = GuardSettings()

Listener = Callable[[PlannedRun, Event], None]
"""Told of every event of every run."""


def submission(plan: Plan, part_of: str = "") -> Submitted:
    """The experiment of a plan, as a store keeps it.

    Args:
        plan: Of all its runs.
        part_of: See `Submitted`.
    """
    names = [variant.name for variant in plan.spec.variants]
    runs = sorted(plan.runs, key=lambda run: (names.index(run.variant), run.seed))
    members = tuple(Member(run.variant, run.seed, run.identity) for run in runs)
    return Submitted(plan.spec.name, plan.spec.model_dump(mode="json"), members, part_of)


def missing_runs(plan: Plan, store: ResultStore) -> list[PlannedRun]:
    """The runs of a plan that are not finished, each identity once: variants that differ in name alone share runs."""
    distinct = {run.identity: run for run in plan.runs}
    standings = store.standings(distinct)
    finished = {identity for identity, found in standings.items() if found.state == "finished"}
    return [run for identity, run in distinct.items() if identity not in finished]


def run_experiment(
    runs: Sequence[PlannedRun],
    session: Session,
    engine: Engine,
    listener: Listener,
    *,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
    guards: GuardSettings = _GUARDS,
) -> None:
    """Train runs, or wait until other processes have, and keep how each of them ended.

    What a run can go on from lies in the folder ``checkpoints`` beside the store until its result is kept. It is also
    removed where a run failed of what it does: what is mended then is tried from the first step on.

    Args:
        runs: Such as `missing_runs` gives.
        session: Of `rewardlab.lab.claimed_work.at_work`.
        engine: Where runs are done.
        listener: Told what happens, for a progress display.
        checkpoint_seconds: Of training, between two checkpoints of a run.
        guards: What ends a run. They are no part of what a run is, but of where its result comes from.
    """
    from rewardlab.agents.training import TrainingJob, train_job

    # Whoever does a run may stand in another folder.
    folder = session.store.path.parent.resolve() / "checkpoints"
    planned = {run.identity: run for run in runs}
    # What a process left that died after a result was kept, and before it tidied up.
    _tidy(folder, [member.identity for member in session.experiment.members if member.identity not in planned])
    tasks = [
        Task(
            run.identity,
            run.settings,
            TrainingJob(run.training, CheckpointSettings(folder / run.identity, checkpoint_seconds), guards),
        )
        for run in runs
    ]
    is_tabular = all(run.training.algorithm == TABULAR for run in runs)
    preload = ["rewardlab.agents.training" if is_tabular else "rewardlab.agents.preload"]
    row = partial(_row, planned, session.experiment.spec_hash, type(engine).__name__, guards)
    with closing(do_claimed(tasks, session, engine, train_job, row, preload)) as happened:
        for task, event in happened:
            if event.kind == "finished" or (event.kind == "failed" and _failed_by_itself(session.store, task.identity)):
                _tidy(folder, [task.identity])
            listener(planned[task.identity], event)


def _row(
    planned: dict[str, PlannedRun],
    spec_hash: str,
    engine: str,
    guards: GuardSettings,
    task: Task,
    event: Event,
    seconds: float,
) -> StoredRun:
    """What to keep of a run. What differs by machine or interruption is provenance, and no result."""
    training = planned[task.identity].training
    provenance = run_provenance(training, spec_hash=spec_hash, engine=engine, seconds=seconds)
    if guards != _GUARDS:
        provenance["largest_number"] = str(guards.largest)
    if event.detail:
        provenance["detail"] = event.detail
    if event.place:
        provenance["place"] = event.place
    if event.kind == "finished" and "diverged" in event.payload:
        provenance["diverged"] = dict(event.payload["diverged"])
        message = str(provenance["diverged"].pop("message"))
        return StoredRun(task.identity, "failed", task.settings, {}, message, provenance)
    if event.kind != "finished":
        return StoredRun(task.identity, "failed", task.settings, {}, str(event.payload), provenance)
    result: dict[str, Any] = dict(event.payload)
    if "resumed" in result:
        provenance["resumed"] = result.pop("resumed")
    try:
        json.dumps(result, allow_nan=False)
    except ValueError:
        why = "diverged: a score is NaN or infinite, expected finite ones; look at the environment's reward"
        return StoredRun(task.identity, "failed", task.settings, {}, why, provenance)
    return StoredRun(task.identity, "finished", task.settings, result, "", provenance)


def _failed_by_itself(store: ResultStore, identity: str) -> bool:
    """Whether a run diverged or raised, and its process was not ended by something else."""
    row = store.read(identity)
    if row is None:
        return False
    return "diverged" in row.provenance or "Traceback (most recent call last)" in row.provenance.get("detail", "")


def _tidy(folder: Path, identities: Sequence[str]) -> None:
    """Remove the checkpoints of runs whose results are kept."""
    if not folder.exists():
        return
    for identity in identities:
        shutil.rmtree(folder / identity, ignore_errors=True)
    with suppress(OSError):  # others are in it
        folder.rmdir()
