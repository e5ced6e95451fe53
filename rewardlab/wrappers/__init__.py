"""Reward wrappers: thin shells over pure formulas, one idea a file, each for one environment and for a vector."""

from rewardlab.wrappers.ledger import Ledger, VectorLedger
from rewardlab.wrappers.potential_shaping import PotentialShaping, VectorPotentialShaping

__all__ = ["Ledger", "PotentialShaping", "VectorLedger", "VectorPotentialShaping"]
