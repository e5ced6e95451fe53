"""What an experiment found: for each variant the scores of its seeds, summed up."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from rewardlab.lab.exact_optima import exact_optima
from rewardlab.lab.plan import Plan, environment_settings
from rewardlab.lab.spec import VariantSpec
from rewardlab.lab.statistics import Estimate, estimate, steps_to_threshold
from rewardlab.lab.store import ResultStore, StoredRun

__all__ = ["Comparison", "VariantSummary", "compare"]


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
            of episodes), ``reward/NAME``, and ``steps_to_threshold`` (see `steps_to_threshold`; a seed that never gets
            there counts with the whole budget). ``late_training`` is the
            objective of training episodes over the last quarter, exploration included. Agents with a value network
            also have ``value_gradient_norm``, the mean over the training. ``seconds`` is how long a run took, with its
            evaluation, on whatever machine and beside whatever else.
        optima: The exact best score of each reward of the catalogue over an episode of this variant's environment, if
            that is a finite model; else empty. That of the objective is what any agent can achieve at most.
        reached: The seeds that reached the threshold.
    """

    name: str
    planned: int
    runs: Mapping[int, StoredRun]
    failures: Mapping[int, str]
    metrics: Mapping[str, Estimate]
    optima: Mapping[str, float]
    reached: int


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
    """Sum up what the store holds of an experiment; runs that are missing count as not finished."""
    return Comparison(plan, tuple(_summary(plan, variant, store) for variant in plan.spec.variants))


def _summary(plan: Plan, variant: VariantSpec, store: ResultStore) -> VariantSummary:
    finished: dict[int, StoredRun] = {}
    failures: dict[int, str] = {}
    for run in plan.runs:
        if run.variant != variant.name:
            continue
        row = store.read(run.identity)
        if row is not None and row.state == "finished":
            finished[run.seed] = row
        else:
            failures[run.seed] = row.message if row is not None else "has not run yet"
    optima = exact_optima(plan.spec.environment.id, environment_settings(plan.spec, variant))
    best = optima.get(plan.catalogue.objective) if plan.catalogue else None
    scores = [_metrics(row.result) | _cost(row) for row in finished.values()]
    reached = 0
    if best is not None and best > 0:
        for row, score in zip(finished.values(), scores, strict=True):
            steps = steps_to_threshold(row.result["curve"], plan.spec.threshold * best)
            score["steps_to_threshold"] = float(row.result["steps"] if steps is None else steps)
            reached += steps is not None
    metrics = {}
    for metric in dict.fromkeys(name for score in scores for name in score):
        values = [score[metric] for score in scores if metric in score]
        # One stream a metric, so that a number does not depend on which others are shown.
        rng = np.random.default_rng([zlib.crc32(metric.encode()), len(values)])
        metrics[metric] = estimate(values, rng)
    return VariantSummary(variant.name, len(plan.spec.seeds), finished, failures, metrics, optima, reached)


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
