"""How a spec says what is to be paid: the plainest way there is, so that a reader can see what it is.

A reward of the catalogue, if there is one that pays just this; else weights on events, if every term is an event with a
weight; else the present reward with the wrapper that amends its terms. A potential goes by its name if it has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase
from rewardlab.audit.repair.proposal import Payment
from rewardlab.audit.subject import AuditedReward, Subject

__all__ = ["Amendments", "Shaping", "present_payment", "said_in_a_spec"]

_DIGITS = 6
"""Of a potential in a spec. A rounded potential is a potential, so that nothing is lost but length."""


@final
@dataclass(frozen=True, slots=True)
class Amendments:
    """What is changed about the terms of a reward.

    Attributes:
        factors: Term to what it is multiplied by.
        only_when: Term to the event without which it is not paid.
        never_when: Term to the event with which it is not paid.
        events: More events that are paid for, with their weights.
    """

    factors: Mapping[str, float] = field(default_factory=dict)
    only_when: Mapping[str, str] = field(default_factory=dict)
    never_when: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, float] = field(default_factory=dict)


@final
@dataclass(frozen=True, slots=True)
class Shaping:
    """What is shaped by.

    Attributes:
        potential: ``[S]`` by the state's number in the environment.
        name: A potential of the catalogue that it is a multiple of; empty without.
        weight: The multiple.
    """

    potential: NDArray[np.float64]
    name: str = ""
    weight: float = 1.0


def said_in_a_spec(
    subject: Subject,
    case: AuditCase,
    present: AuditedReward | None,
    terms: Mapping[str, NDArray[np.float64]],
    amendments: Amendments,
    paid: NDArray[np.float64],
    shaping: Shaping | None = None,
) -> Payment | None:
    """Find the plainest words for a reward.

    Args:
        subject: The environment.
        case: What was audited.
        present: How the user named what is paid at present.
        terms: Name to ``[S, A, K]``, the terms of that, without shaping.
        amendments: What is changed about them.
        paid: ``[S, A, K]`` what is to be paid, without shaping.
        shaping: What is shaped by on top.

    Returns:
        None if a spec cannot say it.
    """
    shaped = () if shaping is None else (_shaping_wrapper(shaping),)
    named = _catalogue_name(subject, case, paid)
    if named is not None:
        return Payment(named, shaped)
    weights = _event_weights(case, terms, amendments)
    if weights is not None:
        return Payment(weights, shaped)
    reward = _present_name(subject, present)
    if reward is None:
        return None
    wrapper = {
        key: dict(getattr(amendments, key))
        for key in ("factors", "only_when", "never_when")
        if getattr(amendments, key)
    }
    wrappers: list[dict[str, Any]] = [{"kind": "terms", **wrapper}] if wrapper else []
    if amendments.events:
        wrappers.append({"kind": "bonus", "events": dict(amendments.events)})
    return Payment(reward, (*wrappers, *shaped))


def present_payment(subject: Subject, present: AuditedReward | None, shaping: Shaping | None) -> Payment | None:
    """How a spec says what is paid now; None if it cannot."""
    reward = _present_name(subject, present)
    return None if reward is None else Payment(reward, () if shaping is None else (_shaping_wrapper(shaping),))


def _present_name(subject: Subject, present: AuditedReward | None) -> str | dict[str, float] | None:
    if isinstance(present, str):
        return present
    if isinstance(present, Mapping):
        return {str(event): float(weight) for event, weight in present.items()}
    if present is None and subject.catalogue is not None:
        paid = subject.paid_reward
        known = subject.catalogue.rewards
        return next((name for name, reward in known.items() if reward is paid), None)
    return None


def _catalogue_name(subject: Subject, case: AuditCase, paid: NDArray[np.float64]) -> str | None:
    if subject.catalogue is None:
        return None
    size = max(1e-12, float(np.abs(paid).max(initial=0.0)))
    for name, reward in subject.catalogue.rewards.items():
        table = subject.model.reward_table(reward)[case.states] * case.model.feasible
        if float(np.abs(table - paid).max(initial=0.0)) <= 1e-9 * size:
            return name
    return None


def _event_weights(
    case: AuditCase, terms: Mapping[str, NDArray[np.float64]], amendments: Amendments
) -> dict[str, float] | None:
    """The reward as weights on events; None if a term is none, or a condition is needed."""
    weights: dict[str, float] = {}
    for name, table in terms.items():
        factor = amendments.factors.get(name, 1.0)
        amounts = case.model.events[name] * case.model.feasible if name in case.model.events else None
        if factor == 0.0:
            continue
        if amounts is None or name in amendments.only_when or name in amendments.never_when:
            return None
        squares = float((amounts**2).sum())
        weight = float((amounts * table).sum()) / squares if squares > 0 else 0.0
        if float(np.abs(table - weight * amounts).max(initial=0.0)) > 1e-9 * max(1e-12, float(np.abs(table).max())):
            return None
        weights[name] = float(f"{factor * weight:.10g}")
    weights |= {event: float(weight) for event, weight in amendments.events.items()}
    weights = {event: weight for event, weight in weights.items() if weight}
    return weights or None


def _shaping_wrapper(shaping: Shaping) -> dict[str, Any]:
    if shaping.name:
        weight = {} if shaping.weight == 1.0 else {"weight": float(shaping.weight)}
        return {"kind": "potential_shaping", "potential": shaping.name, **weight}
    values = [float(f"{value:.{_DIGITS}g}") + 0.0 for value in shaping.potential.tolist()]
    return {"kind": "potential_shaping", "potential": values}
