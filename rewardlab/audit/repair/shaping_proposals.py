"""Proposals that turn what was added to a reward into shaping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, combinations, islice

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase
from rewardlab.audit.repair.amended import amended_case, seems_safe
from rewardlab.audit.repair.bench import Bench, largest_amounts
from rewardlab.audit.repair.bonus_to_potential import GainBonus, gain_bonus
from rewardlab.audit.repair.nearest_shaping import NearestShaping, Occupation, given_up, nearest_shaping, step_weights
from rewardlab.audit.repair.payment import Amendments
from rewardlab.audit.repair.proposal import Proposal

__all__ = ["added_terms", "objective_proposal", "shaping_proposals"]

_MOST_SUBSETS = 300

_Tables = Mapping[str, NDArray[np.float64]]


def added_terms(
    case: AuditCase,
    terms: _Tables,
    rest: NDArray[np.float64],
    occupation: Occupation,
    meant: frozenset[str] = frozenset(),
) -> tuple[str, ...] | None:
    """The terms that were added to a reward that is safe without them.

    They are as few of what is meant as possible, then as few as possible, then those that pay least.

    Args:
        case: An unsafe case.
        terms: Name to ``[S, A, K]``.
        rest: ``[S, A, K]`` what is paid beside them, such as shaping.
        occupation: How much each step counts.
        meant: Names of terms that the objective has too: those are the last to be called an addition.

    Returns:
        None if no part of the reward is safe by itself.
    """
    weights = step_weights(case, occupation)
    size = {name: float((weights * table**2).sum()) for name, table in terms.items()}
    parts = chain.from_iterable(combinations(terms, count) for count in range(1, len(terms)))
    few = list(islice(parts, _MOST_SUBSETS))
    few.sort(key=lambda names: (len(meant & set(names)), len(names), sum(size[name] for name in names)))
    for removed in few:
        kept = np.sum([rest, *(table for name, table in terms.items() if name not in removed)], axis=0)
        if seems_safe(amended_case(case, kept)):
            return removed
    return None


def shaping_proposals(bench: Bench, removed: tuple[str, ...]) -> Iterator[Proposal | None]:
    """Shaping in place of some terms: by features where they are recognised, and by projection.

    Args:
        bench: The reward.
        removed: The terms that were added to a reward that is safe without them.
    """
    case, occupation = bench.case, bench.occupation
    added = {name: bench.terms[name] for name in removed}
    kept = {name: table for name, table in bench.terms.items() if name not in removed}
    paid = np.sum([*kept.values()], axis=0)
    total = np.sum([*added.values()], axis=0)
    amendments = Amendments(factors=dict.fromkeys(removed, 0.0))
    size = largest_amounts(kept)
    recognised = {name: gain_bonus(case, table, bench.features) for name, table in added.items()}
    gains = {name: found for name, found in recognised.items() if found is not None}
    titles = _listed(removed)
    if gains:
        shaping = given_up(case, total, _potential(case, added, gains, occupation), occupation=occupation)
        first = next(iter(gains.values()))
        feature = (first.feature, first.factor) if len(removed) == 1 else None
        told = [f"{name!r} pays {gain.factor:.4g} for each gain of {gain.feature}" for name, gain in gains.items()]
        summary = f"pay {titles} as a potential: what is gained is paid, what is lost is taken back"
        evidence = (*told, *_losses(bench, total, shaping))
        yield bench.proposal(
            "shaping", summary, amendments, paid, evidence=evidence, added=shaping, feature=feature,
            largest_amounts=size,
        )  # fmt: skip
    shaping = nearest_shaping(case, total, occupation=occupation)
    summary = f"put the nearest potential-based shaping in the place of {titles}"
    evidence = _losses(bench, total, shaping)
    yield bench.proposal(
        "shaping", summary, amendments, paid, evidence=evidence, added=shaping, largest_amounts=size
    )  # fmt: skip


def objective_proposal(bench: Bench) -> Proposal | None:
    """The objective itself, with the nearest shaping to what the proxy adds to it. It always passes."""
    case = bench.case
    added = case.proxy - bench.shaped - case.objective
    shaping = nearest_shaping(case, added, occupation=bench.occupation)
    summary = f"pay {case.objective_name!r} itself, shaped by the potential nearest to what {case.proxy_name!r} adds"
    without = Amendments(factors=dict.fromkeys(bench.terms, 0.0))
    evidence = _losses(bench, added, shaping)
    return bench.proposal("objective", summary, without, case.objective, evidence=evidence, added=shaping)


def _potential(
    case: AuditCase, added: _Tables, gains: Mapping[str, GainBonus], occupation: Occupation
) -> NDArray[np.float64]:
    parts = [
        gains[name].potential if name in gains else nearest_shaping(case, table, occupation=occupation).potential
        for name, table in added.items()
    ]
    total: NDArray[np.float64] = np.sum(parts, axis=0)
    return total


def _losses(bench: Bench, added: NDArray[np.float64], shaping: NearestShaping) -> tuple[str, ...]:
    """What shaping does not keep of what was added, in words."""
    case = bench.case
    state, action, outcome = shaping.worst_step
    reached = case.model.successor[state, action, outcome]
    pays = shaping.table[state, action, outcome]
    return (
        f"it differs from what was added by {100 * shaping.given_up:.1f} % of its squares,"
        f" {_WEIGHTED[bench.occupation]}",
        f"most in {case.place(state)}, {case.action_name(action)}, to {case.place(reached)}: what was added is"
        f" {added[state, action, outcome]:.4g}, the shaping {pays:.4g}{case.drawn(int(state))}",
    )


_WEIGHTED: Mapping[Occupation, str] = {
    "uniform": "steps weighted by the discounted visits of the uniform policy",
    "objective": "steps weighted by the discounted visits of objective-optimal policies",
    "alike": "all steps alike",
}


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(repr(name) for name in names)
