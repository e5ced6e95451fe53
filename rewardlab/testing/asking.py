"""Asking a stranger's code: whatever it does, there is an answer."""

from __future__ import annotations

from collections.abc import Callable

from rewardlab.testing.answer import Answer
from rewardlab.testing.patience import Patience, Stopped, patiently
from rewardlab.testing.record import raised_problem
from rewardlab.testing.seeds import untouched_generators

__all__ = ["asked"]


def asked(questions: Callable[[list[Answer]], object], patience: Patience) -> list[Answer]:
    """Ask some questions within some patience. The generators of the process stay where they are.

    Args:
        questions: Adds its answers to a list, so that those that there are stay if it cannot go on.
        patience: How long to wait for each call; told of each.

    Returns:
        The answers; the last one says what went wrong, where something did.
    """
    answers: list[Answer] = []

    def work() -> None:
        with untouched_generators(0):
            questions(answers)

    try:
        patiently(work, patience)
    except Stopped as stopped:
        return [*answers, Answer.of("every call returns in time", [stopped.problem])]
    except (Exception, SystemExit) as fault:  # it may raise anything, wherever it is called
        return [*answers, Answer.of("no call raises an error", [raised_problem(fault, patience.place)])]
    return answers
