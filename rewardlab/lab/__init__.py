"""Experiments as data: spec, plan, runs, store and statistics."""

from rewardlab.lab.claimed_work import Session, at_work
from rewardlab.lab.comparison import Comparison, VariantSummary, compare
from rewardlab.lab.engines import Engine, Event, LocalEngine
from rewardlab.lab.experiment import missing_runs, run_experiment, submission
from rewardlab.lab.plan import Plan, PlannedRun, plan_experiment
from rewardlab.lab.spec import ExperimentSpec, parse_spec, read_spec
from rewardlab.lab.statistics import Estimate, estimate, interquartile_mean
from rewardlab.lab.store import ResultStore, StoredRun, Submitted

__all__ = [
    "Comparison",
    "Engine",
    "Estimate",
    "Event",
    "ExperimentSpec",
    "LocalEngine",
    "Plan",
    "PlannedRun",
    "ResultStore",
    "Session",
    "StoredRun",
    "Submitted",
    "VariantSummary",
    "at_work",
    "compare",
    "estimate",
    "interquartile_mean",
    "missing_runs",
    "parse_spec",
    "plan_experiment",
    "read_spec",
    "run_experiment",
    "submission",
]
