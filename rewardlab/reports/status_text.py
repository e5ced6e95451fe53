"""How experiments stand, as lines of text."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rewardlab.lab.experiment_status import ExperimentStatus, RunStatus

__all__ = ["status_data", "status_lines"]

_STATES = ("finished", "running", "waiting", "broken off", "missing", "failed")


def status_lines(status: ExperimentStatus, where: str) -> list[str]:
    """The lines that say how an experiment stands.

    Args:
        status: How it stands.
        where: Its folder.
    """
    counts = status.counts
    parts = [f"{counts[state]} {_word(state)}" for state in _STATES if counts.get(state)]
    done = f"{counts.get('finished', 0)} of {len(status.runs)} runs finished"
    lines = [f"{status.name}: {done} ({', '.join(parts)}), in {where}"]
    for worker, silent in status.workers.items():
        lines.append(f"  {worker} works on it, last heard of {silent:.0f} s ago")
    if status.seconds_left is not None:
        lines.append(f"  about {_duration(status.seconds_left)} left, at the pace so far")
    lines += [_run_line(run, status.budget_steps) for run in status.runs if run.state in ("running", "broken off")]
    lines += [f"  {run.variant}, seed {run.seed} failed: {run.message}" for run in status.runs if run.state == "failed"]
    if not status.workers and set(counts) - {"finished"}:
        lines.append("  nobody works on it; the command that began it goes on from here")
    return lines


def status_data(status: ExperimentStatus, where: str) -> dict[str, Any]:
    """The same as JSON data."""
    return {
        "experiment": status.name,
        "folder": where,
        "spec_hash": status.spec_hash,
        "budget_steps": status.budget_steps,
        "counts": dict(status.counts),
        "seconds_left": status.seconds_left,
        "workers": [
            {"process": worker, "silent_seconds": round(silent, 1)} for worker, silent in status.workers.items()
        ],
        "runs": [asdict(run) for run in status.runs],
    }


def _run_line(run: RunStatus, budget_steps: int) -> str:
    share = f" ({100 * run.steps / budget_steps:.0f} %)" if budget_steps else ""
    return f"  {run.variant}, seed {run.seed}: {_word(run.state)}, {run.steps:,} steps{share}, {run.owner}"


def _word(state: str) -> str:
    return {"missing": "not begun"}.get(state, state)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
