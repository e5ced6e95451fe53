"""The part of `rewardlab run` that searches."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rewardlab.cli.engines import engine_of, guards_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from rewardlab.lab.engines import Engine
    from rewardlab.lab.search import Trial
    from rewardlab.lab.spec import ExperimentSpec
    from rewardlab.lab.store import ResultStore

__all__ = ["searched"]


def searched(spec: ExperimentSpec, path: Path, options: argparse.Namespace) -> tuple[ExperimentSpec, str]:
    """The experiment with what its search has found, and what both are part of; itself where it does not search."""
    from rich.console import Console
    from rich.text import Text

    from rewardlab.lab.experiment import submission
    from rewardlab.lab.experiment_size import refuse_large
    from rewardlab.lab.located_problems import told_by_line
    from rewardlab.lab.plan import plan_experiment
    from rewardlab.lab.search import check_search, search, search_of, with_best
    from rewardlab.lab.store import ResultStore

    wanted = search_of(spec)
    if wanted is None:
        return spec, ""
    with told_by_line(path):
        if not options.yes:
            refuse_large(wanted.trials, len(wanted.seeds), spec.budget_steps, f"{path}: sweep.search.trials")
        plan_experiment(check_search(spec, str(path)), str(path), allowed_modules=options.allow_code)
        # Another process may be a batch behind, or ahead; it is the same search.
        whole = submission(plan_experiment(spec, str(path), allowed_modules=options.allow_code)).spec_hash
    console = Console()
    engine = engine_of(options, spec.limits)
    store = ResultStore((Path("results") / spec.name if options.out is None else options.out) / "results.sqlite")
    runs = f"{wanted.trials} trials in batches of {wanted.batch}, on {len(wanted.seeds)} seeds of their own"
    console.print(Text(f"{spec.name}: a search, {runs}"), soft_wrap=True)

    def scores(tried: ExperimentSpec) -> Mapping[str, Sequence[float | None]]:
        return _scores(tried, whole, path, options, engine, store, console)

    trials = []
    for trial in search(spec, scores):
        trials.append(trial)
        console.print(Text(_line(trial)), soft_wrap=True)
    found = with_best(spec, trials)
    name = found.variants[-1].name
    console.print(
        Text(f"Found: {name}. It is trained anew, on the seeds of the file, beside the others"), soft_wrap=True
    )
    return found, whole


def _scores(
    tried: ExperimentSpec,
    whole: str,
    path: Path,
    options: argparse.Namespace,
    engine: Engine,
    store: ResultStore,
    console: Console,
) -> dict[str, list[float | None]]:
    """Train what is tried: by the name of each variant, its objective on each seed."""
    from rewardlab.lab.claimed_work import at_work
    from rewardlab.lab.experiment import CHECKPOINT_SECONDS, missing_runs, run_experiment, submission
    from rewardlab.lab.plan import plan_experiment
    from rewardlab.reports.progress import ProgressDisplay

    plan = plan_experiment(tried, str(path), allowed_modules=options.allow_code)
    with at_work(store, submission(plan, whole)) as session:
        missing = missing_runs(plan, store)
        with ProgressDisplay(console, len(missing), tried.budget_steps) as display:
            seconds = tried.checkpoint_seconds or CHECKPOINT_SECONDS
            guards = guards_of(options)
            run_experiment(missing, session, engine, display, checkpoint_seconds=seconds, guards=guards)
    achieved: dict[str, list[float | None]] = {variant.name: [] for variant in tried.variants}
    for run in plan.runs:
        row = store.read(run.identity)
        is_scored = row is not None and row.state == "finished"
        achieved[run.variant].append(float(row.result["evaluation"]["objective"]) if row and is_scored else None)
    return achieved


def _line(trial: Trial) -> str:
    finished = [f"{score:.4g}" for score in trial.scores if score is not None]
    shown = f"objective {trial.score:.4g}" if trial.score is not None else "a run failed, so it counts for nothing"
    return f"trial {trial.number}, {trial.variant}: {shown} ({', '.join(finished) or 'none'})"
