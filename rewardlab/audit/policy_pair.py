"""Two policies that two rewards order differently, with their four returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase
from rewardlab.mdp.discounted import expected_return

__all__ = ["PolicyPair", "policy_pair"]


@final
@dataclass(frozen=True, slots=True, eq=False)
class PolicyPair:
    """Two policies and their exact returns.

    Attributes:
        title: How the pair came about.
        first: ``[S, A]`` the policy that the proxy likes better, or no worse.
        second: ``[S, A]`` the policy that the objective likes better, or no worse.
        proxy: What the proxy pays the first and the second.
        objective: What the objective comes to for the first and the second.
    """

    title: str
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    proxy: tuple[float, float]
    objective: tuple[float, float]

    @property
    def strict(self) -> bool:
        """Whether both orders are strict: paid more, achieving less."""
        return self.proxy[0] > self.proxy[1] and self.objective[0] < self.objective[1]

    def lines(self, case: AuditCase) -> tuple[str, ...]:
        """The pair in words."""
        return (f"{self.title}: paid {_told_apart(*self.proxy)}; {case.objective_name} {_told_apart(*self.objective)}",)

    def as_dict(self) -> dict[str, Any]:
        """The four returns as data."""
        return {"title": self.title, "proxy": list(self.proxy), "objective": list(self.objective)}


def policy_pair(case: AuditCase, title: str, first: NDArray[np.float64], second: NDArray[np.float64]) -> PolicyPair:
    """Evaluate two policies exactly under both rewards.

    Args:
        case: The model and the rewards.
        title: How the pair came about.
        first: ``[S, A]`` probabilities of actions.
        second: The same.
    """
    returns = [
        tuple(expected_return(case.model, table, policy, case.gamma) for policy in (first, second))
        for table in (case.proxy, case.objective)
    ]
    return PolicyPair(title, first, second, (returns[0][0], returns[0][1]), (returns[1][0], returns[1][1]))


def _told_apart(first: float, second: float) -> str:
    """Two numbers with as few digits as show which is larger; those that are equal up to rounding with few."""
    for digits in (4, 6, 8, 10):
        shown = f"{first:.{digits}g}", f"{second:.{digits}g}"
        if shown[0] != shown[1]:
            return f"{shown[0]} against {shown[1]}"
    return f"{first:.6g} against {second:.6g}"
