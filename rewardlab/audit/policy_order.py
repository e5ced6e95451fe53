"""Do proxy and objective put all policies into the same order, in these dynamics?

They do exactly if the proxy is the objective times a positive factor, plus potential-based shaping, plus something
whose expectation over outcomes is 0 (Skalse et al. 2023, "Invariance in policy optimisation and partial
identifiability in reward learning"). Returns are then equal up to a factor and a constant. Otherwise there are two
stationary policies that the two rewards order differently, and the pair is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase
from rewardlab.audit.finding import Finding
from rewardlab.audit.ordered_differently import ordered_differently
from rewardlab.audit.policy_pair import PolicyPair

__all__ = ["PolicyOrder", "policy_order", "policy_order_finding"]

QUESTION = "Do both put all policies into the same order, in these dynamics?"
_TOLERANCE = 1e-11
"""As for the ties of optimal_set: with a larger one a reward might be called unsafe, and its order the same."""


@final
@dataclass(frozen=True, slots=True)
class PolicyOrder:
    """The answer.

    Attributes:
        same: Whether the order of all stationary policies is the same, ties included.
        factor: The factor that comes nearest by least squares, and is exact where the order is the same; NaN where the
            objective does not distinguish policies.
        potential: ``[S]`` the potential of the shaping, where the order is the same.
        residual: The largest entry that factor and shaping leave of the proxy's canonical form, as a share of its
            largest.
        witness: Two policies that are ordered differently; None where the order is the same.
    """

    same: bool
    factor: float
    potential: NDArray[np.float64]
    residual: float
    witness: PolicyPair | None


@lru_cache(maxsize=1)  # several questions of one case ask for it
def policy_order(case: AuditCase) -> PolicyOrder:
    """Compare the canonical forms, which are parallel exactly if the order is the same."""
    meant, paid = case.objective_advantages, case.proxy_advantages
    potential = np.zeros(case.model.n_states)
    if not meant.any() or not paid.any():
        same = not meant.any() and not paid.any()
        return PolicyOrder(same, np.nan, potential, float(not same), None if same else ordered_differently(case))
    factor = float(meant @ paid / (meant @ meant))
    residual = float(np.abs(paid - factor * meant).max() / np.abs(paid).max())
    rounding = 10 * case.tolerance(case.proxy_rows) / np.abs(paid).max()
    rounding += 10 * case.tolerance(case.objective_rows) / np.abs(meant).max()
    if factor > 0 and residual <= _TOLERANCE + rounding:
        # Values under one policy tell the constant that shaping adds to every state.
        potential = factor * case.space.values(case.objective_rows) - case.space.values(case.proxy_rows)
        return PolicyOrder(True, factor, potential, residual, None)
    return PolicyOrder(False, factor, potential, residual, ordered_differently(case))


def policy_order_finding(case: AuditCase) -> Finding:
    """Ask it of all stationary policies of a model."""
    answer = policy_order(case)
    factor = answer.factor if np.isfinite(answer.factor) else None
    data: dict[str, Any] = {"same": answer.same, "factor": factor, "residual": answer.residual}
    if answer.same:
        exactly = "" if factor is None else f" (a factor of {factor:.6g}, and shaping)"
        left = (f"what factor and shaping leave of the proxy's advantages: {answer.residual:.1e} of the largest",)
        verdict = f"Yes{exactly}."
        return Finding("policy_order", QUESTION, "fine", verdict, "proven on the model", left, data=data)
    pair = answer.witness
    evidence: tuple[str, ...] = (
        f"the nearest factor and shaping leave up to {100 * answer.residual:.3g} % of the proxy's largest advantage"
        " unexplained",
    )
    if pair is not None:
        evidence = (*evidence, *pair.lines(case))
        data |= {"witness": pair.as_dict()}
    advice = "while an agent is not perfect yet, being paid more may mean achieving less; see under_pressure"
    verdict = "No: some policies are ordered differently."
    return Finding("policy_order", QUESTION, "note", verdict, "proven on the model", evidence, advice, data)
