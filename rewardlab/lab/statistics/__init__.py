"""Statistics over seeds: numbers with intervals whose coverage was measured, differences seed by seed, censored times.

`docs/statistics.md` says what each number means and how far to trust it.
"""

from rewardlab.lab.statistics.estimates import Estimate, estimate
from rewardlab.lab.statistics.improvement import probability_of_improvement
from rewardlab.lab.statistics.interval_coverage import chosen_kind, measured_at, measured_coverage
from rewardlab.lab.statistics.interval_kinds import IntervalKind
from rewardlab.lab.statistics.pairing import PairedDifference, paired_difference
from rewardlab.lab.statistics.sample_size import seeds_needed
from rewardlab.lab.statistics.short_number import short_number
from rewardlab.lab.statistics.stratification import (
    PerformanceProfile,
    performance_profile,
    stratified_estimate,
    stratified_improvement,
)
from rewardlab.lab.statistics.thresholds import TimeToThreshold, steps_to_threshold, time_to_threshold
from rewardlab.lab.statistics.trimmed_mean import interquartile_mean

__all__ = [
    "Estimate",
    "IntervalKind",
    "PairedDifference",
    "PerformanceProfile",
    "TimeToThreshold",
    "chosen_kind",
    "estimate",
    "interquartile_mean",
    "measured_at",
    "measured_coverage",
    "paired_difference",
    "performance_profile",
    "probability_of_improvement",
    "seeds_needed",
    "short_number",
    "steps_to_threshold",
    "stratified_estimate",
    "stratified_improvement",
    "time_to_threshold",
]
