"""A bonus that pays for gaining something, made a potential that takes it back where the thing is lost.

0.1 for each parcel picked up pays for carrying one and takes nothing back when it is dropped, so dropping it and
picking it up again pays for ever. Its potential-based counterpart is 0.1 for a state in which a parcel is carried: the
same guidance, and no loop (Ng, Harada & Russell 1999). Such a bonus is recognised by a *feature*, a number for each
state, that rises exactly where the bonus pays and in proportion to it, and whose falls cost nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase

__all__ = ["GainBonus", "gain_bonus"]

_TOLERANCE = 1e-6
"""Observations are single-precision numbers."""


@final
@dataclass(frozen=True, slots=True)
class GainBonus:
    """A bonus that pays the gains of a feature and leaves its losses free.

    Attributes:
        feature: The name of the feature.
        factor: What a gain of 1 is paid. Negative for a feature whose falls are paid.
        potential: ``[S]`` factor times feature, 0 in terminal states.
    """

    feature: str
    factor: float
    potential: NDArray[np.float64]


def gain_bonus(
    case: AuditCase, bonus: NDArray[np.float64], features: Mapping[str, NDArray[np.float64]]
) -> GainBonus | None:
    """Find the feature whose gains a bonus pays.

    Args:
        case: The model.
        bonus: ``[S, A, K]`` what is paid.
        features: Name to ``[S]`` numbers, the likeliest first. Those of terminal states count.

    Returns:
        The first that fits every step that can happen; None if none does.
    """
    steps = case.model.transitions
    paid = bonus[case.model.feasible]
    if not paid.any():
        return None
    largest = float(np.abs(paid).max())
    for name, feature in features.items():
        rise = feature[steps.next_state] - feature[steps.state]
        for sign in (1.0, -1.0):
            gains = np.maximum(sign * rise, 0.0)
            squares = float(gains @ gains)
            factor = float(gains @ paid) / squares if squares > 0 else 0.0
            if factor != 0.0 and float(np.abs(paid - factor * gains).max()) <= _TOLERANCE * largest:
                # A feature in single precision gives 0.1 as 0.10000000149.
                factor = sign * float(f"{factor:.6g}")
                return GainBonus(name, factor, np.where(case.model.terminal, 0.0, factor * feature))
    return None
