"""What a repair proposes, and the whole of what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase
from rewardlab.audit.repair.term_weights import TermWeights

__all__ = ["Kind", "Payment", "Proposal", "Repair"]

Kind = Literal["shaping", "condition", "weights", "objective"]
"""What was added is turned into shaping; a term gets a condition; the terms get other weights; the objective itself is
paid, with what shaping can keep of the proxy."""


@final
@dataclass(frozen=True, slots=True)
class Payment:
    """How a spec says what is paid: a variant of an experiment, without its name.

    Attributes:
        reward: A name of the environment's catalogue, or weights on its events.
        wrappers: Reward wrappers, innermost first.
    """

    reward: str | dict[str, float]
    wrappers: tuple[dict[str, Any], ...] = ()

    def variant(self, name: str) -> dict[str, Any]:
        """It with a name, as an entry of ``variants`` in a spec."""
        wrappers = {"wrappers": [dict(wrapper) for wrapper in self.wrappers]} if self.wrappers else {}
        reward = dict(self.reward) if isinstance(self.reward, dict) else self.reward
        return {"name": name, "reward": reward, **wrappers}


@final
@dataclass(frozen=True, slots=True)
class Proposal:
    """One reward that the audit has found safe.

    Attributes:
        kind: How it was come by.
        summary: What to do, in one sentence.
        proxy: ``[S, A, K]`` what it pays, on the case's own model.
        gap: By how much right actions are ahead of wrong ones, see `action_gap`.
        gap_share: The same as a share of the sum of the largest amounts of its terms.
        evidence: Numbers that belong to it.
        payment: How a spec says it; None where no spec can, because the reward came as an array or a function.
        potential: ``[S]`` what it shapes by, by the state's number in the environment; None without.
        given_up: The share of the weighted squares of what was added that shaping does not keep; None without.
    """

    kind: Kind
    summary: str
    proxy: NDArray[np.float64]
    gap: float
    gap_share: float
    evidence: tuple[str, ...] = ()
    payment: Payment | None = None
    potential: NDArray[np.float64] | None = None
    given_up: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """It as JSON data."""
        return {
            "kind": self.kind,
            "summary": self.summary,
            "action_gap": self.gap if np.isfinite(self.gap) else None,
            "action_gap_share": self.gap_share if np.isfinite(self.gap_share) else None,
            "given_up": self.given_up,
            "evidence": list(self.evidence),
            "variant": None if self.payment is None else self.payment.variant(self.kind),
        }


@final
@dataclass(frozen=True)
class Repair:
    """What was found out about mending a reward.

    Attributes:
        subject: The environment.
        case: What was audited.
        already_safe: Whether there is nothing to mend.
        statements: What is so, in plain sentences: where the fault lies, and what cannot help.
        proposals: Rewards that the audit has found safe, the mildest kind first. Empty where nothing is to be mended.
        weights: Whether weights of the reward's own terms can mend it; None where there was no need to ask.
        present: How a spec says what is paid now; None where no spec can.
    """

    subject: str
    case: AuditCase
    already_safe: bool
    statements: tuple[str, ...]
    proposals: tuple[Proposal, ...]
    weights: TermWeights | None = None
    present: Payment | None = None

    @property
    def best(self) -> Proposal | None:
        """The first proposal."""
        return self.proposals[0] if self.proposals else None

    def proposal(self, kind: Kind) -> Proposal | None:
        """The first proposal of a kind."""
        return next((proposal for proposal in self.proposals if proposal.kind == kind), None)

    def spec(
        self,
        environment_id: str,
        settings: Mapping[str, Any] | None = None,
        *,
        algorithm: Mapping[str, Any] | None = None,
        seeds: int = 3,
        budget_steps: int = 120_000,
    ) -> dict[str, Any] | None:
        """An experiment that trains on the reward as it is and on each proposal, as data of a spec.

        Args:
            environment_id: A registered id.
            settings: Settings of the environment.
            algorithm: What is trained, as in a spec; PPO by default. The discount is always the audit's, for what is
                proposed is safe under that one.
            seeds: How many.
            budget_steps: Of each run.

        Returns:
            None where no spec can say what is proposed, or nothing is.
        """
        numbered = [
            (f"{number}. {proposal.kind}", proposal.payment) for number, proposal in enumerate(self.proposals, start=1)
        ]
        variants = [payment.variant(name) for name, payment in numbered if payment is not None]
        if not variants:
            return None
        if self.present is not None:
            variants.insert(0, self.present.variant("as it is"))
        chosen = dict(algorithm or {"name": "ppo"})
        chosen["settings"] = {**chosen.get("settings", {}), "gamma": self.case.gamma}
        environment: dict[str, Any] = {"id": environment_id}
        if settings:
            environment["settings"] = dict(settings)
        return {
            "version": 1,
            "name": "repair",
            "question": f"Does the repaired {self.case.proxy_name} teach {self.case.objective_name}?",
            "seeds": seeds,
            "budget_steps": budget_steps,
            "environment": environment,
            "algorithm": chosen,
            "variants": variants,
        }

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON data."""
        return {
            "subject": self.subject,
            "proxy": self.case.proxy_name,
            "objective": self.case.objective_name,
            "criterion": self.case.criterion,
            "already_safe": self.already_safe,
            "statements": list(self.statements),
            "largest_margin_of_own_weights": None if self.weights is None else self.weights.largest_margin,
            "proposals": [proposal.as_dict() for proposal in self.proposals],
        }
