"""An experiment whose results were written by hand, so that what is shown of it is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rewardlab.lab import Plan, ResultStore, StoredRun, compare, submission
from rewardlab.lab.comparison import Comparison
from rewardlab.reports import write_report
from tests.lab.small_experiment import plan_of, small_spec

REWARDS = ("on_time", "speed", "fixed_speed", "pickup_bonus", "progress_bonus")
PICK_UP, DROP = 4, 5
REPLAY = {"seed": 3, "actions": [PICK_UP, DROP] * 20, "exploits": ["drop_at_once"]}


def comparison_of(folder: Path, *names: str, seeds: int = 3, failed: tuple[int, ...] = ()) -> Comparison:
    """What is found in a store where each variant was paid 10 times its seed, and achieved a tenth of it.

    Args:
        folder: For the store.
        names: Of the variants, all of which are paid ``speed``.
        seeds: The number of seeds.
        failed: The seeds whose run failed, in every variant.
    """
    variants = [
        {"name": name, "reward": "speed", "algorithm": {"settings": {"ent_coef": 0.001 * number}}}
        for number, name in enumerate(names)
    ]
    plan = plan_of(small_spec(variants=variants, seeds=seeds))
    return compare(plan, stored(plan, folder, failed))


def report_of(comparison: Comparison, store_folder: Path, folder: Path, tell: Callable[[str], None]) -> list[Path]:
    """Write the report of a comparison whose store is in a folder."""
    store = ResultStore(store_folder / "results.sqlite")
    return write_report(comparison, store, submission(comparison.plan), folder, tell)


def stored(plan: Plan, folder: Path, failed: tuple[int, ...]) -> ResultStore:
    """A store with a row for each run of a plan."""
    store = ResultStore(folder / "results.sqlite")
    for run in plan.runs:
        if run.seed in failed:
            store.write(StoredRun(run.identity, "failed", run.settings, {}, "step 7: got reward nan", {}))
        else:
            store.write(StoredRun(run.identity, "finished", run.settings, result(run.seed), "", {"seconds": 1.5}))
    return store


def result(seed: int) -> dict[str, Any]:
    """What a run of that seed came to."""
    curve = [
        {
            "steps": steps,
            "episodes": 5,
            "paid": 10.0 * seed + 1,
            "objective": 0.1 * seed,
            "evaluated": 0.1 * seed,
            "length": 40.0,
            "ledger": {"speed": 10.0 * seed, "shaping": 1.0},
        }
        for steps in (100, 200, 300)
    ]
    evaluation = {
        "objective": 0.1 * seed,
        "paid": 10.0 * seed,
        "steps": 40.0,
        "rewards": dict.fromkeys(REWARDS, 10.0 * seed),
        "exploits": {"drop_at_once": 0.5, "farm_pickups": 0.0, "drive_in_circles": 0.0},
        "events": {"delivered": 0.25 * seed},
    }
    return {"steps": 4000, "curve": curve, "evaluation": evaluation, "replay": dict(REPLAY)}
