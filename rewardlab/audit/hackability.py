"""Is the pair hackable: are there two policies of which the proxy prefers one and the objective the other?

Skalse et al. 2022, "Defining and characterizing reward hacking". Over all stationary policies two rewards are
unhackable only if they order all policies alike, or one of them does not distinguish policies at all (their Theorem 1),
so nearly every proxy is hackable in this sense; over a finite set of policies unhackable pairs abound (Theorem 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.audit.case import AuditCase
from rewardlab.audit.finding import Finding
from rewardlab.audit.policy_order import policy_order
from rewardlab.audit.policy_pair import PolicyPair, policy_pair
from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.dense_model import number_array
from rewardlab.mdp.discounted import expected_return, solve

__all__ = ["HackablePairs", "hackability_finding", "hackable_pairs", "hackable_witness"]

QUESTION = "Are there two policies of which the proxy prefers one and the objective the other?"


@final
@dataclass(frozen=True, slots=True)
class HackablePairs:
    """The answer for a finite set of N policies.

    Attributes:
        pairs: ``[P, 2]`` indices: the proxy likes the first better, the objective the second.
        simplification: Whether there are none, and the proxy merely calls equal what the objective distinguishes.
    """

    pairs: NDArray[np.int64]
    simplification: bool

    @property
    def hackable(self) -> bool:
        """Whether there is such a pair."""
        return len(self.pairs) > 0


def hackable_pairs(proxy_returns: ArrayLike, objective_returns: ArrayLike, *, tolerance: float = 1e-9) -> HackablePairs:
    """Compare the returns of a finite set of policies pair by pair.

    Args:
        proxy_returns: ``[N]`` what the proxy pays each policy.
        objective_returns: ``[N]`` what each achieves.
        tolerance: Returns that differ by no more, relative to the largest, count as equal.

    Raises:
        BadInput: The two are not finite numbers of one length.
    """
    named = (("proxy_returns", proxy_returns), ("objective_returns", objective_returns))
    paid, meant = (number_array(returns, name, "[N] numbers") for name, returns in named)
    if paid.ndim != 1 or paid.shape != meant.shape or not np.isfinite([paid, meant]).all():
        got = f"shapes {paid.shape} and {meant.shape}"
        raise BadInput(Problem("returns", got, "as many finite numbers of each, one for each policy"))
    orders = [_order(returns, tolerance) for returns in (paid, meant)]
    first, second = np.nonzero((orders[0] > 0) & (orders[1] < 0))
    merely_equal = ((orders[0] == 0) & (orders[1] != 0)).any() and not ((orders[1] == 0) & (orders[0] != 0)).any()
    return HackablePairs(np.stack([first, second], axis=1), bool(len(first) == 0 and merely_equal))


def hackable_witness(case: AuditCase) -> PolicyPair | None:
    """Two stationary policies, one paid more and achieving less.

    The most telling pair is tried first: the worst of what the proxy calls optimal against the objective's optimum.

    Returns:
        None if the pair of rewards is unhackable, or if evaluation could tell no such two policies apart.
    """
    if not _hackable(case):
        return None
    perfect = _greedy(case, solve(case.model, -case.objective, case.gamma, allowed=case.proxy_optimal).optimal)
    meant = _greedy(case, solve(case.model, case.proxy, case.gamma, allowed=case.objective_optimal).optimal)
    telling = policy_pair(case, "perfect at the proxy against what was meant", perfect, meant)
    scales = [max(1e-300, max(map(abs, pair))) for pair in (telling.proxy, telling.objective)]
    if telling.proxy[0] - telling.proxy[1] > 1e-9 * scales[0] and (
        telling.objective[1] - telling.objective[0] > 1e-9 * scales[1]
    ):
        return telling
    return policy_order(case).witness


def hackability_finding(case: AuditCase, policies: Sequence[NDArray[np.float64]] = ()) -> Finding:
    """Ask it of all stationary policies of a model, and of a given set of them.

    Args:
        case: The model and the rewards.
        policies: Policies ``[S, A]`` of the case's model to compare with each other; none by default.
    """
    hackable, pair = _hackable(case), hackable_witness(case)
    evidence: list[str] = [] if pair is None else [*pair.lines(case)]
    data: dict[str, object] = {"hackable": hackable, "witness": None if pair is None else pair.as_dict()}
    if policies:
        returns = [
            [expected_return(case.model, table, policy, case.gamma) for policy in policies]
            for table in (case.proxy, case.objective)
        ]
        among = hackable_pairs(*returns)
        simple = "; the proxy is a simplification of the objective there" if among.simplification else ""
        evidence.append(f"among the {len(policies)} policies given: {len(among.pairs)} such pairs{simple}")
        data |= {"pairs_among_given": among.pairs.tolist(), "simplification_among_given": among.simplification}
    if not hackable:
        verdict = "No: unhackable, over all stationary policies."
        return Finding("hackability", QUESTION, "fine", verdict, "proven on the model", tuple(evidence), data=data)
    verdict = (
        "Yes: hackable, over all stationary policies, as is nearly every proxy that does not keep the whole order."
    )
    advice = "no worry where optimal_set is fine and training comes near the proxy's optimum"
    return Finding("hackability", QUESTION, "note", verdict, "proven on the model", tuple(evidence), advice, data)


def _hackable(case: AuditCase) -> bool:
    """Whether both distinguish policies, and not in the same order."""
    return bool(case.proxy_advantages.any() and case.objective_advantages.any() and not policy_order(case).same)


def _order(returns: NDArray[np.float64], tolerance: float) -> NDArray[np.int64]:
    """``[N, N]`` 1 where the row's policy is better, -1 where it is worse, 0 where they are equal."""
    difference = returns[:, None] - returns
    tie = tolerance * float(np.abs(returns).max(initial=0.0))
    return np.where(np.abs(difference) <= tie, 0, np.sign(difference)).astype(np.int64)


def _greedy(case: AuditCase, optimal: NDArray[np.bool_]) -> NDArray[np.float64]:
    """A policy ``[S, A]`` that takes the first optimal action; rows of terminal states are ignored."""
    policy: NDArray[np.float64] = np.eye(case.model.n_actions)[optimal.argmax(axis=1)]
    return policy
