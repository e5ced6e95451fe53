"""How far an experiment is, and who works on it: read from its store, also while others write there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, final

from rewardlab.lab.store import Member, OwnerWatch, Presence, ResultStore, Standing, Submitted, present

__all__ = ["ExperimentStatus", "RunStatus", "experiment_status"]

State = Literal["missing", "waiting", "running", "broken off", "finished", "failed"]


@final
@dataclass(frozen=True, slots=True)
class RunStatus:
    """How a run stands.

    Attributes:
        variant: Its variant.
        seed: Its seed.
        identity: Its own.
        state: ``missing`` was never begun; ``waiting`` was given back before it ended; ``running`` has an owner that
            lives; ``broken off`` has one that is lost: whoever runs the experiment next takes it on.
        steps: The environment steps that it had taken when last heard of.
        owner: The process that has it, while it is running or broken off; else empty.
        message: Why it failed; else empty.
        seconds: That it took; None if it has not finished.
    """

    variant: str
    seed: int
    identity: str
    state: State
    steps: int
    owner: str
    message: str
    seconds: float | None


@final
@dataclass(frozen=True, slots=True)
class ExperimentStatus:
    """How an experiment stands.

    Attributes:
        name: Its own.
        spec_hash: Of its spec.
        budget_steps: Of each run; 0 where its spec names none.
        runs: All that were planned, in the order of its tables.
        workers: Who works on it now, as text, and the seconds since each was last heard of.
    """

    name: str
    spec_hash: str
    budget_steps: int
    runs: tuple[RunStatus, ...]
    workers: Mapping[str, float]

    @property
    def counts(self) -> Mapping[str, int]:
        """The runs in each state."""
        return Counter(run.state for run in self.runs)

    @property
    def seconds_left(self) -> float | None:
        """What is left to do, at the pace of what is done, by those at work; None where neither is known."""
        took = [run.seconds for run in self.runs if run.seconds is not None]
        at_work = sum(run.state == "running" for run in self.runs)
        if not took or not at_work or not self.budget_steps:
            return None
        left = sum(
            1.0 - min(1.0, run.steps / self.budget_steps)
            for run in self.runs
            if run.state not in ("finished", "failed")
        )
        return left * sum(took) / len(took) / at_work


def experiment_status(store: ResultStore, experiment: Submitted, watch: OwnerWatch, now: float) -> ExperimentStatus:
    """How an experiment stands.

    Args:
        store: Its results.
        experiment: What it is.
        watch: Tells which owners are lost.
        now: Seconds since 1970.
    """
    owners = {presence.owner.nonce: presence for presence in present(store)}
    standings = store.standings(dict.fromkeys(member.identity for member in experiment.members))
    runs = tuple(_run(store, member, standings.get(member.identity), owners, watch) for member in experiment.members)
    workers = {
        str(presence.owner): max(0.0, now - presence.heartbeat)
        for presence in owners.values()
        if not watch.is_lost(presence.owner, presence.heartbeat)
    }
    budget = experiment.spec.get("budget_steps", 0)
    return ExperimentStatus(experiment.name, experiment.spec_hash, int(budget), runs, workers)


def _run(
    store: ResultStore,
    member: Member,
    standing: Standing | None,
    owners: Mapping[str, Presence],
    watch: OwnerWatch,
) -> RunStatus:
    state: State = "missing" if standing is None else standing.state
    steps, owner, message, seconds = 0, "", "", None
    if standing is not None and standing.state == "running":
        presence = owners.get(standing.owner)
        owner = "a process that is gone" if presence is None else str(presence.owner)
        if presence is None or watch.is_lost(presence.owner, presence.heartbeat):
            state = "broken off"
        steps = standing.steps
    elif standing is not None and standing.state in ("finished", "failed"):
        row = store.read(member.identity)
        if row is not None:  # else it was begun anew since
            message, seconds = row.message, _seconds(row.provenance) if row.state == "finished" else None
            steps = int(row.result.get("steps", 0))
    return RunStatus(member.variant, member.seed, member.identity, state, steps, owner, message, seconds)


def _seconds(provenance: Mapping[str, Any]) -> float | None:
    seconds = provenance.get("seconds")
    return None if seconds is None else float(seconds)
