"""The page of one experiment, from what its store holds."""

from __future__ import annotations

from pathlib import Path

from rewardlab.lab.comparison import Comparison
from rewardlab.lab.store import ResultStore, Submitted
from rewardlab.lab.written_beside import write_text
from rewardlab.reports.page.answer import answer_sentence
from rewardlab.reports.page.document import page_html
from rewardlab.reports.page.scores import scores_section

__all__ = ["PAGE_NAME", "experiment_page", "write_page"]

PAGE_NAME = "report.html"
"""What the page is called in the folder of results."""


def experiment_page(comparison: Comparison, store: ResultStore, experiment: Submitted) -> str:
    """The page as text.

    Args:
        comparison: What the experiment found.
        store: Its results.
        experiment: Which run is which.
    """
    spec = comparison.plan.spec
    sections = [scores_section(comparison)]
    return page_html(
        spec.question or spec.name,
        answer_sentence(comparison),
        sections,
        footer=f"{spec.name}, spec {experiment.spec_hash}",
    )


def write_page(comparison: Comparison, store: ResultStore, experiment: Submitted, path: Path) -> Path:
    """Write `experiment_page` to a file, as a whole or not at all.

    Args:
        comparison: What the experiment found.
        store: Its results.
        experiment: Which run is which.
        path: Of the file.

    Returns:
        The path.
    """
    return write_text(path, [experiment_page(comparison, store, experiment)])
