"""The condition that was forgotten: a term of the reward that should be paid only with some event, or never with it.

The courier is paid for speed on any drop; that the parcel must have *arrived* was meant and not said. Events are what
an environment can say of a step, so every term is tried with every event, both ways.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase
from rewardlab.audit.repair.amended import action_gap, amended_case, seems_safe

__all__ = ["Condition", "Polarity", "missing_conditions"]

Polarity = Literal["only when", "never when"]


@final
@dataclass(frozen=True, slots=True)
class Condition:
    """A term with a condition, which makes the reward safe.

    Attributes:
        term: The name of the term.
        polarity: Whether it is paid only in steps with the event (more than 0 of it), or in those without.
        event: The event.
        proxy: ``[S, A, K]`` the whole reward with the condition in it.
        taken: ``[S, A, K]`` what the term no longer pays.
        gap: See `action_gap`.
    """

    term: str
    polarity: Polarity
    event: str
    proxy: NDArray[np.float64]
    taken: NDArray[np.float64]
    gap: float

    @property
    def text(self) -> str:
        """The condition in words."""
        return f"pay {self.term!r} {self.polarity} {self.event!r}"


def missing_conditions(
    case: AuditCase, terms: Mapping[str, NDArray[np.float64]], weights: NDArray[np.float64]
) -> list[Condition]:
    """Find the single conditions that make a reward safe.

    Args:
        case: An unsafe case.
        terms: Name to ``[S, A, K]``, the terms that may be given a condition.
        weights: ``[S, A, K]`` how much each step counts.

    Returns:
        Those under which every proxy-optimal policy is objective-optimal, the mildest first: the one that takes least
        (in weighted squares) away. Of conditions that come to the same, the first.
    """
    found: list[tuple[float, Condition]] = []
    for name, table in terms.items():
        for polarity, event, kept in _conditions(case):
            taken = table * ~kept
            if not taken.any() or not (table * kept).any():
                continue
            other = amended_case(case, case.proxy - taken)
            if seems_safe(other):
                share = float((weights * taken**2).sum())
                found.append((share, Condition(name, polarity, event, other.proxy, taken, action_gap(other))))
    mildest: list[Condition] = []
    for _, condition in sorted(found, key=lambda entry: entry[0]):
        if not any(np.array_equal(condition.proxy, other.proxy) for other in mildest):
            mildest.append(condition)
    return mildest


def _conditions(case: AuditCase) -> Iterator[tuple[Polarity, str, NDArray[np.bool_]]]:
    for event, amounts in case.model.events.items():
        happening = amounts > 0
        yield "only when", event, happening
        yield "never when", event, ~happening
