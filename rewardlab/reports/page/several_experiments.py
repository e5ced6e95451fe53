"""Several experiments side by side: which of their variants can be compared, and by how much each changed."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from rewardlab.errors import BadInput, Problem
from rewardlab.lab.comparison import Comparison, VariantSummary
from rewardlab.lab.statistics import PairedDifference, paired_difference, short_number
from rewardlab.lab.store import ResultStore, Submitted
from rewardlab.reports.page.shown_text import named, shortened

__all__ = ["Change", "ReportedExperiment", "changes", "changes_sentence", "comparable"]

_NAMED = 3


@final
@dataclass(frozen=True, slots=True)
class ReportedExperiment:
    """One of them.

    Attributes:
        label: What the page calls it; no other of the page is called so.
        comparison: What it found.
        store: Its results.
        experiment: Which run is which.
    """

    label: str
    comparison: Comparison
    store: ResultStore
    experiment: Submitted


@final
@dataclass(frozen=True, slots=True)
class Change:
    """A variant that the first experiment and a later one both have.

    Attributes:
        name: Of the variant, in both.
        label: Of the later experiment.
        before: In the first experiment.
        after: In the later one.
        difference: What it achieved later less what it achieved first, seed by seed; None where no seed is in both, or
            the environments differ.
        reason: Why there is no difference; empty if there is one.
    """

    name: str
    label: str
    before: VariantSummary
    after: VariantSummary
    difference: PairedDifference | None
    reason: str


def comparable(reported: Sequence[ReportedExperiment]) -> None:
    """Refuse experiments of which nothing can be compared.

    Args:
        reported: The first is what the others are compared with.

    Raises:
        BadInput: There is one alone, the same twice, or one that shares no variant in the same environment with the
            first; all that is wrong is said at once.
    """
    if len(reported) < 2:
        raise BadInput(Problem("EXPERIMENT", f"{len(reported)} of them", "two at least", "name another folder"))
    problems = []
    first = reported[0]
    places = [one.store.path.resolve() for one in reported]
    for number, one in enumerate(reported):
        if places[number] in places[:number]:
            problems.append(Problem(one.label, "the same results again", "other results"))
    for one in reported[1:]:
        ours, theirs = (_environment_id(side) for side in (first, one))
        shared = [change for change in changes([first, one]) if change.reason != _ELSEWHERE]
        if ours != theirs:
            fix = "what is achieved in one says nothing of another"
            problems.append(Problem(one.label, f"environment {theirs}", f"{ours}, as {first.label} has", fix))
        elif not shared:
            names = ", ".join(shortened(variant.name, 40) for variant in first.comparison.variants)
            fix = "variants are matched by their names, and compared where the environment has the same settings"
            problems.append(Problem(one.label, f"no variant that {first.label} has too", f"one of {names}", fix))
    if problems:
        raise BadInput(*problems)


def changes(reported: Sequence[ReportedExperiment]) -> list[Change]:
    """Each variant of the first experiment that a later one has too, in the order of the first.

    Args:
        reported: The first is what the others are compared with.
    """
    first = reported[0]
    found = []
    for before in first.comparison.variants:
        for one in reported[1:]:
            for after in one.comparison.variants:
                if after.name == before.name:
                    difference, reason = _difference(first, one, before, after)
                    found.append(Change(before.name, one.label, before, after, difference, reason))
    return found


def changes_sentence(found: Sequence[Change]) -> str:
    """What changed, in words that claim no more than the numbers do.

    Args:
        found: The variants that were compared.
    """
    pairs = [(change, change.difference) for change in found if change.difference is not None]
    if not pairs:
        return "No variant has a finished seed in both, so that nothing can be said of a change."
    clear = [(change, pair) for change, pair in pairs if _is_clear(pair)]
    clear.sort(key=lambda both: -abs(both[1].difference.value))
    others = [change.name for change, pair in pairs if not _is_clear(pair)]
    told = [_told(change, pair) for change, pair in clear[:_NAMED]]
    if len(clear) > _NAMED:
        told.append(f"{len(clear) - _NAMED} more changed")
    if others:
        whose = named(others[0], 40) if len(others) == 1 else f"{len(others)} variants"
        told.append(f"{'no' if clear else 'No'} change of {whose} can be told from chance")
    return f"{'; '.join(told)}."


_ELSEWHERE = "another environment"


def _difference(
    first: ReportedExperiment, later: ReportedExperiment, before: VariantSummary, after: VariantSummary
) -> tuple[PairedDifference | None, str]:
    if _environment(first, before.name) != _environment(later, after.name):
        return None, _ELSEWHERE
    ours, theirs = (
        {seed: float(run.result["evaluation"]["objective"]) for seed, run in side.runs.items()}
        for side in (after, before)
    )
    shared = len(set(ours) & set(theirs))
    if not shared:
        return None, "no finished seed in both"
    rng = np.random.default_rng([zlib.crc32(b"objective after and before"), shared])
    return paired_difference(ours, theirs, rng), ""


def _is_clear(pair: PairedDifference) -> bool:
    """Of one seed nothing is clear, however large the difference."""
    found = pair.difference
    return found.count > 1 and (found.low > 0 or found.high < 0)


def _told(change: Change, pair: PairedDifference) -> str:
    before, after = (side.metrics["objective"].value for side in (change.before, change.after))
    found = pair.difference
    return (
        f"{named(change.name, 40)} achieved {short_number(before)} before and {short_number(after)}"
        f" in {named(change.label, 40)}"
        f" ({short_number(found.value, signed=True)} on the {found.count} seeds that both have,"
        f" [{short_number(found.low)}, {short_number(found.high)}])"
    )


def _environment(one: ReportedExperiment, variant: str) -> Mapping[str, Any]:
    settings = next(run.settings for run in one.comparison.plan.runs if run.variant == variant)
    found: Mapping[str, Any] = settings["environment"]
    return found


def _environment_id(one: ReportedExperiment) -> str:
    return one.comparison.plan.spec.environment.id
