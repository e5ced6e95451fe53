"""What a reader is told of trainings that came to their end oddly, and of guards that were set otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from rewardlab.lab.comparison import Comparison
from rewardlab.lab.training_notes import training_notes

__all__ = ["guard_notes", "oddity_notes"]

_SHOWN_SEEDS = 5


def oddity_notes(comparison: Comparison) -> list[str]:
    """A line for each variant and oddity, with the seeds that show it."""
    lines = []
    for variant in comparison.variants:
        seeds: dict[str, list[int]] = {}
        for seed, run in variant.runs.items():
            for note in training_notes(run.result["curve"]):
                # Numbers differ by seed: those of the first one stand for all.
                seeds.setdefault(note.partition(" from ")[0], []).append(seed)
        for kind, of in seeds.items():
            first = next(note for note in training_notes(variant.runs[of[0]].result["curve"]) if note.startswith(kind))
            lines.append(f"{variant.name}, {_seeds(of)} ({len(of)} of {variant.planned}): {first}")
    return lines


def guard_notes(comparison: Comparison) -> list[str]:
    """Which bound other than the usual one results were got under; empty if none."""
    found = {
        str(run.provenance["largest_number"])
        for variant in comparison.variants
        for run in variant.runs.values()
        if "largest_number" in run.provenance
    }
    return [f"Some runs were trained with --largest-number {', '.join(sorted(found))}."] if found else []


def _seeds(seeds: Sequence[int]) -> str:
    listed = ", ".join(map(str, seeds[:_SHOWN_SEEDS]))
    return f"seed {listed}" if len(seeds) == 1 else f"seeds {listed}{' ..' if len(seeds) > _SHOWN_SEEDS else ''}"
