"""The answer in one sentence: who achieved most, and who was paid for something else."""

from __future__ import annotations

from rewardlab.lab.comparison import Comparison, VariantSummary

__all__ = ["answer_sentence"]

_OFTEN = 0.5
"""The share of episodes from which on an exploit is named."""


def answer_sentence(comparison: Comparison) -> str:
    """What came of it, in one sentence that claims no more than the numbers do.

    Args:
        comparison: What the experiment found.
    """
    finished = [variant for variant in comparison.variants if variant.runs]
    if not finished:
        return "No run has finished yet."
    best = max(finished, key=lambda variant: variant.metrics["objective"].value)
    level = best.metrics["objective"]
    alike = [variant for variant in finished if variant.metrics["objective"].high >= level.low and variant is not best]
    optimum = comparison.best_objective(best)
    of = "" if optimum is None else f" of at most {optimum:.3g}"
    first = f"{best.name} achieved most, {level.value:.3g}{of}"
    if alike:
        first += f", and {_listed(alike)} may be as good"
    gamed = [(variant, found) for variant in finished if (found := _exploit(variant)) is not None]
    told = "; ".join(
        f"{variant.name} was paid {variant.metrics['paid'].value:.3g} and achieved"
        f" {variant.metrics['objective'].value:.3g}: {found[0].replace('_', ' ')} in {found[1]:.0%} of its episodes"
        for variant, found in gamed
    )
    return f"{first}; {told}." if told else f"{first}."


def _exploit(variant: VariantSummary) -> tuple[str, float] | None:
    """The exploit that a variant's agents show most, where they show it often."""
    shown = [
        (name.removeprefix("exploit/"), found.value)
        for name, found in variant.metrics.items()
        if name.startswith("exploit/")
    ]
    most = max(shown, key=lambda one: one[1], default=("", 0.0))
    return most if most[1] >= _OFTEN else None


def _listed(variants: list[VariantSummary]) -> str:
    names = [variant.name for variant in variants]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
