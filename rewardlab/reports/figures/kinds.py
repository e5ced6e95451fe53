"""The figures of an experiment by their kinds, made from what its store holds and from nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rewardlab.errors import BadInput, Problem
from rewardlab.lab.comparison import Comparison
from rewardlab.lab.written_beside import path_problems, written_beside
from rewardlab.reports.curves import curves_figure
from rewardlab.reports.distance_study import draw_study
from rewardlab.reports.figures.drawn_ledger import ledger_figure
from rewardlab.reports.figures.drawn_scores import score_figure
from rewardlab.reports.figures.goodhart_plane import training_plane
from rewardlab.reports.saved_figure import FIGURE_ENDINGS, save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FIGURE_KINDS", "check_figure_path", "write_figure", "write_study_figure"]

FIGURE_KINDS: Mapping[str, Callable[[Comparison], Figure | None]] = {
    "scores": score_figure,
    "curves": curves_figure,
    "goodhart": training_plane,
    "ledger": ledger_figure,
}
"""What can be drawn of a comparison; the first is drawn if nothing is said."""


def check_figure_path(path: Path) -> None:
    """Refuse a file that no figure can be written to, before anything is drawn.

    Raises:
        BadInput: Its ending is none of `FIGURE_ENDINGS`, it is a folder, or its folder does not exist.
    """
    problems = []
    if path.suffix not in FIGURE_ENDINGS:
        got = f"the ending {path.suffix!r}" if path.suffix else "no ending"
        problems.append(Problem(str(path), got, f"one of {', '.join(FIGURE_ENDINGS)}"))
    problems += path_problems(path)
    if problems:
        raise BadInput(*problems)


def write_figure(comparison: Comparison, kind: str, path: Path) -> Path:
    """Draw a comparison into a file, as a whole or not at all.

    Args:
        comparison: What to draw.
        kind: One of `FIGURE_KINDS`.
        path: As `check_figure_path` wants it.

    Returns:
        The path.

    Raises:
        BadInput: There is no such figure, or nothing is finished that it could show.
    """
    check_figure_path(path)
    if kind not in FIGURE_KINDS:
        raise BadInput(Problem("kind", repr(kind), f"one of {', '.join(FIGURE_KINDS)}"))
    figure = FIGURE_KINDS[kind](comparison)
    if figure is None:
        name = comparison.plan.spec.name
        if any(variant.runs for variant in comparison.variants):
            got = f"nothing that {kind!r} could show: too short a training for a curve, or one that paid nothing"
            raise BadInput(Problem(name, got, "learning curves", "the kind 'scores' needs none"))
        raise BadInput(Problem(name, "no finished run", "one at least", f"`rewardlab status {name}` says why"))
    with written_beside(path) as beside:
        save_figure(figure, beside)
    return path


def write_study_figure(rows: Sequence[Mapping[str, Any]], path: Path) -> Path:
    """Draw a study of distances into a file, as a whole or not at all.

    Args:
        rows: Of `rewardlab.lab.distance_study.study_rows`.
        path: As `check_figure_path` wants it.

    Raises:
        BadInput: There are no rows, or the path cannot be written to.
    """
    check_figure_path(path)
    if not rows:
        raise BadInput(Problem("the study", "nothing that is finished", "some proxies at least", "run it"))
    with written_beside(path) as beside:
        draw_study(rows, beside)
    return path
