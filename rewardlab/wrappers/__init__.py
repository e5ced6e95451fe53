"""Reward wrappers: thin shells over pure formulas, one idea a file, each for one environment and for a vector."""

from rewardlab.wrappers.ledger import Ledger, VectorLedger
from rewardlab.wrappers.potential_shaping import PotentialShaping, VectorPotentialShaping
from rewardlab.wrappers.stack import WrapperSettings, wrap_vector, wrapper_problems

__all__ = [
    "Ledger",
    "PotentialShaping",
    "VectorLedger",
    "VectorPotentialShaping",
    "WrapperSettings",
    "wrap_vector",
    "wrapper_problems",
]
