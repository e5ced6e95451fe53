"""`rewardlab report` and `rewardlab compare-reports`."""

from __future__ import annotations

import argparse

from rewardlab.cli import lines
from rewardlab.cli.subjects import collected
from rewardlab.errors import BadInput

__all__ = ["compare_reports", "report"]


def report(options: argparse.Namespace) -> int:
    """Write the page of an experiment, from the results that are kept."""
    from rewardlab.cli.results import compared, opened, study_found
    from rewardlab.lab.written_beside import path_problems
    from rewardlab.reports.page import write_page
    from rewardlab.reports.page.experiment_page import PAGE_NAME
    from rewardlab.reports.page.study_page import write_study_page

    store, experiment = opened(options.what)
    path = options.out or store.path.parent / PAGE_NAME
    if problems := path_problems(path):
        raise BadInput(*problems)
    with lines.doing("making the page: solving, auditing, playing replays again"):
        if "study" in experiment.spec:
            rows, failures = study_found(store, experiment, options.allow_code)
            write_study_page(rows, failures, store, experiment, path)
        else:
            write_page(compared(store, experiment, options.allow_code), store, experiment, path)
    print(f"Written: {path}")
    return 0


def compare_reports(options: argparse.Namespace) -> int:
    """Write the page of several experiments, before and after."""
    from rewardlab.cli.results import compared, opened
    from rewardlab.lab.written_beside import path_problems
    from rewardlab.reports.page.before_after import write_several
    from rewardlab.reports.page.several_experiments import ReportedExperiment

    problems = path_problems(options.out)
    found = []
    for what in options.what:
        with collected(problems):
            found.append(opened(what))
    if problems:
        raise BadInput(*problems)
    names = [experiment.name for _, experiment in found]
    labels = [
        experiment.name if names.count(experiment.name) == 1 else f"{experiment.name} in {store.path.parent}"
        for store, experiment in found
    ]
    with lines.doing(f"making the page of {len(found)} experiments"):
        reported = [
            ReportedExperiment(label, compared(store, experiment, options.allow_code), store, experiment)
            for label, (store, experiment) in zip(labels, found, strict=True)
        ]
        path = write_several(reported, options.out)
    print(f"Written: {path}")
    return 0
