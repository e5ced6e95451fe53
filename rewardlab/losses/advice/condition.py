"""When a piece of advice applies: to which outputs, and with which answers about data and mistakes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import final

__all__ = ["YES_OR_NO", "Condition"]

YES_OR_NO = ("probability", "several-labels")
"""The outputs that are judged as yes or no."""


@final
@dataclass(frozen=True, slots=True)
class Condition:
    """A conjunction over the answers to the first three questions.

    Attributes:
        outputs: The outputs that it is for; empty for all.
        needs: Answers about data or mistakes that must all have been given.
        without: Answers of which none may have been given.
    """

    outputs: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def holds(self, output: str, answers: Collection[str]) -> bool:
        """Whether it applies.

        Args:
            output: The name of the output.
            answers: The names of all that was answered about data and mistakes.
        """
        fits = not self.outputs or output in self.outputs
        return fits and set(self.needs) <= set(answers) and not set(self.without) & set(answers)
