"""Runs without a result, in the open: which, where, and why."""

from __future__ import annotations

from rewardlab.lab.comparison import Comparison
from rewardlab.reports.page.section import Section, TextTable
from rewardlab.reports.page.shown_text import shortened

__all__ = ["failures_section"]

_MOST_ROWS = 200
_REASON_CHARACTERS = 1_000


def failures_section(comparison: Comparison) -> Section | None:
    """A row for each run that failed or has not run; None if all are finished.

    Args:
        comparison: What the experiment found.
    """
    identities = {(run.variant, run.seed): run.identity for run in comparison.plan.runs}
    rows = [
        [f"{variant.name}, seed {seed}", identities[variant.name, seed], shortened(reason, _REASON_CHARACTERS)]
        for variant in comparison.variants
        for seed, reason in variant.failures.items()
    ]
    if not rows:
        return None
    lead = "They are missing in every number of this page. `rewardlab run` tries them again, and nothing else."
    if len(rows) > _MOST_ROWS:
        lead += f" The first {_MOST_ROWS} of {len(rows)}; provenance.json has all."
    table = TextTable(["run", "identity", "what happened"], rows[:_MOST_ROWS], is_prose=True)
    return Section("failed", "Runs without a result", lead, tables=[table])
