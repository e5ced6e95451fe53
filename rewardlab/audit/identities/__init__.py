"""The identities of shaping theory, each as a function that computes both of its sides.

For researchers: call one on a finite model and a reward table, or on plain arrays, and read what both sides came to,
how far they are apart, and where. Each file names its source. `docs/identities.md` has them in one table.
"""

from rewardlab.audit.identities.arbitrary_advice import ArbitraryAdvice, arbitrary_advice
from rewardlab.audit.identities.bootstrapped import BootstrappedShaping, bootstrapped_shaping
from rewardlab.audit.identities.boundary_term import (
    BoundaryTerm,
    boundary_term,
    delayed_matching,
    matched_rewards,
    settled_rewards,
)
from rewardlab.audit.identities.correlated_proxy import CorrelatedProxy, correlated_policies, correlated_proxy
from rewardlab.audit.identities.discount_mismatch import DiscountMismatch, discount_mismatch
from rewardlab.audit.identities.fixed_point import FixedPoint
from rewardlab.audit.identities.heuristic_guided import HeuristicGap, HeuristicGuided, heuristic_gap, heuristic_guided
from rewardlab.audit.identities.identity import Identity
from rewardlab.audit.identities.initial_values import InitialValues, initial_values, q_learning_update
from rewardlab.audit.identities.look_ahead import LookAheadAdvice, look_ahead_advice
from rewardlab.audit.identities.offset_rule import OffsetRule, offset_rule
from rewardlab.audit.identities.telescoping import Telescoped, dynamic_shaping, look_back_advice, shaped_return

__all__ = [
    "ArbitraryAdvice",
    "BootstrappedShaping",
    "BoundaryTerm",
    "CorrelatedProxy",
    "DiscountMismatch",
    "FixedPoint",
    "HeuristicGap",
    "HeuristicGuided",
    "Identity",
    "InitialValues",
    "LookAheadAdvice",
    "OffsetRule",
    "Telescoped",
    "arbitrary_advice",
    "bootstrapped_shaping",
    "boundary_term",
    "correlated_policies",
    "correlated_proxy",
    "delayed_matching",
    "discount_mismatch",
    "dynamic_shaping",
    "heuristic_gap",
    "heuristic_guided",
    "initial_values",
    "look_ahead_advice",
    "look_back_advice",
    "matched_rewards",
    "offset_rule",
    "q_learning_update",
    "settled_rewards",
    "shaped_return",
]
