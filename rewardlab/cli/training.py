"""`rewardlab run` and `rewardlab compare`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rewardlab.cli import lines
from rewardlab.cli.engines import engine_of, guards_of
from rewardlab.cli.results import show_study
from rewardlab.cli.searching import searched
from rewardlab.errors import BadInput, Problem

if TYPE_CHECKING:
    from rewardlab.lab.engines import Event
    from rewardlab.lab.experiment import Listener
    from rewardlab.lab.plan import Plan, PlannedRun
    from rewardlab.lab.study_spec import DistanceStudySpec

__all__ = ["compare", "run"]


def run(options: argparse.Namespace) -> int:
    """Run an experiment and show what came of it."""
    from rewardlab.lab.experiment_size import refuse_large
    from rewardlab.lab.located_problems import told_by_line
    from rewardlab.lab.plan import plan_experiment
    from rewardlab.lab.shipped import find_spec
    from rewardlab.lab.study_spec import DistanceStudySpec, read_any_spec

    path = find_spec(options.experiment)
    spec = read_any_spec(path)
    if isinstance(spec, DistanceStudySpec):
        return _study(spec, path, options)
    if options.seeds is not None:
        spec = spec.model_copy(update={"seeds": list(range(options.seeds))})
    with told_by_line(path):
        if not options.yes:
            refuse_large(len(spec.variants), len(spec.seeds), spec.budget_steps, f"{path}: seeds")
    spec, whole = searched(spec, path, options)
    with told_by_line(path), lines.doing(f"importing and making {spec.environment.id}"):
        plan = plan_experiment(spec, str(path), allowed_modules=options.allow_code)
    return _train_and_show(plan, options, whole)


def compare(options: argparse.Namespace) -> int:
    """Compare rewards without a file."""
    from rewardlab.lab.experiment_size import refuse_large
    from rewardlab.lab.plan import plan_experiment
    from rewardlab.lab.quick_comparison import default_reward, quick_comparison
    from rewardlab.rewards.returns import check_gamma

    settings = dict(options.set)
    rewards = options.reward
    if not rewards:
        with lines.doing(f"importing and making {options.environment}"):
            rewards = [default_reward(options.environment, settings, allowed_modules=options.allow_code)]
    spec = quick_comparison(
        options.environment,
        rewards,
        options.shaping,
        gamma=check_gamma(options.gamma, "--gamma"),
        seeds=options.seeds,
        steps=options.steps,
        settings=settings,
    )
    if not options.yes:
        refuse_large(len(spec.variants), len(spec.seeds), spec.budget_steps, "--seeds")
    with lines.doing(f"importing and making {options.environment}"):
        plan = plan_experiment(spec, "compare", allowed_modules=options.allow_code)
    return _train_and_show(plan, options)


def _study(spec: DistanceStudySpec, path: Path, options: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import track
    from rich.text import Text

    from rewardlab.lab.claimed_work import at_work
    from rewardlab.lab.distance_study import planned_blocks, run_study, study_rows, study_submission
    from rewardlab.lab.located_problems import told_by_line
    from rewardlab.lab.store import ResultStore
    from rewardlab.lab.written_beside import write_text, written_beside
    from rewardlab.reports.distance_study import draw_study, study_csv
    from rewardlab.reports.folder import page_or_told
    from rewardlab.reports.page.experiment_page import PAGE_NAME
    from rewardlab.reports.page.study_page import write_study_page

    _refuse_for_study(options)
    if options.seeds is not None:
        spec = spec.model_copy(update={"seeds": options.seeds})
    console = Console()
    engine = engine_of(options)
    with told_by_line(path):
        blocks = planned_blocks(spec, str(path), allowed_modules=options.allow_code)
    folder = Path("results") / spec.name if options.out is None else options.out
    store = ResultStore(folder / "results.sqlite")
    experiment = study_submission(spec, blocks)
    with at_work(store, experiment) as session:
        before = sum(found.state == "finished" for found in store.standings(one.identity for one in blocks).values())
        console.print(Text(f"{spec.name}: {len(blocks)} blocks, {before} of them finished"))
        begun, bar = time.monotonic(), console.is_terminal
        ended = run_study(blocks, session, engine)
        for number, block in enumerate(track(ended, spec.name, len(blocks), console=console, disable=not bar), start=1):
            if number > before and not bar:
                seconds = time.monotonic() - begun
                console.print(Text(f"[{number}/{len(blocks)}] {block.label}: ended at {seconds:.0f} s"))
        rows, failures = study_rows(blocks, store)
        if rows:
            write_text(folder / "results.csv", [study_csv(rows)])
            with written_beside(folder / "distances.png") as beside:
                draw_study(rows, beside)
        page = page_or_told(
            lambda: write_study_page(rows, failures, store, experiment, folder / PAGE_NAME),
            PAGE_NAME,
            lambda text: console.print(Text(text), soft_wrap=True),
        )
    show_study(rows, failures)
    files = [*(["results.csv", "distances.png"] if rows else []), *(path.name for path in page), "results.sqlite"]
    console.print(Text(f"Written: {', '.join(files)} in {folder}"), soft_wrap=True)
    return 1 if failures else 0


def _refuse_for_study(options: argparse.Namespace) -> None:
    from rewardlab.lab.study_spec import MOST_SEEDS

    problems = []
    if options.seeds is not None and options.seeds > MOST_SEEDS:
        problems.append(Problem("--seeds", f"{options.seeds}", f"at most {MOST_SEEDS} learners for each proxy"))
    if options.largest_number is not None:
        fix = "its tables are looked at before anything is trained"
        problems.append(Problem("--largest-number", f"{options.largest_number:g}", "no bound for a study", fix))
    if options.tensorboard is not None:
        problems.append(Problem("--tensorboard", repr(str(options.tensorboard)), "none for a study: it has no curves"))
    if problems:
        raise BadInput(*problems)


def _train_and_show(plan: Plan, options: argparse.Namespace, part_of: str = "") -> int:
    from rich.console import Console
    from rich.text import Text

    from rewardlab.lab.claimed_work import at_work
    from rewardlab.lab.comparison import compare as compared
    from rewardlab.lab.experiment import CHECKPOINT_SECONDS, missing_runs, run_experiment, submission
    from rewardlab.lab.experiment_size import rounding_notes
    from rewardlab.lab.exports import results_csv, table_hash
    from rewardlab.lab.store import ResultStore
    from rewardlab.reports.folder import write_report
    from rewardlab.reports.progress import ProgressDisplay
    from rewardlab.reports.table import comparison_notes, comparison_tables
    from rewardlab.reports.tensorboard_log import TensorBoardLog

    console = Console()
    logs = [] if options.tensorboard is None else [TensorBoardLog(options.tensorboard)]
    engine = engine_of(options, plan.spec.limits)
    guards = guards_of(options)
    folder = Path("results") / plan.spec.name if options.out is None else options.out
    store = ResultStore(folder / "results.sqlite")
    experiment = submission(plan, part_of)
    # Until its files are written, nobody else may work on another experiment in this folder.
    with at_work(store, experiment) as session:
        missing = missing_runs(plan, store)
        distinct = len({run.identity for run in plan.runs})  # variants that differ in name alone share their runs
        console.print(Text(f"{plan.spec.name}: {distinct} runs, {distinct - len(missing)} of them finished"))
        for note in rounding_notes(plan):
            console.print(Text(note), soft_wrap=True)
        with ProgressDisplay(console, len(missing), plan.spec.budget_steps) as display:
            seconds = plan.spec.checkpoint_seconds or CHECKPOINT_SECONDS
            told = partial(_tell_all, [display, *logs])
            run_experiment(missing, session, engine, told, checkpoint_seconds=seconds, guards=guards)
        comparison = compared(plan, store)
        with console.status("writing tables, figures and the page", spinner="line"):
            files = write_report(comparison, store, experiment, folder, lambda text: console.print(Text(text)))
    for table in comparison_tables(comparison, console.width):
        console.print(table)
    for note in comparison_notes(comparison):
        console.print(Text(note), soft_wrap=True)
    console.print("Written:")
    for file in [*files, store.path]:
        console.print(Text(f"  {file}"), soft_wrap=True)
    console.print(Text(f"Hash of the table of results: {table_hash(results_csv(store, experiment))}"), soft_wrap=True)
    return 1 if any(variant.failures for variant in comparison.variants) else 0


def _tell_all(listeners: Sequence[Listener], run: PlannedRun, event: Event) -> None:
    for listener in listeners:
        listener(run, event)
