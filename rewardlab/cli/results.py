"""`rewardlab status`, `rewardlab results` and `rewardlab reproduce`: what is kept of experiments."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rewardlab.errors import BadInput, Problem

if TYPE_CHECKING:
    from pathlib import Path

    from rewardlab.agents.guards import GuardSettings
    from rewardlab.agents.training import TrainingRun
    from rewardlab.lab.comparison import Comparison
    from rewardlab.lab.store import ResultStore, Submitted

__all__ = ["compared", "opened", "reproduce", "results", "show_study", "status", "study_found"]

_SHOWN_DIFFERENCES = 10


def status(options: argparse.Namespace) -> int:
    """Show how far experiments are, and who works on them."""
    from rewardlab.lab.experiment_status import experiment_status
    from rewardlab.lab.found_results import find_stores
    from rewardlab.lab.store import OwnerWatch, ResultStore
    from rewardlab.reports.status_text import status_data, status_lines

    shown: list[dict[str, Any]] = []
    for path in find_stores(options.what):
        store = ResultStore(path)
        for experiment in store.submitted():
            found = experiment_status(store, experiment, OwnerWatch(), time.time())
            where = str(path.parent)
            if options.json:
                shown.append(status_data(found, where))
            else:
                print("\n".join(status_lines(found, where)))
        if not store.submitted() and not options.json:
            print(f"{path.parent}: no experiment has been run here by this version; run it, and what is there is used")
    if options.json:
        print(json.dumps(shown, indent=2, allow_nan=False))
    return 0


def results(options: argparse.Namespace) -> int:
    """Show what came of an experiment, without training."""
    from rewardlab.lab.exports import provenance_lines, results_csv, results_json_lines

    store, experiment = opened(options.what)
    if "study" in experiment.spec and not (options.json or options.provenance):
        return _results_of_study(store, experiment, options)
    if options.csv:
        print(results_csv(store, experiment), end="")
    elif options.json:
        sys.stdout.writelines(results_json_lines(store, experiment))
    elif options.provenance:
        sys.stdout.writelines(provenance_lines(store, experiment, results_csv(store, experiment)))
    else:
        return _show(store, experiment, options)
    standings = store.standings(member.identity for member in experiment.members)
    ended = [found.state == "finished" for found in standings.values()]
    return 0 if len(ended) == len({member.identity for member in experiment.members}) and all(ended) else 1


def reproduce(options: argparse.Namespace) -> int:
    """Train one run anew and say whether every number is the same."""
    from rich.console import Console
    from rich.text import Text

    from rewardlab.agents.training import train
    from rewardlab.lab.reproducing import find_member
    from rewardlab.lab.reproducing import reproduce as reproduced

    console = Console()
    store = _store_with(options.result, options.what)
    name, member = find_member(store, options.result)

    def anew(run: TrainingRun, guards: GuardSettings) -> dict[str, Any]:
        told = f"{name}: {member.variant}, seed {member.seed} ({member.identity}) is trained anew"
        console.print(Text(told), soft_wrap=True)
        with console.status("training", spinner="line") as shown:
            return train(run, lambda steps: shown.update(f"{steps:,} of {run.budget_steps:,} steps"), guards=guards)

    found = reproduced(store, options.result, anew, allowed_modules=options.allow_code)
    verdict = (
        f"{len(found.results)} of {found.numbers} values differ"
        if found.results
        else f"the same, bit by bit: {found.numbers} values"
    )
    console.print(Text(verdict))
    for difference in found.results[:_SHOWN_DIFFERENCES]:
        console.print(Text(f"  {difference}"), soft_wrap=True)
    if len(found.results) > _SHOWN_DIFFERENCES:
        console.print(Text(f"  and {len(found.results) - _SHOWN_DIFFERENCES} more"))
    if found.provenance:
        console.print(Text("made with what is another now:" if found.results else "although another now is:"))
    for difference in found.provenance:
        console.print(Text(f"  {difference}"), soft_wrap=True)
    return 1 if found.results else 0


def opened(what: str | None) -> tuple[ResultStore, Submitted]:
    """The store and the experiment that are meant."""
    from rewardlab.lab.found_results import find_stores
    from rewardlab.lab.store import ResultStore

    paths = find_stores(what)
    if len(paths) > 1:
        names = ", ".join(path.parent.name for path in paths)
        raise BadInput(Problem("EXPERIMENT", f"none, and the results of {len(paths)}", f"one of {names}"))
    store = ResultStore(paths[0])
    experiments = store.submitted()
    if not experiments:
        fix = "run the experiment once more: what is there is used, and not trained again"
        raise BadInput(Problem(str(paths[0]), "runs that belong to no experiment", "an experiment", fix))
    return store, experiments[0]


def compared(store: ResultStore, experiment: Submitted, allowed_modules: Sequence[str]) -> Comparison:
    """What an experiment found, of what the store holds."""
    from rewardlab.lab.comparison import compare
    from rewardlab.lab.plan import plan_experiment
    from rewardlab.lab.spec import parse_spec

    if "study" in experiment.spec:
        folder = shlex.quote(str(store.path.parent))
        fix = f"a study has a page of its own: rewardlab report {folder}"
        raise BadInput(Problem(experiment.name, "a study", "an experiment with variants", fix))
    spec = parse_spec(dict(experiment.spec), experiment.name)
    return compare(plan_experiment(spec, experiment.name, allowed_modules=allowed_modules), store)


def study_found(
    store: ResultStore, experiment: Submitted, allowed_modules: Sequence[str]
) -> tuple[list[dict[str, Any]], list[str]]:
    """The rows of a study, of what the store holds, and why other blocks have none."""
    from rewardlab.lab.distance_study import planned_blocks, study_rows
    from rewardlab.lab.study_spec import DistanceStudySpec

    spec = DistanceStudySpec.model_validate(dict(experiment.spec))
    return study_rows(planned_blocks(spec, experiment.name, allowed_modules=allowed_modules), store)


def show_study(rows: Sequence[Mapping[str, Any]], failures: Sequence[str]) -> None:
    """Print what a study found, and why there is not more of it."""
    from rich.console import Console
    from rich.text import Text

    from rewardlab.reports.distance_study import study_lines

    console = Console()
    for line in [*(study_lines(rows) if rows else ["nothing is finished"]), *failures]:
        console.print(Text(line), soft_wrap=True)


def _results_of_study(store: ResultStore, experiment: Submitted, options: argparse.Namespace) -> int:
    from rewardlab.reports.distance_study import study_csv

    rows, failures = study_found(store, experiment, options.allow_code)
    if not options.csv:
        show_study(rows, failures)
    elif rows:
        print(study_csv(rows), end="")
    return 1 if failures else 0


def _show(store: ResultStore, experiment: Submitted, options: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.text import Text

    from rewardlab.reports.table import comparison_notes, comparison_tables

    comparison = compared(store, experiment, options.allow_code)
    console = Console()
    for table in comparison_tables(comparison, console.width):
        console.print(table)
    for note in comparison_notes(comparison):
        console.print(Text(note), soft_wrap=True)
    return 1 if any(variant.failures for variant in comparison.variants) else 0


def _store_with(result: str, what: str | None) -> ResultStore:
    """The only store, of those that are meant, in which a run is called so; the last one tells what is wrong."""
    from rewardlab.lab.found_results import find_stores
    from rewardlab.lab.reproducing import find_member
    from rewardlab.lab.store import ResultStore

    stores = [ResultStore(path) for path in find_stores(what)]
    fitting: list[ResultStore] = []
    for store in stores:
        try:
            find_member(store, result)
        except BadInput:
            continue
        fitting.append(store)
    if len(fitting) > 1:
        names = ", ".join(str(_folder(store)) for store in fitting)
        raise BadInput(Problem(f"RESULT {result!r}", f"a run of {len(fitting)} folders ({names})", "one", "use --in"))
    return (fitting or stores)[-1]


def _folder(store: ResultStore) -> Path:
    return store.path.parent
