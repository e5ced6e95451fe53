"""`rewardlab figure`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rewardlab.errors import BadInput, Problem

if TYPE_CHECKING:
    from rewardlab.lab.store import ResultStore, Submitted

__all__ = ["figure"]


def figure(options: argparse.Namespace) -> int:
    """Draw an experiment for a paper, from the results that are kept."""
    from rewardlab.cli.results import compared, opened
    from rewardlab.reports.figures import check_figure_path, write_figure

    store, experiment = opened(options.what)
    if "study" in experiment.spec:
        print(f"Written: {_study(store, experiment, options)}")
        return 0
    kind = options.kind or "scores"
    path: Path = options.out or store.path.parent / f"{kind}.png"
    check_figure_path(path)
    print(f"Written: {write_figure(compared(store, experiment, options.allow_code), kind, path)}")
    return 0


def _study(store: ResultStore, experiment: Submitted, options: argparse.Namespace) -> Path:
    from rewardlab.cli.results import study_found
    from rewardlab.reports.figures import check_figure_path, write_study_figure

    if options.kind is not None:
        raise BadInput(Problem("--kind", repr(options.kind), "none, for a study has one figure", "leave it out"))
    path: Path = options.out or store.path.parent / "distances.png"
    check_figure_path(path)
    rows, _ = study_found(store, experiment, options.allow_code)
    return write_study_figure(rows, path)
