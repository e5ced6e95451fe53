"""The page of one experiment, from what its store holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from rewardlab.lab.comparison import Comparison
from rewardlab.lab.store import ResultStore, Submitted
from rewardlab.lab.written_beside import write_text
from rewardlab.reports.page.answer import answer_sentence, failure_sentence
from rewardlab.reports.page.audit_findings import audit_section
from rewardlab.reports.page.audited_rewards import audited_rewards
from rewardlab.reports.page.distances_map import distances_section
from rewardlab.reports.page.document import page_html
from rewardlab.reports.page.failed_runs import failures_section
from rewardlab.reports.page.goodhart_plane import goodhart_section
from rewardlab.reports.page.learning import learning_section
from rewardlab.reports.page.ledger import ledger_section
from rewardlab.reports.page.numbers_table import numbers_section
from rewardlab.reports.page.origin import origin_section
from rewardlab.reports.page.replays import replays_of
from rewardlab.reports.page.scores import scores_section
from rewardlab.reports.page.section import Section
from rewardlab.reports.page.shown_text import shortened
from rewardlab.reports.page.value_maps import maps_section

__all__ = ["PAGE_NAME", "experiment_page", "experiment_sections", "write_page"]

_Part = TypeVar("_Part")

PAGE_NAME = "report.html"
"""What the page is called in the folder of results."""

_TITLE_CHARACTERS = 300


def experiment_page(comparison: Comparison, store: ResultStore, experiment: Submitted) -> str:
    """The page as text.

    Args:
        comparison: What the experiment found.
        store: Its results.
        experiment: Which run is which.
    """
    spec = comparison.plan.spec
    return page_html(
        shortened(spec.question or spec.name, _TITLE_CHARACTERS),
        answer_sentence(comparison),
        experiment_sections(comparison, store, experiment),
        warning=failure_sentence(comparison),
        footer=f"{spec.name}, spec {experiment.spec_hash}",
        replays=replays_of(comparison),
    )


def experiment_sections(comparison: Comparison, store: ResultStore, experiment: Submitted) -> list[Section]:
    """All that the page shows, in the order in which a reader wants it.

    Args:
        comparison: What the experiment found.
        store: Its results.
        experiment: Which run is which.
    """
    faults: list[str] = []
    rewards = _made(lambda: audited_rewards(comparison), "the audit", faults) or []
    parts: dict[str, Callable[[], Section | None]] = {
        "learning curves": lambda: learning_section(comparison),
        "the ledger": lambda: ledger_section(comparison),
        "objective against proxy": lambda: goodhart_section(comparison, rewards),
        "the audit's findings": lambda: audit_section(rewards),
        "distances": lambda: distances_section(rewards),
        "maps of the board": lambda: maps_section(rewards),
        "numbers": lambda: numbers_section(comparison),
        "origin": lambda: origin_section(comparison, store, experiment),
        "failed runs": lambda: failures_section(comparison),
    }
    made = [_made(make, what, faults) for what, make in parts.items()]
    if faults:
        made.append(Section("missing", "What this page could not show", notes=faults))
    return [scores_section(comparison), *(section for section in made if section is not None)]


def _made(make: Callable[[], _Part], what: str, faults: list[str]) -> _Part | None:
    """A part of the page; what goes wrong in one, such as in a stranger's environment, is told and costs no other."""
    try:
        return make()
    except Exception as fault:
        faults.append(f"{what}: {' '.join(f'{type(fault).__name__}: {fault}'.split())}")
        return None


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
