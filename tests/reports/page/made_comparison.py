"""Experiments whose numbers are chosen by the test, so that what a page says of them is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rewardlab.lab import Plan, ResultStore, StoredRun, compare
from rewardlab.lab.comparison import Comparison, VariantSummary
from rewardlab.lab.statistics import Estimate, PairedDifference, estimate, paired_difference
from rewardlab.reports.page.charts import Chart
from rewardlab.reports.page.section import Section
from tests.lab.small_experiment import plan_of, small_spec
from tests.reports.finished_experiment import result

Scores = Mapping[str, Sequence[float | None]]
"""Variant to what each seed achieved; None for a seed that failed. It was paid ten times as much."""


_PLAN = plan_of(small_spec())


def made_comparison(
    folder: Path,
    achieved: Scores,
    *,
    exploits: Mapping[str, float] | None = None,
    changes: Mapping[str, Mapping[str, Any]] | None = None,
    **spec: Any,
) -> Comparison:
    """What is found in a store with these numbers.

    Args:
        folder: For the store.
        achieved: By variant.
        exploits: Variant to the share of its episodes that drop at once; none by default.
        changes: Variant to what of its table in the spec is otherwise.
        **spec: What of the experiment is otherwise.
    """
    plan = made_plan(achieved, changes or {}, spec)
    return compare(plan, made_store(plan, folder, achieved, exploits or {}))


def summed_up(
    achieved: Scores,
    *,
    exploits: Mapping[str, float] | None = None,
    references: Mapping[str, str | None] | None = None,
    optima: Mapping[str, float] | None = None,
    has_catalogue: bool = True,
) -> Comparison:
    """The same without a store, in milliseconds: only the objective, what was paid, and the exploit are summed up.

    Args:
        achieved: By variant.
        exploits: Variant to the share of its episodes that drop at once; none by default.
        references: Variant to the one that it is compared with; by default the first is that of all others.
        optima: Variant to the exact best objective; 1 by default.
        has_catalogue: Whether the environment offers rewards, exploits and an optimum.
    """
    plan = replace(_PLAN, catalogue=_PLAN.catalogue if has_catalogue else None)
    first = next(iter(achieved))
    named = references or {name: None if name == first else first for name in achieved}
    variants = []
    for name, scores in achieved.items():
        runs = {seed: _run(f"{name} {seed}", score) for seed, score in enumerate(scores) if score is not None}
        metrics = {}
        if runs:
            columns = {"objective": 1.0, "paid": 10.0}
            metrics = {metric: _estimate(runs, factor, len(scores)) for metric, factor in columns.items()}
        if runs and has_catalogue:
            share = (exploits or {}).get(name, 0.0)
            metrics["exploit/drop_at_once"] = Estimate(share, share, share, len(runs), planned=len(scores))
        failures = {seed: "step 7: got reward nan" for seed, score in enumerate(scores) if score is None}
        best = {"on_time": (optima or {}).get(name, 1.0)} if has_catalogue else {}
        reference = named[name]
        variants.append(
            VariantSummary(
                name,
                len(scores),
                runs,
                failures,
                metrics,
                best,
                0,
                None,
                reference,
                _against(achieved, name, reference),
            )
        )
    return Comparison(plan, tuple(variants))


def _run(identity: str, score: float) -> StoredRun:
    return StoredRun(identity, "finished", {}, {"evaluation": {"objective": score, "paid": 10 * score}}, "", {})


def _estimate(runs: Mapping[int, StoredRun], factor: float, planned: int) -> Estimate:
    scores = [factor * run.result["evaluation"]["objective"] for run in runs.values()]
    return estimate(scores, np.random.default_rng(0), resamples=200, planned=planned)


def _against(achieved: Scores, name: str, reference: str | None) -> PairedDifference | None:
    if reference is None:
        return None
    ours, theirs = (
        {seed: score for seed, score in enumerate(achieved[side]) if score is not None} for side in (name, reference)
    )
    shared = set(ours) & set(theirs)
    return paired_difference(ours, theirs, np.random.default_rng(0), resamples=200) if shared else None


def made_plan(achieved: Scores, changes: Mapping[str, Mapping[str, Any]], spec: Mapping[str, Any]) -> Plan:
    """The plan of it: variants that differ in their entropy bonus, so that no two share a run."""
    variants = [
        {
            "name": name,
            "reward": "speed",
            "algorithm": {"settings": {"ent_coef": 0.001 * number}},
            **changes.get(name, {}),
        }
        for number, name in enumerate(achieved)
    ]
    seeds = max(len(scores) for scores in achieved.values())
    return plan_of(small_spec(**{"variants": variants, "seeds": seeds, **spec}))


def made_store(plan: Plan, folder: Path, achieved: Scores, exploits: Mapping[str, float]) -> ResultStore:
    """A store with a row for each run that has a number, and a failure for each None."""
    store = ResultStore(folder / "results.sqlite")
    for run in plan.runs:
        scores = achieved[run.variant]
        score = scores[run.seed] if run.seed < len(scores) else None
        if score is None:
            store.write(StoredRun(run.identity, "failed", run.settings, {}, "step 7: got reward nan", {}))
            continue
        made = result(run.seed)
        made["evaluation"] |= {"objective": score, "paid": 10 * score}
        made["evaluation"]["exploits"]["drop_at_once"] = exploits.get(run.variant, 0.0)
        store.write(StoredRun(run.identity, "finished", run.settings, made, "", {"seconds": 1.5}))
    return store


def checked(section: Section | None) -> Section:
    """A section that is there, all of whose charts Plotly knows how to draw."""
    assert section is not None
    for chart in section.charts:
        validated(chart)
    return section


def validated(chart: Chart) -> go.Figure:
    """The figure of a chart. Plotly refuses what it does not know by name and kind, the narrow layout too."""
    go.Figure([], {**chart.layout, **chart.narrow_layout})
    return go.Figure(list(chart.traces), chart.layout)
