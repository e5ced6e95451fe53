"""What `audit`, `repair`, `distances` and `watch` are asked about, read from their options."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from rewardlab.cli import lines
from rewardlab.errors import BadInput, Problem

if TYPE_CHECKING:
    import gymnasium as gym

__all__ = ["Subject", "collected", "folder_problems", "subject_of", "told_by_option"]

_OPTIONS = {"objective": "against", "wrappers": "wrapper"}  # where they are not called as the arguments are
_ARGUMENTS = "reward|against|objective|shaping|wrappers|horizon|episodes|gamma|search|state"
_PLACE = re.compile(rf"(?:options\[')?({_ARGUMENTS})\b(?:'\])?(?! )")


@final
@dataclass(frozen=True, slots=True)
class Subject:
    """An environment, and what is asked about it.

    Attributes:
        env: Made, to be closed by who asked.
        settings: Its keyword arguments.
        gamma: The discount.
        rewards: Each reward that was named, by its text: a name, or weights by event.
    """

    env: gym.Env[Any, Any]
    settings: dict[str, Any]
    gamma: float
    rewards: dict[str, str | dict[str, float]]


def subject_of(options: argparse.Namespace, folder: Path | None, **texts: Iterable[str | None]) -> Subject:
    """What the options name.

    Args:
        options: With ``environment``, ``set``, ``allow_code`` and ``gamma``.
        folder: To write into; made if it is not there.
        texts: Of rewards, by the name of their option; None where it was not given.

    Raises:
        BadInput: Something in them is wrong by itself. All of it is told at once.
    """
    from rewardlab.lab.checked_environment import checked_environment
    from rewardlab.lab.quick_comparison import parse_reward
    from rewardlab.rewards.returns import check_gamma

    problems = folder_problems(folder)
    rewards = {}
    with collected(problems):
        check_gamma(options.gamma, "--gamma")
    for option, given in texts.items():
        for text in given:
            with collected(problems):
                if text is not None:
                    rewards[text] = parse_reward(text, f"--{option}")
    settings = dict(options.set)
    with collected(problems), lines.doing(f"importing and making {options.environment}"):
        env = checked_environment(options.environment, settings, "ENV", "--set", allowed_modules=options.allow_code)
    if problems:
        raise BadInput(*problems)
    return Subject(env, settings, options.gamma, rewards)


@contextmanager
def told_by_option(options: argparse.Namespace) -> Iterator[None]:
    """Let what is wrong be told with the option that it was given by, instead of the argument of a function."""
    try:
        yield
    except BadInput as fault:
        raise BadInput(*(_told(problem, options) for problem in fault.problems)) from None


def folder_problems(path: Path | None) -> list[Problem]:
    """Why ``--out`` is no folder and cannot become one; nothing where it is not given."""
    there = path
    while there is not None and not there.exists() and there != there.parent:
        there = there.parent
    if there is None or there.is_dir():
        return []
    return [Problem("--out", f"{str(path)!r}, and {str(there)!r} is a file", "a folder")]


@contextmanager
def collected(problems: list[Problem]) -> Iterator[None]:
    """Add what is wrong to a list and go on, so that all of it is told at once."""
    try:
        yield
    except BadInput as fault:
        problems += fault.problems


def _told(problem: Problem, options: argparse.Namespace) -> Problem:
    if problem.where in ("audit", "distance_matrix", "repair"):  # the subject itself
        return replace(problem, where="ENV", got=repr(options.environment))
    name = _PLACE.match(problem.where)
    if name is None:
        return problem
    got = str(options.search) if problem.where == "search" else problem.got  # there it is a function
    option = f"--{_OPTIONS.get(name[1], name[1])}"
    return replace(problem, where=f"{option}{problem.where[name.end() :]}", got=got)
