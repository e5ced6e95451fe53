"""All numbers of an experiment as one table, those of `rewardlab results`, and what a reader must know of them."""

from __future__ import annotations

from collections.abc import Sequence

from rewardlab.lab.comparison import Comparison, VariantSummary
from rewardlab.reports.page.section import Section, TextTable
from rewardlab.reports.table import comparison_cells, comparison_notes

__all__ = ["numbers_section"]

_MOST_COLUMNS = 100


def numbers_section(comparison: Comparison) -> Section:
    """The table with its notes.

    Args:
        comparison: What the experiment found.
    """
    few = comparison.variants[:_MOST_COLUMNS]
    head: Sequence[str] = ["", *(_headed(variant) for variant in few)]
    rows = [row[: len(head)] for row in comparison_cells(comparison)]
    failures = {
        f"{variant.name}, seed {seed}: {reason}"
        for variant in comparison.variants
        for seed, reason in variant.failures.items()
    }
    # Failed runs have a section of their own.
    notes = [note for note in comparison_notes(comparison) if note not in failures]
    more = len(comparison.variants) - len(few)
    lead = f"The first {len(few)} of {len(few) + more} variants; `rewardlab results` has all." if more else ""
    return Section("numbers", "All numbers", lead, tables=[TextTable(head, rows)], notes=notes)


def _headed(variant: VariantSummary) -> str:
    """A mean of fewer seeds than were planned says so at once, for those that are left are often the better ones."""
    count = len(variant.runs)
    return f"{variant.name} ({count} of {variant.planned} seeds)" if count < variant.planned else variant.name
