"""Mending a reward: the nearest ones that ask for what was meant, each audited before it is proposed."""

from rewardlab.audit.repair.missing_condition import Condition, missing_conditions
from rewardlab.audit.repair.nearest_shaping import NearestShaping, nearest_shaping
from rewardlab.audit.repair.proposal import Payment, Proposal, Repair
from rewardlab.audit.repair.repairing import repair
from rewardlab.audit.repair.term_weights import TermWeights, term_weights

__all__ = [
    "Condition",
    "NearestShaping",
    "Payment",
    "Proposal",
    "Repair",
    "TermWeights",
    "missing_conditions",
    "nearest_shaping",
    "repair",
    "term_weights",
]
