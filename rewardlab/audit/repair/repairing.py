"""Mending a reward: where the fault lies, what cannot help, and what does, each proposal audited before it is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.audit.audited_case import audited_case
from rewardlab.audit.optimal_set import optimal_set
from rewardlab.audit.repair.bench import Bench, largest_amounts
from rewardlab.audit.repair.missing_condition import missing_conditions
from rewardlab.audit.repair.nearest_shaping import Occupation, step_weights
from rewardlab.audit.repair.payment import Amendments, Shaping, present_payment
from rewardlab.audit.repair.proposal import Proposal, Repair
from rewardlab.audit.repair.shaping_proposals import added_terms, objective_proposal, shaping_proposals
from rewardlab.audit.repair.term_weights import DEFAULT_MARGIN, TermWeights, term_weights
from rewardlab.audit.subject import (
    AuditedReward,
    AuditedSubject,
    Subject,
    audited_subject,
    potential_table,
    subject_name,
)
from rewardlab.errors import BadInput, Problem
from rewardlab.rewards.potential import Potential

__all__ = ["repair"]

_MOST_CONDITIONS = 2
_FAIR_SHARE = 0.1
"""Of the margin asked for: with less than that, events of the objective are taken too."""


def repair(
    subject: AuditedSubject,
    reward: AuditedReward | None = None,
    *,
    against: AuditedReward | None = None,
    shaping: str | Potential | ArrayLike | None = None,
    gamma: float = 0.99,
    horizon: int | None = None,
    occupation: Occupation = "uniform",
    margin: float = DEFAULT_MARGIN,
) -> Repair:
    """Find the nearest rewards that ask for what was meant.

    Args:
        subject: As for `rewardlab.audit.audit`.
        reward: As there: what the agent is paid.
        against: As there: what the designer means.
        shaping: As there: a potential that is shaped by on top.
        gamma: The learner's discount. What is proposed is safe for this one.
        horizon: The number of steps, if the time limit is part of the task. Shaping is then not proposed: a wrapper
            keeps the potential at a time limit, which is right only where learners bootstrap there.
        occupation: Which policy says how often a step counts where an addition is projected on shaping: ``uniform``,
            ``objective`` or ``alike``.
        margin: By how much new weights should keep right actions ahead of wrong ones, as a share of the sum of the
            largest amounts that the terms pay. Where so much cannot be had, half of the most that can be.

    Returns:
        Proposals that have passed the audit (`rewardlab.audit.optimal_set`), mildest kind first, and plain statements.

    Raises:
        BadInput: Something does not fit.

    Example:
        >>> import gymnasium as gym
        >>> found = repair(gym.make("rewardlab_envs:rewardlab/Delivery-v0", orders=1), "speed")
        >>> found.best.summary
        "pay 'speed' only when 'delivered'"
    """
    if isinstance(margin, bool) or not isinstance(margin, int | float) or not 0.0 < margin < 1.0:
        raise BadInput(Problem("margin", repr(margin), "a share above 0 and below 1"))
    case = audited_case(subject, reward, against=against, shaping=shaping, gamma=gamma, horizon=horizon)
    found = audited_subject(subject)
    if found is None:
        raise BadInput(Problem("repair", str(subject), "an environment with a finite model"))
    step_weights(case, occupation)
    shaped = None
    if shaping is not None:
        shaped = Shaping(potential_table(found, shaping, "shaping"), shaping if isinstance(shaping, str) else "")
    present, title = present_payment(found, reward, shaped), subject_name(subject)
    if optimal_set(case).safe:
        said = f"{case.proxy_name!r} needs no repair: every proxy-optimal policy is objective-optimal."
        return Repair(title, case, True, (said,), (), None, present)
    bench = Bench(found, case, reward, shaped, occupation, float(margin), _terms_meant(found, against))
    removed = added_terms(case, bench.terms, bench.shaped, occupation, bench.objective_terms)
    own = term_weights(case, bench.terms, margin=bench.margin)
    proposals = tuple(made for made in _proposals(bench, removed, own) if made is not None)
    return Repair(title, case, False, tuple(_statements(bench, removed, own)), proposals, own, present)


def _proposals(bench: Bench, removed: tuple[str, ...] | None, own: TermWeights) -> Iterator[Proposal | None]:
    """All that may help, the mildest kind first.

    Where shaping does, a condition or weights would leave a bonus in place and punish its abuse a little; that is worth
    saying only where right actions are further ahead with it, for a thin lead is hard to learn.
    """
    timed = bench.case.horizon is not None
    lead = 0.0
    if removed is not None and not timed:
        shaped = [made for made in shaping_proposals(bench, removed) if made is not None]
        lead = max((made.gap_share for made in shaped), default=0.0)
        yield from shaped
    others = [*_condition_proposals(bench), _weights_proposal(bench, own) if own.factors else _with_events(bench)]
    yield from (made for made in others if made is not None and made.gap_share >= lead)
    if not timed:
        yield objective_proposal(bench)


def _condition_proposals(bench: Bench) -> Iterator[Proposal | None]:
    case = bench.case
    found = missing_conditions(case, bench.terms, step_weights(case, bench.occupation))
    for condition in found[:_MOST_CONDITIONS]:
        if condition.polarity == "only when":
            amendments = Amendments(only_when={condition.term: condition.event})
        else:
            amendments = Amendments(never_when={condition.term: condition.event})
        paid = condition.proxy - bench.shaped
        tables = {**bench.terms, condition.term: bench.terms[condition.term] - condition.taken}
        yield bench.proposal("condition", condition.text, amendments, paid, largest_amounts=largest_amounts(tables))


def _with_events(bench: Bench) -> Proposal | None:
    """Weights on as few more events as will do, and on those that the objective is made of only if there is need."""
    own = {name: table for name, table in bench.events.items() if name not in bench.objective_terms}
    for events in (own, bench.events):
        weights = term_weights(bench.case, bench.terms, events, margin=bench.margin)
        if weights.factors is None or (events is own and weights.largest_margin < _FAIR_SHARE * bench.margin):
            continue
        return _weights_proposal(bench, _with_few_events(bench, events, weights))
    return None


def _with_few_events(bench: Bench, events: Mapping[str, NDArray[np.float64]], weights: TermWeights) -> TermWeights:
    """Leave one event out after another, as long as the margin can be had without; the dearest are tried last."""
    size = {
        name: abs(factor) * float(np.abs(events[name]).max())
        for name, factor in (weights.factors or {}).items()
        if name in events and factor != 0.0
    }
    kept = sorted(size, key=lambda name: size[name])
    for name in tuple(kept):
        fewer = {other: events[other] for other in kept if other != name}
        without = term_weights(bench.case, bench.terms, fewer, margin=weights.margin)
        if without.factors is not None and without.margin == weights.margin:
            kept.remove(name)
            weights = without
    return weights


def _weights_proposal(bench: Bench, weights: TermWeights) -> Proposal | None:
    """The weights with as few digits as will do."""
    exact = _rounded_weights(bench, weights, 12)
    for digits in (2, 3, 4, 6):
        rounded = _rounded_weights(bench, weights, digits)
        if exact is not None and rounded is not None and rounded.gap_share >= 0.9 * exact.gap_share:
            return rounded
    return exact


def _rounded_weights(bench: Bench, weights: TermWeights, digits: int) -> Proposal | None:
    tables = {**bench.terms, **bench.events}
    factors = {name: float(f"{factor:.{digits}g}") for name, factor in (weights.factors or {}).items()}
    changed = {name: factor for name, factor in factors.items() if factor != float(name in bench.terms)}
    amendments = Amendments(
        factors={name: factor for name, factor in changed.items() if name in bench.terms},
        events={name: factor for name, factor in changed.items() if name not in bench.terms},
    )
    parts = [f"{name!r} times {factor:.6g}" for name, factor in amendments.factors.items()]
    parts += [f"{factor:.6g} for each {name!r}" for name, factor in amendments.events.items()]
    evidence = (
        f"the smallest change that keeps wrong actions behind by {weights.margin:.3g} of the sum of the largest amounts"
        f" (at most {weights.largest_margin:.3g} can be had): {weights.change:.3g} of it",
    )
    scaled = {name: factor * tables[name] for name, factor in factors.items()}
    paid = np.sum([*scaled.values()], axis=0)
    summary = f"change the weights: {', '.join(parts)}"
    size = largest_amounts(scaled)
    return bench.proposal("weights", summary, amendments, paid, evidence=evidence, largest_amounts=size)


def _statements(bench: Bench, removed: tuple[str, ...] | None, own: TermWeights) -> Iterator[str]:
    proxy, terms = bench.case.proxy_name, list(bench.terms)
    yield (
        f"No shaping can help {proxy!r} as it is: whatever potential is added, the same policies stay optimal"
        " (Ng, Harada & Russell 1999), and one of them is not objective-optimal."
    )
    if removed is not None:
        kept = ", ".join(name for name in terms if name not in removed)
        yield f"The fault is in what was added: {', '.join(removed)}. What is left, {kept}, is safe."
    else:
        part = "it has one term only" if len(terms) == 1 else "no part of its terms is safe by itself"
        yield f"The fault is in the reward itself, not in something added to it: {part}."
    if own.factors is None:
        proof = "proven" if own.decided else f"for {own.choices} choices among the actions that the objective likes"
        yield (
            f"No weights of {', '.join(terms)} help: the largest margin by which they keep right actions ahead of"
            f" wrong ones is {own.largest_margin:.3g} ({proof}; states that no objective-optimal policy comes to are"
            " left out)."
        )
    if bench.case.horizon is not None:
        yield (
            "Shaping is not proposed under a horizon: a wrapper keeps the potential at a time limit, which is right"
            " only where learners bootstrap there."
        )


def _terms_meant(found: Subject, against: AuditedReward | None) -> frozenset[str]:
    """The names of the objective's terms."""
    if against is None and found.catalogue is not None:
        against = found.catalogue.objective
    return frozenset() if against is None else frozenset(found.reward(against, "against")[2])
