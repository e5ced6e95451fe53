"""Twenty-four small runs on whatever engine, and one hash of all that came of them.

``python -m tests.lab.engines.twenty_four_runs FOLDER [SCHEDULER]`` prints it.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rewardlab.lab import Plan, ResultStore, missing_runs, run_experiment
from rewardlab.lab.claimed_work import at_work
from rewardlab.lab.engines import DaskEngine, Engine, Event
from rewardlab.lab.experiment import submission
from rewardlab.lab.exports import results_json_lines
from tests.lab.small_experiment import plan_of, small_spec

TABULAR = {"name": "q_learning", "num_envs": 4, "settings": {"gamma": 0.97}}


def plans(seeds: int, *, tabular_only: bool = False) -> list[Plan]:
    """Two variants with so many seeds, by Q-learning and by PPO: with 6 seeds, 24 runs."""
    tabular = small_spec(name="tabular", seeds=[*range(seeds)], budget_steps=2000, algorithm=TABULAR)
    ppo = small_spec(name="ppo", seeds=[*range(seeds)], budget_steps=2000)
    return [plan_of(tabular)] if tabular_only else [plan_of(tabular), plan_of(ppo)]


def hash_of_results(
    experiments: list[Plan],
    engine: Callable[[], Engine],
    folder: Path,
    told: Callable[[Event], None] = lambda event: None,
) -> str:
    """Do the runs of some experiments and hash their settings and results, each number with all its digits.

    Raises:
        AssertionError: A run did not finish.
    """
    digest = hashlib.sha256()
    for plan in experiments:
        store = ResultStore(folder / plan.spec.name / "results.sqlite")
        with at_work(store, submission(plan)) as session:
            run_experiment(missing_runs(plan, store), session, engine(), lambda _, event: told(event))
        assert missing_runs(plan, store) == []
        for line in results_json_lines(store, submission(plan)):
            digest.update(line.encode())
    return digest.hexdigest()


def main(folder: str, *scheduler: Any) -> None:
    """Print the hash."""
    print(hash_of_results(plans(6), lambda: DaskEngine(*scheduler), Path(folder)))


if __name__ == "__main__":
    main(*sys.argv[1:])
