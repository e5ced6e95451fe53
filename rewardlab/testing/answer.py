"""An answer: one thing that was asked of somebody's code, and all that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, final

from rewardlab.errors import Problem

__all__ = ["Answer", "problems_of", "raise_problems"]


@final
@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked, and what was found.

    Attributes:
        question: What should hold, as a clause such as "rewards are finite numbers".
        problems: Where it does not; empty if it holds.
        notes: What may be meant, and fails nothing.
        not_asked: Why it could not be asked; empty if it was.
    """

    question: str
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    not_asked: str = ""

    @property
    def word(self) -> str:
        """The verdict in a word: ``fault``, ``not asked``, ``note`` or ``ok``."""
        if self.problems:
            return "fault"
        if self.not_asked:
            return "not asked"
        return "note" if self.notes else "ok"

    @staticmethod
    def of(question: str, problems: Iterable[Problem] = (), notes: Iterable[Problem] = ()) -> Answer:
        """An answer from any problems and notes."""
        return Answer(question, tuple(problems), tuple(notes))

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON data."""
        return {
            "question": self.question,
            "verdict": self.word,
            "problems": [str(problem) for problem in self.problems],
            "notes": [str(note) for note in self.notes],
            "not_asked": self.not_asked,
        }


def problems_of(answers: Iterable[Answer]) -> list[Problem]:
    """All problems of some answers, in their order."""
    return [problem for answer in answers for problem in answer.problems]


def raise_problems(name: str, answers: Sequence[Answer]) -> None:
    """Fail a test if anything is wrong, with all that is wrong in the message.

    Args:
        name: What was checked.
        answers: What was found.

    Raises:
        AssertionError: There is a problem.
    """
    wrong = problems_of(answers)
    if wrong:
        count = "1 problem" if len(wrong) == 1 else f"{len(wrong)} problems"
        raise AssertionError("\n".join([f"{name} does not conform, {count}:", *(f"  {each}" for each in wrong)]))
