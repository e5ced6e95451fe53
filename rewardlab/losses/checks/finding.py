"""A finding: one question asked of a loss, a model or a training, and what was seen."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, final, get_args

from rewardlab.errors import BadInput, one_of
from rewardlab.losses.checks.questions import QUESTIONS

__all__ = ["LOSS_LEVELS", "LossFinding", "LossLevel", "LossReport", "answer", "not_asked"]

LossLevel = Literal["fault", "caution", "fine", "not asked"]
"""It will not learn what was meant; it may not, under conditions that are named; nothing was found; it was not asked,
and the finding says why."""

LOSS_LEVELS: tuple[LossLevel, ...] = get_args(LossLevel)
"""Worst first."""

_WIDTH = 100


@final
@dataclass(frozen=True, slots=True)
class LossFinding:
    """One answer.

    Attributes:
        name: The question in a word or two, such as ``direction``.
        question: What was asked.
        level: How much it matters.
        saw: What was measured, in one sentence.
        cause: The likely cause and what to do about it, or why it is no fault; empty if there is nothing to say.
        evidence: Lines with the numbers.
    """

    name: str
    question: str
    level: LossLevel
    saw: str
    cause: str = ""
    evidence: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """The finding for people: what was seen, then the cause, then the numbers, each indented below its name."""
        head = f"{self.level.upper():<10}{self.name}: {self.saw}"
        below = ([f"-> {self.cause}"] if self.cause else []) + list(self.evidence)
        wrapped = textwrap.wrap(head, _WIDTH, subsequent_indent=" " * 10)
        for line in below:
            wrapped += textwrap.wrap(line, _WIDTH, initial_indent=" " * 10, subsequent_indent=" " * 13)
        return tuple(wrapped)

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON data."""
        return {
            "name": self.name,
            "question": self.question,
            "level": self.level,
            "saw": self.saw,
            "cause": self.cause,
            "evidence": list(self.evidence),
        }


@final
@dataclass(frozen=True, slots=True)
class LossReport:
    """All findings of one examination, in the order in which they were asked.

    Attributes:
        findings: One for each question; those that could not be asked included.
    """

    findings: tuple[LossFinding, ...]

    @property
    def faults(self) -> tuple[LossFinding, ...]:
        """The findings of level ``"fault"``."""
        return self.of_level("fault")

    @property
    def cautions(self) -> tuple[LossFinding, ...]:
        """The findings of level ``"caution"``."""
        return self.of_level("caution")

    @property
    def clean(self) -> bool:
        """Whether there is neither a fault nor a caution."""
        return not self.faults and not self.cautions

    def of_level(self, level: LossLevel) -> tuple[LossFinding, ...]:
        """The findings of one level, in order."""
        return tuple(finding for finding in self.findings if finding.level == level)

    def finding(self, name: str) -> LossFinding:
        """The finding of that name.

        Raises:
            BadInput: There is none.
        """
        for finding in self.findings:
            if finding.name == name:
                return finding
        raise BadInput(one_of("finding", name, [finding.name for finding in self.findings], "finding"))

    def as_text(self, *, everything: bool = False) -> str:
        """The report for people, the worst first.

        Args:
            everything: Show also what is fine and what was not asked; without it they are counted.
        """
        shown = LOSS_LEVELS if everything else LOSS_LEVELS[:2]
        lines = [line for level in shown for finding in self.of_level(level) for line in finding.lines]
        counts = ", ".join(f"{len(self.of_level(level))} {level}" for level in LOSS_LEVELS)
        return "\n".join([*lines, f"{len(self.findings)} questions: {counts}"])

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON data."""
        return {"clean": self.clean, "findings": [finding.as_dict() for finding in self.findings]}


def answer(name: str, level: LossLevel, saw: str, cause: str = "", evidence: Iterable[str] = ()) -> LossFinding:
    """A finding, with its question looked up and its evidence as any lines.

    Args:
        name: The name of the question.
        level: How much it matters.
        saw: What was measured.
        cause: The likely cause.
        evidence: The numbers.
    """
    return LossFinding(name, QUESTIONS[name], level, saw, cause, tuple(evidence))


def not_asked(name: str, reason: str) -> LossFinding:
    """The finding of a question that could not be asked.

    Args:
        name: The name of the question.
        reason: Why it was not.
    """
    return LossFinding(name, QUESTIONS[name], "not asked", reason)
