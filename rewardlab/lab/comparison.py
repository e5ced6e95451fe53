"""What an experiment found: for each variant the scores of its seeds, summed up."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from rewardlab.lab.exact_optima import exact_optima, never_negative
from rewardlab.lab.plan import Plan, environment_settings
from rewardlab.lab.spec_tables import VariantSpec
from rewardlab.lab.statistics import (
    Estimate,
    PairedDifference,
    TimeToThreshold,
    estimate,
    paired_difference,
    steps_to_threshold,
    time_to_threshold,
)
from rewardlab.lab.store import ResultStore, StoredRun
from rewardlab.lab.store.faults import damaged

__all__ = ["NOT_RUN", "Comparison", "VariantSummary", "compare"]

NOT_RUN = "has not run yet"
"""What stands in `VariantSummary.failures` for a run that the store has nothing of."""

# Where a number cannot lie, no interval of it can end.
_LIMITS = {
    "exploit/": (0.0, 1.0),
    "steps_to_threshold": (0.0, math.inf),
    "value_gradient_norm": (0.0, math.inf),
    "seconds": (0.0, math.inf),
}


@final
@dataclass(frozen=True, slots=True)
class VariantSummary:
    """One variant.

    Attributes:
        name: Of the variant.
        planned: N, the seeds that were planned.
        runs: Seed to its finished run; n of them.
        failures: Seed to the reason why it failed.
        metrics: Metric to its estimate over the n seeds; empty if n is 0. The metrics are ``objective``, ``paid``,
            ``event/NAME`` (of those seeds only that have it: see `Catalogue.averaged_where`), ``exploit/NAME`` (a share
            of episodes), ``reward/NAME``, and ``steps_to_threshold``, the interquartile mean of `steps_to_threshold`
            where a seed that never gets there counts with the whole budget, so that it is a lower bound.
            ``late_training`` is the objective of training episodes over the last quarter, exploration included. Agents
            with a value network also have ``value_gradient_norm``, the mean over the training. ``seconds`` is how long
            a run took, with its evaluation, on whatever machine and beside whatever else.
        optima: The exact best score of each reward of the catalogue over an episode of this variant's environment, if
            that is a finite model; else empty. That of the objective is what any agent can achieve at most.
        reached: The seeds that reached the threshold.
        time_to_threshold: How long that takes, seeds that never got there as censored; None where the best is not known
            or not positive, or no seed has finished.
        reference: The name of the variant that this one is compared with: the first in the same environment, which was
            fixed before there were results. None for that one itself.
        against_reference: The objective less that of the reference, seed by seed; None without a seed in both.
    """

    name: str
    planned: int
    runs: Mapping[int, StoredRun]
    failures: Mapping[int, str]
    metrics: Mapping[str, Estimate]
    optima: Mapping[str, float]
    reached: int
    time_to_threshold: TimeToThreshold | None
    reference: str | None
    against_reference: PairedDifference | None


@final
@dataclass(frozen=True, slots=True)
class Comparison:
    """What an experiment found.

    Attributes:
        plan: The experiment.
        variants: In the order of the spec.
    """

    plan: Plan
    variants: tuple[VariantSummary, ...]

    def best_objective(self, variant: VariantSummary) -> float | None:
        """The exact best objective that a variant's agents could achieve, where it is known."""
        catalogue = self.plan.catalogue
        return None if catalogue is None else variant.optima.get(catalogue.objective)


def compare(plan: Plan, store: ResultStore) -> Comparison:
    """Sum up what the store holds of an experiment; runs that are missing count as not finished.

    Raises:
        StoreUnusable: A row has other settings than the run that it is kept for.
    """
    finished = {variant.name: _finished(plan, variant.name, store) for variant in plan.spec.variants}
    return Comparison(plan, tuple(_summary(plan, variant, store, finished) for variant in plan.spec.variants))


def _finished(plan: Plan, variant: str, store: ResultStore) -> dict[int, StoredRun]:
    found = {}
    for run in plan.runs:
        row = store.read(run.identity) if run.variant == variant else None
        if row is None or row.state != "finished":
            continue
        # Replays are made by a row's settings, and these may name code. Those of the plan were allowed; a store may
        # come from anybody.
        if row.settings != json.loads(json.dumps(run.settings)):
            raise damaged(store.path, f"a row with the settings of another run ({run.identity})")
        found[run.seed] = row
    return found


def _failures(plan: Plan, variant: str, store: ResultStore, finished: Mapping[int, StoredRun]) -> dict[int, str]:
    missing = [run for run in plan.runs if run.variant == variant and run.seed not in finished]
    rows = {run.seed: store.read(run.identity) for run in missing}
    return {seed: row.message if row is not None else NOT_RUN for seed, row in rows.items()}


def _summary(
    plan: Plan, variant: VariantSpec, store: ResultStore, finished: Mapping[str, Mapping[int, StoredRun]]
) -> VariantSummary:
    runs, planned = finished[variant.name], len(plan.spec.seeds)
    optima = exact_optima(plan.spec.environment.id, environment_settings(plan.spec, variant))
    counted = never_negative(plan.spec.environment.id, environment_settings(plan.spec, variant))
    limits = _LIMITS | {f"event/{name}": (0.0, math.inf) for name in counted}
    best = optima.get(plan.catalogue.objective) if plan.catalogue else None
    scores = [_metrics(row.result) | _cost(row) for row in runs.values()]
    time = None
    if runs and best is not None and best > 0:
        budgets = [float(row.result["steps"]) for row in runs.values()]
        steps = [steps_to_threshold(row.result["curve"], plan.spec.threshold * best) for row in runs.values()]
        time = time_to_threshold(steps, budgets, planned=planned)
        for score, step, budget in zip(scores, steps, budgets, strict=True):
            score["steps_to_threshold"] = budget if step is None else float(step)
    reference = _reference(plan, variant)
    return VariantSummary(
        name=variant.name,
        planned=planned,
        runs=runs,
        failures=_failures(plan, variant.name, store, runs),
        metrics=_estimates(scores, planned, limits),
        optima=optima,
        reached=0 if time is None else time.reached,
        time_to_threshold=time,
        reference=reference,
        against_reference=None if reference is None else _against(runs, finished[reference], planned),
    )


def _estimates(
    scores: Sequence[Mapping[str, float]], planned: int, limits: Mapping[str, tuple[float, float]]
) -> dict[str, Estimate]:
    found = {}
    for metric in dict.fromkeys(name for score in scores for name in score):
        values = [score[metric] for score in scores if metric in score]
        kind = "exploit/" if metric.startswith("exploit/") else metric
        within = limits.get(kind, (-math.inf, math.inf))
        # One stream a metric, so that a number does not depend on which others are shown.
        rng = np.random.default_rng([zlib.crc32(metric.encode()), len(values)])
        found[metric] = estimate(values, rng, planned=planned, within=within)
    return found


def _reference(plan: Plan, variant: VariantSpec) -> str | None:
    """The first variant with the same environment, for only there seeds share their episodes."""
    mine = environment_settings(plan.spec, variant)
    first = next(other for other in plan.spec.variants if environment_settings(plan.spec, other) == mine)
    return None if first.name == variant.name else first.name


def _against(
    runs: Mapping[int, StoredRun], reference: Mapping[int, StoredRun], planned: int
) -> PairedDifference | None:
    ours, theirs = (
        {seed: float(row.result["evaluation"]["objective"]) for seed, row in side.items()} for side in (runs, reference)
    )
    shared = len(set(ours) & set(theirs))
    rng = np.random.default_rng([zlib.crc32(b"objective against the reference"), shared])
    return paired_difference(ours, theirs, rng, planned=planned) if shared else None


def _cost(row: StoredRun) -> dict[str, float]:
    seconds = row.provenance.get("seconds")
    return {} if seconds is None else {"seconds": float(seconds)}


def _metrics(result: Mapping[str, Any]) -> dict[str, float]:
    evaluation = result["evaluation"]
    named = {"event": evaluation["events"], "exploit": evaluation["exploits"], "reward": evaluation["rewards"]}
    metrics = {"objective": evaluation["objective"], "paid": evaluation["paid"]}
    for kind, values in named.items():
        metrics |= {f"{kind}/{name}": value for name, value in sorted(values.items())}
    late = [point["objective"] for point in result["curve"][-max(1, len(result["curve"]) // 4) :]]
    if late:
        metrics["late_training"] = float(np.mean(late))
    gradients = [point["value_gradient_norm"] for point in result["curve"] if "value_gradient_norm" in point]
    if gradients:
        metrics["value_gradient_norm"] = float(np.mean(gradients))
    return metrics
