"""Reward wrappers: thin shells over pure formulas, one idea a file, each for one environment and for a vector."""

from rewardlab.wrappers.amended_terms import AmendedTerms, VectorAmendedTerms
from rewardlab.wrappers.bonus import UnsafeBonus, VectorUnsafeBonus
from rewardlab.wrappers.clip import RewardClipping, VectorRewardClipping
from rewardlab.wrappers.curriculum import StartCurriculum, VectorStartCurriculum
from rewardlab.wrappers.ledger import Ledger, VectorLedger
from rewardlab.wrappers.order import check_order
from rewardlab.wrappers.potential_shaping import PotentialShaping, VectorPotentialShaping
from rewardlab.wrappers.promotion import Success
from rewardlab.wrappers.scale import ReturnScaling, VectorReturnScaling
from rewardlab.wrappers.stack import WrapperSettings, wrap_vector, wrapper_problems
from rewardlab.wrappers.transform import RewardTransform, VectorRewardTransform

__all__ = [
    "AmendedTerms",
    "Ledger",
    "PotentialShaping",
    "ReturnScaling",
    "RewardClipping",
    "RewardTransform",
    "StartCurriculum",
    "Success",
    "UnsafeBonus",
    "VectorAmendedTerms",
    "VectorLedger",
    "VectorPotentialShaping",
    "VectorReturnScaling",
    "VectorRewardClipping",
    "VectorRewardTransform",
    "VectorStartCurriculum",
    "VectorUnsafeBonus",
    "WrapperSettings",
    "check_order",
    "wrap_vector",
    "wrapper_problems",
]
