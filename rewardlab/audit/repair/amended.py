"""Another proxy before the same audit, and how clearly it then tells right actions from wrong ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase
from rewardlab.mdp.discounted import solve

__all__ = ["action_gap", "amended_case", "seems_safe"]

_KEPT = ("space", "objective_rows", "objective_advantages", "objective_optimal")
"""What a case knows that does not depend on the proxy."""


def amended_case(case: AuditCase, proxy: NDArray[np.float64]) -> AuditCase:
    """The same case with another proxy.

    Args:
        case: What was audited.
        proxy: ``[S, A, K]`` what the agent is paid instead, on the case's own model.
    """
    other = replace(case, proxy=proxy * case.model.feasible)
    for name in _KEPT:
        # A cached property stands in the instance's dictionary. To compute these anew would cost most of the audit.
        other.__dict__[name] = getattr(case, name)
    return other


def seems_safe(case: AuditCase) -> bool:
    """Whether every proxy-optimal policy is objective-optimal, without what `optimal_set` finds out beside it.

    It is for sieving many proxies; what is proposed in the end is audited in full.
    """
    erring = (case.proxy_optimal & ~case.objective_optimal).any(axis=1)
    return not bool((erring & case.visited_by_proxy).any())


def action_gap(case: AuditCase) -> float:
    """By how much the proxy prefers what is right: the smallest loss of an action that is not objective-optimal.

    The loss of an action is how much less the proxy pays, if it is taken once and all is done perfectly afterwards
    (Farahmand 2011, "Action-gap phenomenon in reinforcement learning"). It is taken over the states that some
    proxy-optimal policy comes to.

    Returns:
        0 or less if the proxy is unsafe; infinity if nothing that can be done there is wrong.
    """
    solution = solve(case.model, case.proxy, case.gamma)
    states = case.visited_by_proxy & ~case.model.terminal
    wrong = case.model.legal & ~case.objective_optimal & states[:, None]
    losses = (solution.values[:, None] - solution.action_values)[wrong]
    return float(losses.min(initial=np.inf))
