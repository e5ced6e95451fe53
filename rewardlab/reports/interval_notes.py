"""What a reader must know of the intervals in a table: their kind, and how often such intervals were right."""

from __future__ import annotations

from collections.abc import Iterable

from rewardlab.lab.comparison import Comparison
from rewardlab.lab.statistics import Estimate, measured_at, measured_coverage

__all__ = ["interval_notes", "reference_note"]

_SMOOTH, _RARE = ("normal", "skewed"), "success or failure"


def interval_notes(comparison: Comparison) -> list[str]:
    """One note for each kind of interval and measured number of seeds in the table, most seeds last."""
    shown = [found for variant in comparison.variants for found in variant.metrics.values()]
    against = [variant.against_reference for variant in comparison.variants if variant.against_reference]
    return [_note(*row) for row in sorted(_kinds([*shown, *(pair.difference for pair in against)]))]


def reference_note(comparison: Comparison) -> str:
    """What the differences in the table are between; empty if it has none."""
    references = {variant.reference: None for variant in comparison.variants if variant.against_reference}
    if not references:
        return ""
    first = next(iter(references))
    whom = f"{first!r}" if len(references) == 1 else "the first variant in the same environment"
    return (
        f"Minus the first: the objective less that of {whom}, seed by seed (the interquartile mean of that, not the"
        " difference of two). Beats it: in what share of the seeds, ties as halves, with Wilson's interval."
    )


def _kinds(shown: Iterable[Estimate]) -> set[tuple[int, str]]:
    return {(measured_at(found.count) if found.count > 1 else 1, found.kind) for found in shown}


def _note(seeds: int, kind: str) -> str:
    if seeds == 1:
        return "One seed has no interval."
    found = measured_coverage(kind, seeds)  # type: ignore[arg-type]
    smooth = [found[name] for name in _SMOOTH]
    rare = [share for name, share in found.items() if name.startswith(_RARE)]
    return (
        f"95 % intervals from {seeds} seeds: {kind}. In 10,000 simulated experiments with {seeds} seeds they held the"
        f" truth in {_range(smooth)} of cases where scores are normal or skewed, and in {_range(rare)} where a run"
        " succeeds or fails (docs/statistics.md)."
    )


def _range(shares: list[float]) -> str:
    low, high = round(100 * min(shares)), round(100 * max(shares))
    return f"{low} %" if low == high else f"{low} to {high} %"
