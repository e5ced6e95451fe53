"""Experiments as data: spec, plan, runs, store and statistics."""

from rewardlab.lab.claimed_work import Session, at_work
from rewardlab.lab.comparison import Comparison, VariantSummary, compare
from rewardlab.lab.engines import Engine, Event, LocalEngine
from rewardlab.lab.experiment import missing_runs, run_experiment, submission
from rewardlab.lab.plan import Plan, PlannedRun, plan_experiment
from rewardlab.lab.spec import ExperimentSpec, parse_spec, read_spec
from rewardlab.lab.statistics import (
    Estimate,
    PairedDifference,
    PerformanceProfile,
    TimeToThreshold,
    chosen_kind,
    estimate,
    interquartile_mean,
    measured_coverage,
    paired_difference,
    performance_profile,
    probability_of_improvement,
    seeds_needed,
    steps_to_threshold,
    stratified_estimate,
    stratified_improvement,
    time_to_threshold,
)
from rewardlab.lab.store import ResultStore, StoredRun, Submitted

__all__ = [
    "Comparison",
    "Engine",
    "Estimate",
    "Event",
    "ExperimentSpec",
    "LocalEngine",
    "PairedDifference",
    "PerformanceProfile",
    "Plan",
    "PlannedRun",
    "ResultStore",
    "Session",
    "StoredRun",
    "Submitted",
    "TimeToThreshold",
    "VariantSummary",
    "at_work",
    "chosen_kind",
    "compare",
    "estimate",
    "interquartile_mean",
    "measured_coverage",
    "missing_runs",
    "paired_difference",
    "parse_spec",
    "performance_profile",
    "plan_experiment",
    "probability_of_improvement",
    "read_spec",
    "run_experiment",
    "seeds_needed",
    "steps_to_threshold",
    "stratified_estimate",
    "stratified_improvement",
    "submission",
    "time_to_threshold",
]
