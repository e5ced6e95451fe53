"""How much an experiment asks for, told before it is begun."""

from __future__ import annotations

import os

from rewardlab.agents.algorithms import steps_to_run
from rewardlab.errors import BadInput, Problem
from rewardlab.lab.plan import Plan

__all__ = ["MOST_RUNS", "refuse_large", "rounding_notes"]

MOST_RUNS = 1_000
"""Without a word of the user's: beyond it there may be a slip of the pen."""

_FAST, _SLOW = 25_000, 5_000
"""Environment steps in a second on one core: large batches in finite environments, and SB3's defaults."""


def refuse_large(variants: int, seeds: int, budget_steps: int, where: str) -> None:
    """Refuse more runs than one starts without meaning to.

    Args:
        variants: Their number.
        seeds: Their number.
        budget_steps: Of each run.
        where: What to name, such as ``FILE: seeds``.

    Raises:
        BadInput: There are more than `MOST_RUNS`. The message tells the runs, their steps and about how long they take.
    """
    runs = variants * seeds
    if runs <= MOST_RUNS:
        return
    steps, cores = runs * budget_steps, os.cpu_count() or 1
    least, most = (_duration(steps / rate / cores) for rate in (_FAST, _SLOW))
    got = f"{variants:,} variants with {seeds:,} seeds: {runs:,} runs of {budget_steps:,} steps, {steps:,} in all"
    took = f"at {_SLOW:,} to {_FAST:,} steps a second on each core, {least} to {most} on {cores} cores"
    raise BadInput(Problem(where, f"{got} ({took})", f"at most {MOST_RUNS:,} runs", "if it is meant, add --yes"))


def rounding_notes(plan: Plan) -> list[str]:
    """A line for each number of steps that differs from the budget, since whole rollouts are finished."""
    budget = plan.spec.budget_steps
    variants: dict[int, list[str]] = {}
    for run in plan.runs[: len(plan.spec.variants)]:
        training = run.training
        steps = steps_to_run(training.algorithm, training.algorithm_settings, training.num_envs, budget)
        if steps != budget:
            variants.setdefault(steps, []).append(run.variant)
    everywhere = len(plan.spec.variants)
    return [
        f"{steps:,} steps will be run instead of {budget:,}, since whole rollouts are finished"
        + ("" if len(names) == everywhere else f": {', '.join(names)}")
        for steps, names in variants.items()
    ]


def _duration(seconds: float) -> str:
    for unit, size in (("years", 31_557_600), ("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:,.0f} seconds"
