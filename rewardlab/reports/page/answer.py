"""The answer in one sentence: who achieved most, and who was paid for something else."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from rewardlab.lab.comparison import NOT_RUN, Comparison, VariantSummary
from rewardlab.lab.statistics import Estimate, PairedDifference, paired_difference, short_number
from rewardlab.reports.page.shown_text import named, shortened

__all__ = ["answer_sentence", "environment_groups", "failure_sentence"]

_OFTEN = 0.5
"""The share of episodes from which on an exploit is named."""
_MANY = 6
"""Of so many variants the best is best by luck as well, and the sentence says so."""
_NAMED = 3
_NAME_CHARACTERS = 40


def answer_sentence(comparison: Comparison) -> str:
    """What came of it, in words that claim no more than the numbers do.

    The best is the one whose agents achieved most; whoever is not below it in the paired difference over the seeds that
    both have (at 95 %) may be as good. Variants in different environments are not compared.

    Args:
        comparison: What the experiment found.
    """
    groups = [[variant for variant in group if variant.runs] for group in environment_groups(comparison)]
    groups = [group for group in groups if group]
    if not groups:
        return "No run has finished yet."
    told = [_of_group(comparison, group) for group in groups[:_NAMED]]
    if len(groups) > 1:
        told = [f"In the environment of {_name(group[0])}: {part}" for group, part in zip(groups, told, strict=False)]
        if len(groups) > _NAMED:
            told.append(f"{len(groups) - _NAMED} more environments are in the table")
        told.append("The environments differ, and so do their objectives: what was achieved in one says nothing of"
                    " another")  # fmt: skip
    return f"{'. '.join(told)}."


def failure_sentence(comparison: Comparison) -> str:
    """How many runs have no result, and why; empty if all have one."""
    missing = sum(len(variant.failures) for variant in comparison.variants)
    planned = sum(variant.planned for variant in comparison.variants)
    waiting = sum(message == NOT_RUN for variant in comparison.variants for message in variant.failures.values())
    parts = [f"{missing - waiting} of {planned} runs failed"] if missing > waiting else []
    parts += [f"{waiting} of {planned} have not run yet"] if waiting else []
    return f"{' and '.join(parts)}: what is shown rests on the others alone." if parts else ""


def environment_groups(comparison: Comparison) -> list[list[VariantSummary]]:
    """The variants, those in the same environment together, in the order of the spec."""
    groups: dict[str, list[VariantSummary]] = {}
    for variant in comparison.variants:
        groups.setdefault(variant.reference or variant.name, []).append(variant)
    return list(groups.values())


def _of_group(comparison: Comparison, group: Sequence[VariantSummary]) -> str:
    best = max(group, key=_achieved)
    optimum = comparison.best_objective(best)
    found = _number(best.metrics["objective"])
    of = "" if optimum is None else f" (the exact optimum is {short_number(optimum)})"
    others = [variant for variant in group if variant is not best]
    tied = [variant for variant in others if np.isclose(_achieved(variant), _achieved(best), rtol=1e-9, atol=1e-12)]
    if not others:
        first = f"{_name(best)} achieved {found}{_interval(best.metrics['objective'])}{of}"
    elif tied:
        first = f"{_listed([best, *tied])} achieved the same, {found}{of}"
    else:
        first = f"{_name(best)} achieved most, {found}{of}"
    if others:
        first += _compared(best, [variant for variant in others if variant not in tied], len(group))
    told = [text for variant in group if not _is_meant(comparison, variant) and (text := _gaming(variant))]
    more = [f"{len(told) - _NAMED} more were gamed as well"] if len(told) > _NAMED else []
    return "; ".join([first, *told[:_NAMED], *more])


def _compared(best: VariantSummary, others: Sequence[VariantSummary], of: int) -> str:
    """Who may be as good, and how far the choice of the best, of so many, can be trusted."""
    pairs = {variant.name: _less(variant, best) for variant in others}
    single = [variant for variant in others if (pair := pairs[variant.name]) is not None and pair.difference.count == 1]
    alike = [
        variant
        for variant in others
        if (pair := pairs[variant.name]) is None or pair.difference.high >= 0 or variant in single
    ]
    text = ""
    if single and len(single) == len(others):
        return ", on one seed, which cannot tell a difference from chance"
    if alike:
        text += f", and {_listed(alike)} may be as good"
    elif others:
        text += ", more than any other on the same seeds"
    if others and of >= _MANY:
        text += f" (the best of {of}, chosen by these very numbers, which flatters it)"
    return text


def _less(variant: VariantSummary, best: VariantSummary) -> PairedDifference | None:
    """A variant less the best, seed by seed; None without a seed in both."""
    if variant.reference == best.name:
        return variant.against_reference
    ours, theirs = (
        {seed: float(run.result["evaluation"]["objective"]) for seed, run in side.runs.items()}
        for side in (variant, best)
    )
    shared = len(set(ours) & set(theirs))
    rng = np.random.default_rng([zlib.crc32(b"objective against the best"), shared])
    return paired_difference(ours, theirs, rng) if shared else None


def _gaming(variant: VariantSummary) -> str:
    """What a variant was paid for that nobody meant; empty where no known exploit is shown often."""
    shown = [
        (name.removeprefix("exploit/"), found.value)
        for name, found in variant.metrics.items()
        if name.startswith("exploit/")
    ]
    name, share = max(shown, key=lambda one: one[1], default=("", 0.0))
    if share < _OFTEN:
        return ""
    how = shortened(name.replace("_", " "), _NAME_CHARACTERS)
    paid, achieved = (short_number(variant.metrics[metric].value) for metric in ("paid", "objective"))
    return f"{_name(variant)} was paid {paid} and achieved {achieved}: {how} in {share:.0%} of its episodes"


def _is_meant(comparison: Comparison, variant: VariantSummary) -> bool:
    """Whether a variant is paid the objective and nothing else: then it falls short, and is not gamed."""
    catalogue = comparison.plan.catalogue
    written = [one for one in comparison.plan.spec.variants if one.name == variant.name]
    return any(catalogue is not None and one.reward == catalogue.objective and not one.wrappers for one in written)


def _achieved(variant: VariantSummary) -> float:
    return variant.metrics["objective"].value


def _number(found: Estimate) -> str:
    partly = f" (on {found.count} of {found.planned} seeds)" if found.planned not in (None, found.count) else ""
    return f"{short_number(found.value)}{partly}"


def _interval(found: Estimate) -> str:
    return "" if found.kind == "none" else f" [{short_number(found.low)}, {short_number(found.high)}]"


def _name(variant: VariantSummary) -> str:
    return named(variant.name, _NAME_CHARACTERS)


def _listed(variants: Sequence[VariantSummary]) -> str:
    names = [_name(variant) for variant in variants]
    if len(names) > _NAMED + 1:
        names = [*names[:_NAMED], f"{len(names) - _NAMED} others"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
