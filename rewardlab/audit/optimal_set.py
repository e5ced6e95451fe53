"""Is every policy that is optimal for the proxy optimal for the objective? This alone is what SAFE means.

Ties matter: a learner may end in any of the policies that the proxy calls optimal, so the verdict is about the worst of
them. A policy need not be perfect where it never comes, so it is decided in the states that some proxy-optimal policy
visits; elsewhere differences are counted, and harm nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase
from rewardlab.audit.finding import Finding
from rewardlab.mdp.discounted import solve
from rewardlab.mdp.finite_model import FiniteModel

__all__ = ["OptimalSet", "Relation", "optimal_set", "optimal_set_finding"]

_NEAR_ONE = 0.9999
"""Beyond it values are sums of over 10,000 steps, and ties are told from losses by their last digits."""

QUESTION = "Is every policy that is optimal for the proxy optimal for the objective?"

Relation = Literal["same", "subset", "overlapping", "disjoint"]
"""How the proxy's optimal actions in a state lie to the objective's. ``subset``: all of them are optimal for the
objective, which has more; ``overlapping``: some are and some are not."""

_RELATIONS: tuple[Relation, ...] = ("same", "subset", "overlapping", "disjoint")


@final
@dataclass(frozen=True, slots=True)
class OptimalSet:
    """The answer.

    Attributes:
        safe: Whether every proxy-optimal policy is objective-optimal.
        relation: ``[S]`` for each state an index into ``same, subset, overlapping, disjoint``; -1 in terminal states.
        visited: ``[S]`` bool, the states that some proxy-optimal policy comes to.
        worst: The least that a proxy-optimal policy achieves.
        best: The most that one achieves.
        optimum: The most that can be achieved.
        policy: ``[S]`` the actions of a proxy-optimal policy that achieves least.
        all_fall_short: Whether no proxy-optimal policy is objective-optimal. Decided by the sets of actions, so that a
            loss far ahead counts however little of it the discount leaves.
    """

    safe: bool
    relation: NDArray[np.int64]
    visited: NDArray[np.bool_]
    worst: float
    best: float
    optimum: float
    policy: NDArray[np.int64]
    all_fall_short: bool

    def counts(self, within: NDArray[np.bool_]) -> dict[Relation, int]:
        """How many of some states there are of each relation."""
        return {name: int(((self.relation == number) & within).sum()) for number, name in enumerate(_RELATIONS)}


@lru_cache(maxsize=1)  # several questions of one case ask for it
def optimal_set(case: AuditCase) -> OptimalSet:
    """Compare the sets of optimal actions state by state, and find the worst of what the proxy calls optimal."""
    model, paid, meant = case.model, case.proxy_optimal, case.objective_optimal
    subset = ~(paid & ~meant).any(axis=1)
    superset = ~(meant & ~paid).any(axis=1)
    meeting = (paid & meant).any(axis=1)
    relation = np.where(subset & superset, 0, np.where(subset, 1, np.where(meeting, 2, 3)))
    relation[model.terminal] = -1
    visited = case.visited_by_proxy & ~model.terminal
    best = solve(model, case.objective, case.gamma, allowed=paid).expected_return
    bottom = solve(model, -case.objective, case.gamma, allowed=paid)
    optimum = solve(model, case.objective, case.gamma).expected_return
    safe = not (visited & ~subset).any()
    # Among equally bad ones take one that errs, so that what is shown is what the verdict is about.
    erring = bottom.optimal & ~meant
    policy = np.where(erring.any(axis=1), erring.argmax(axis=1), bottom.optimal.argmax(axis=1))
    all_fall_short = not safe and not _can_keep_to(model, paid & meant)
    return OptimalSet(safe, relation, visited, -bottom.expected_return, best, optimum, policy, all_fall_short)


def optimal_set_finding(case: AuditCase) -> Finding:
    """Ask it of a model."""
    answer = optimal_set(case)
    counts, everywhere = answer.counts(answer.visited), answer.counts(~case.model.terminal)
    data = {
        "safe": answer.safe,
        "states": everywhere,
        "visited_states": counts,
        "objective_worst": answer.worst,
        "objective_best": answer.best,
        "objective_optimum": answer.optimum,
    }
    evidence = [
        f"{case.objective_name} of proxy-optimal policies: worst {answer.worst:.6g}, best {answer.best:.6g};"
        f" {answer.optimum:.6g} can be achieved",
        f"optimal actions of both, in the states that they visit: {_listed(counts)}; in all states:"
        f" {_listed(everywhere)}",
    ]
    if case.horizon is None and case.gamma > _NEAR_ONE:
        evidence.append(
            f"gamma {case.gamma:g} is so near to 1 that double precision may take a small loss in each step for a tie:"
            " a horizon, with gamma 1, is decided exactly"
        )
    if np.array_equal(case.proxy, case.objective):
        evidence.append("the two pay alike in every step, so that no other answer is possible; if that is not what is"
                        " meant, say what is: against=, or --against")  # fmt: skip
    if answer.safe:
        verdict = "Yes: SAFE under this criterion."
        return Finding("optimal_set", QUESTION, "fine", verdict, "proven on the model", tuple(evidence), data=data)
    state = int(np.flatnonzero(answer.visited & (answer.relation >= 2))[0])
    names = [" or ".join(case.action_name(a) for a in np.flatnonzero(chosen[state]).tolist()) for chosen in _sets(case)]
    likes = f"the proxy likes {names[0]} best, the objective {names[1]}"
    evidence.append(f"for instance in {case.place(state)}, {likes}{case.drawn(state)}")
    lost = "all of them fall short" if answer.all_fall_short else "a tie decides, for some fall short and some do not"
    verdict = f"No: UNSAFE under this criterion; {lost}."
    advice = "change what is paid for (`rewardlab repair`); shaping cannot mend it, for it keeps what is optimal"
    return Finding("optimal_set", QUESTION, "unsafe", verdict, "proven on the model", tuple(evidence), advice, data)


def _can_keep_to(model: FiniteModel, actions: NDArray[np.bool_]) -> bool:
    """Whether a policy can take these actions alone, ``[S, A]``, wherever it comes from any first state."""
    states, taken, outcomes = np.nonzero(model.feasible & actions[:, :, None])
    entered = model.successor[states, taken, outcomes]
    left, lost = actions.copy(), ~actions.any(axis=1) & ~model.terminal
    fresh = lost
    while fresh.any():
        # What may lead to a state without such an action is none either.
        led = fresh[entered]
        left[states[led], taken[led]] = False
        fresh = ~left.any(axis=1) & ~model.terminal & ~lost
        lost = lost | fresh
    return not bool((lost & (model.start > 0)).any())


def _sets(case: AuditCase) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    return case.proxy_optimal, case.objective_optimal


def _listed(counts: dict[Relation, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "none"
