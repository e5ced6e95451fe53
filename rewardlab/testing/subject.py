"""What can be checked: a thing, what it is, and which battery asks it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import gymnasium as gym
from gymnasium.vector import VectorWrapper

from rewardlab.errors import BadInput, Problem
from rewardlab.rewards.catalogue import Catalogue
from rewardlab.rewards.potential import Potential, ScheduledPotential
from rewardlab.rewards.reward import Reward
from rewardlab.testing.answer import Answer, raise_problems
from rewardlab.testing.arguments import needed_arguments
from rewardlab.testing.asking import asked
from rewardlab.testing.catalogue import check_catalogue, check_potential, check_reward
from rewardlab.testing.environment import check_environment
from rewardlab.testing.invented import WIDTHS, invented_places, readable_episode
from rewardlab.testing.loss import check_loss_function, is_loss
from rewardlab.testing.patience import Patience
from rewardlab.testing.wrapper import check_wrapper

__all__ = ["Subject", "assert_conforms", "subject_of"]

_KINDS = "an environment or its id, a Reward, Catalogue or Potential, a wrapper class, or a loss"


@final
@dataclass(frozen=True, slots=True)
class Subject:
    """A thing that can be checked.

    Attributes:
        name: What to call it.
        kind: ``"environment"``, ``"reward"``, ``"catalogue"``, ``"potential"``, ``"wrapper"`` or ``"loss"``.
        check: Asks it all that its battery asks.
    """

    name: str
    kind: str
    check: Callable[[Patience], list[Answer]]


def subject_of(thing: Any, name: str = "") -> Subject | None:
    """What a thing is, and how it is checked; None if it is nothing that can be.

    Args:
        thing: An id, a class, a function or an object.
        name: What to call it; its own name by default.
    """
    name = name or str(getattr(thing, "__name__", "") or getattr(thing, "name", "") or thing)
    if (isinstance(thing, str) or _is_class_of(thing, gym.Env)) and not _is_class_of(thing, gym.Wrapper):
        return Subject(name, "environment", lambda patience: check_environment(thing, patience=patience))
    if _is_class_of(thing, gym.Wrapper | VectorWrapper):
        return Subject(name, "wrapper", lambda patience: check_wrapper(thing, patience=patience))
    if isinstance(thing, Reward):
        return Subject(name, "reward", lambda patience: asked(lambda answers: answers.extend(_alone(thing)), patience))
    if isinstance(thing, Catalogue):
        return Subject(
            name, "catalogue", lambda patience: asked(lambda answers: answers.extend(check_catalogue(thing)), patience)
        )
    if isinstance(thing, Potential | ScheduledPotential):
        return Subject(
            name,
            "potential",
            lambda patience: asked(lambda answers: answers.extend(_on_invented_places(thing)), patience),
        )
    if is_loss(thing):
        return Subject(name, "loss", lambda patience: check_loss_function(thing, name, patience=patience))
    return None


def assert_conforms(thing: Any, *, seconds: float = 10.0) -> None:
    """Fail a test if somebody's code does not keep what rewardlab relies on; the message holds all that is wrong.

    Args:
        thing: The id of a registered environment, an environment class, a function that makes an environment (without
            arguments, and with ``reward`` where it offers a catalogue), a `Reward`, a `Catalogue`, a `Potential`, a
            wrapper class, or a loss.
        seconds: How long a single call of it may take.

    Raises:
        AssertionError: It does not conform.
        BadInput: It is nothing that can be checked.

    Example:
        >>> from rewardlab.testing import assert_conforms
        >>> assert_conforms("CartPole-v1")
    """
    subject = subject_of(thing)
    if subject is None and callable(thing) and not needed_arguments(thing):
        subject = Subject(
            "the environment", "environment", lambda patience: check_environment(thing, patience=patience)
        )
    if subject is None:
        raise BadInput(Problem("assert_conforms", repr(thing), _KINDS))
    raise_problems(subject.name, subject.check(Patience(seconds)))


def _is_class_of(thing: Any, base: Any) -> bool:
    return inspect.isclass(thing) and issubclass(thing, base)


def _alone(reward: Reward) -> list[Answer]:
    episode = readable_episode(reward)
    if episode is None:
        why = "it reads steps of its own environment only: offer it in the environment's catalogue, and check that"
        return [Answer("rewards pay one finite number for each row, whatever stands beside it", not_asked=why)]
    return check_reward(reward, [episode])


def _on_invented_places(potential: Potential | ScheduledPotential) -> list[Answer]:
    answers: list[Answer] = []
    for width in WIDTHS if potential.reads == "observation" else (None,):
        answers = check_potential(potential, invented_places(width))
        if not any(isinstance(each, Problem) and "Error" in each.got for answer in answers for each in answer.problems):
            return answers
    why = f"it reads {potential.reads}s of its own environment only: offer it in the environment's catalogue"
    return [Answer(answers[0].question, not_asked=why)]
