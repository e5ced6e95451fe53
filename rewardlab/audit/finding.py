"""A finding: one question that the audit asked of a reward, and the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, final, get_args

from rewardlab.audit.trajectory import Trajectory

__all__ = ["LEVELS", "Basis", "Finding", "Level"]

Level = Literal["unsafe", "caution", "note", "fine"]
"""How much a finding matters: the reward asks for something else than was meant; it does so only under conditions that
the finding names, or makes learning hard; something worth knowing; nothing found."""

LEVELS: tuple[Level, ...] = get_args(Level)
"""Worst first."""

Basis = Literal["proven on the model", "sampled", "read from the wrappers", "not asked"]
"""How an answer was reached. Samples can show violations, never their absence; wrappers that are only read say what
they do to any reward, and not whether it matters to this one."""


@final
@dataclass(frozen=True, slots=True)
class Finding:
    """One answer.

    Attributes:
        name: The question in a word or two, such as ``optimal_set``; also the name of its page in the docs.
        question: What was asked.
        level: How much it matters.
        verdict: The answer in one sentence.
        basis: How it was reached.
        evidence: Lines that show it: numbers, places, policies.
        advice: What to do about it; empty if nothing.
        data: The same as plain data (JSON), for machines.
        trajectories: Behaviour that shows it, to be drawn and played again.
    """

    name: str
    question: str
    level: Level
    verdict: str
    basis: Basis
    evidence: tuple[str, ...] = ()
    advice: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    trajectories: tuple[Trajectory, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON data."""
        return {
            "name": self.name,
            "question": self.question,
            "level": self.level,
            "verdict": self.verdict,
            "basis": self.basis,
            "evidence": list(self.evidence),
            "advice": self.advice,
            "data": dict(self.data),
            "trajectories": [trajectory.as_dict() for trajectory in self.trajectories],
        }
