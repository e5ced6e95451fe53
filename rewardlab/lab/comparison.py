"""What an experiment found: for each variant the scores of its seeds, summed up."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import gymnasium as gym
import numpy as np

from rewardlab.lab.plan import Plan
from rewardlab.lab.statistics import Estimate, estimate
from rewardlab.lab.store import ResultStore, StoredRun

__all__ = ["Comparison", "VariantSummary", "compare", "exact_optima"]


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
            ``event/NAME``, ``exploit/NAME`` (a share of episodes) and ``reward/NAME``.
    """

    name: str
    planned: int
    runs: Mapping[int, StoredRun]
    failures: Mapping[int, str]
    metrics: Mapping[str, Estimate]


@final
@dataclass(frozen=True, slots=True)
class Comparison:
    """What an experiment found.

    Attributes:
        plan: The experiment.
        variants: In the order of the spec.
        optima: The exact best score of each reward of the catalogue over an episode, where the environment is a finite
            model; else empty. ``optima[objective]`` is what any agent can achieve at most.
    """

    plan: Plan
    variants: tuple[VariantSummary, ...]
    optima: Mapping[str, float]


def compare(plan: Plan, store: ResultStore) -> Comparison:
    """Sum up what the store holds of an experiment; runs that are missing count as not finished."""
    summaries = tuple(_summary(plan, variant.name, store) for variant in plan.spec.variants)
    return Comparison(plan, summaries, exact_optima(plan))


def exact_optima(plan: Plan) -> dict[str, float]:
    """The exact best undiscounted score of each reward of the catalogue over one episode, for finite models."""
    from rewardlab.mdp import FiniteEnv, solve_finite_horizon

    env = gym.make(plan.spec.environment.id, **plan.spec.environment.settings)
    base = env.unwrapped
    if not isinstance(base, FiniteEnv) or plan.catalogue is None:
        return {}
    horizon = env.spec.max_episode_steps if env.spec and env.spec.max_episode_steps else base.task.max_episode_steps
    model = base.task.model
    return {
        name: solve_finite_horizon(model, model.reward_table(reward), horizon).expected_score
        for name, reward in plan.catalogue.rewards.items()
    }


def _summary(plan: Plan, name: str, store: ResultStore) -> VariantSummary:
    finished: dict[int, StoredRun] = {}
    failures: dict[int, str] = {}
    for run in plan.runs:
        if run.variant != name:
            continue
        row = store.read(run.identity)
        if row is not None and row.state == "finished":
            finished[run.seed] = row
        else:
            failures[run.seed] = row.message if row is not None else "has not run yet"
    scores = [_metrics(row.result["evaluation"]) for row in finished.values()]
    metrics = {}
    for metric in scores[0] if scores else ():
        # One stream a metric, so that a number does not depend on which others are shown.
        rng = np.random.default_rng([zlib.crc32(metric.encode()), len(scores)])
        metrics[metric] = estimate([score[metric] for score in scores], rng)
    return VariantSummary(name, len(plan.spec.seeds), finished, failures, metrics)


def _metrics(evaluation: Mapping[str, Any]) -> dict[str, float]:
    named = {"event": evaluation["events"], "exploit": evaluation["exploits"], "reward": evaluation["rewards"]}
    metrics = {"objective": evaluation["objective"], "paid": evaluation["paid"]}
    for kind, values in named.items():
        metrics |= {f"{kind}/{name}": value for name, value in sorted(values.items())}
    return metrics
