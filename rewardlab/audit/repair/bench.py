"""The work-bench: what every proposal is made of, and the audit that each must pass before it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase
from rewardlab.audit.optimal_set import optimal_set
from rewardlab.audit.repair.amended import action_gap, amended_case
from rewardlab.audit.repair.nearest_shaping import NearestShaping, Occupation
from rewardlab.audit.repair.payment import Amendments, Shaping, said_in_a_spec
from rewardlab.audit.repair.proposal import Kind, Proposal
from rewardlab.audit.subject import AuditedReward, Subject, potential_table
from rewardlab.wrappers.potential_shaping import SHAPING_LINE

__all__ = ["Bench", "largest_amounts"]


@final
@dataclass(frozen=True)
class Bench:
    """A reward to be mended.

    Attributes:
        subject: The environment.
        case: The reward, found unsafe.
        reward: How the user named it.
        shaping: What is shaped by at present; it stays.
        occupation: How much each step counts.
        margin: What new weights should keep right actions ahead by.
        objective_terms: The names of the objective's terms.
    """

    subject: Subject
    case: AuditCase
    reward: AuditedReward | None
    shaping: Shaping | None
    occupation: Occupation
    margin: float
    objective_terms: frozenset[str]

    @cached_property
    def terms(self) -> dict[str, NDArray[np.float64]]:
        """The terms of the reward, ``[S, A, K]`` each, without shaping; the whole reward where it has none."""
        terms = {name: table for name, table in self.case.terms.items() if name != SHAPING_LINE}
        return terms or {self.case.proxy_name: self.case.proxy}

    @cached_property
    def shaped(self) -> NDArray[np.float64]:
        """``[S, A, K]`` what is paid beside the terms."""
        rest: NDArray[np.float64] = self.case.proxy - np.sum([*self.terms.values()], axis=0)
        return rest if SHAPING_LINE in self.case.terms else np.zeros_like(rest)

    @cached_property
    def events(self) -> dict[str, NDArray[np.float64]]:
        """The events that the reward does not pay for yet, ``[S, A, K]`` each."""
        known = self.case.model.events
        return {name: amounts * self.case.model.feasible for name, amounts in known.items() if name not in self.terms}

    @cached_property
    def features(self) -> dict[str, NDArray[np.float64]]:
        """What is known of each state, ``[S]`` each: the potentials of the catalogue, then what an agent sees."""
        catalogue, task = self.subject.catalogue, self.subject.task
        features = {}
        if catalogue is not None:
            for name, potential in catalogue.potentials.items():
                # What a potential says of a terminal state does not count in shaping, but may be what a bonus paid for.
                raw = potential(self._seen(potential.reads))
                whole = raw if np.isfinite(raw).all() else potential_table(self.subject, name, name)
                features[name] = whole[self.case.states]
        if task is not None and task.observations is not None:
            for column in range(task.observations.shape[1]):
                features[f"entry {column} of the observation"] = task.observations[self.case.states, column] * 1.0
        return features

    def proposal(
        self,
        kind: Kind,
        summary: str,
        amendments: Amendments,
        paid: NDArray[np.float64],
        *,
        evidence: tuple[str, ...] = (),
        added: NearestShaping | None = None,
        feature: tuple[str, float] | None = None,
        largest_amounts: float | None = None,
    ) -> Proposal | None:
        """A proposal, if it passes the audit.

        Args:
            kind: How it was come by.
            summary: What to do.
            amendments: What is changed about the terms.
            paid: ``[S, A, K]`` what is paid, without any shaping.
            evidence: Numbers that belong to it.
            added: The shaping in place of what was added.
            feature: A potential of the catalogue, and how many times it is that shaping.
            largest_amounts: The sum of the largest amounts of the terms; of ``paid`` by default.

        Returns:
            None if a proxy-optimal policy is not objective-optimal, by `optimal_set`.
        """
        proxy = paid + self.shaped + (0.0 if added is None else added.table)
        case = amended_case(self.case, proxy)
        if not optimal_set(case).safe:
            return None
        shaping = self._whole_shaping(added, feature)
        gap = action_gap(case)
        size = float(np.abs(paid).max()) if largest_amounts is None else largest_amounts
        payment = said_in_a_spec(self.subject, self.case, self.reward, self.terms, amendments, paid, shaping)
        return Proposal(
            kind,
            summary,
            proxy,
            gap,
            gap / size if size > 0 else gap,
            evidence,
            payment,
            None if shaping is None else shaping.potential,
            None if added is None else added.given_up,
        )

    def _seen(self, reads: str) -> NDArray[Any]:
        task = self.subject.task
        if reads == "observation" and task is not None and task.observations is not None:
            return task.observations
        return np.arange(self.subject.model.n_states)

    def _whole_shaping(self, added: NearestShaping | None, feature: tuple[str, float] | None) -> Shaping | None:
        """What is shaped by in all, by the state's number in the environment: shaping twice is one potential."""
        if added is None:
            return self.shaping
        potential = np.zeros(self.subject.model.n_states)
        potential[self.case.states] = added.potential
        if self.shaping is not None:
            return Shaping(potential + self.shaping.potential)
        known = self.subject.catalogue.potentials if self.subject.catalogue is not None else {}
        return Shaping(potential, *feature) if feature is not None and feature[0] in known else Shaping(potential)


def largest_amounts(tables: Mapping[str, NDArray[np.float64]]) -> float:
    """The sum of the largest amounts of some terms: the size of a reward by which margins are measured."""
    return sum(float(np.abs(table).max(initial=0.0)) for table in tables.values())
