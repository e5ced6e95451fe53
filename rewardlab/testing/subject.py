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
from rewardlab.testing.alone import catalogue_alone, potential_alone, reward_alone
from rewardlab.testing.answer import Answer, raise_problems
from rewardlab.testing.arguments import needed_arguments
from rewardlab.testing.asking import asked
from rewardlab.testing.environment import EnvironmentMaker, check_environment
from rewardlab.testing.loss import check_loss_function, is_loss
from rewardlab.testing.patience import Patience
from rewardlab.testing.wrapper import check_wrapper

__all__ = ["KINDS", "Subject", "assert_conforms", "named_subject", "subject_of"]

KINDS = (
    "the id of an environment, its class or a function that makes it, a Reward, Catalogue or Potential, "
    "a wrapper class, or a loss"
)
"""What can be checked, in words."""


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


def subject_of(thing: Any, name: str = "", env: str | EnvironmentMaker | None = None) -> Subject | None:
    """What a thing is, and how it is checked; None if it is nothing that can be.

    Args:
        thing: An id, a class, a function or an object.
        name: What to call it; its own name by default.
        env: What a wrapper is put round, see `check_wrapper`.
    """
    name = name or str(getattr(thing, "__name__", "") or getattr(thing, "name", "") or thing)
    if (isinstance(thing, str) or _is_class_of(thing, gym.Env)) and not _is_class_of(thing, gym.Wrapper):
        return Subject(name, "environment", lambda patience: check_environment(thing, patience=patience))
    if _is_class_of(thing, gym.Wrapper | VectorWrapper):
        return Subject(name, "wrapper", lambda patience: check_wrapper(thing, env, patience=patience))
    if isinstance(thing, Reward):
        return Subject(
            name, "reward", lambda patience: asked(lambda answers: answers.extend(reward_alone(thing)), patience)
        )
    if isinstance(thing, Catalogue):
        return Subject(
            name, "catalogue", lambda patience: asked(lambda answers: answers.extend(catalogue_alone(thing)), patience)
        )
    if isinstance(thing, Potential | ScheduledPotential):
        return Subject(
            name,
            "potential",
            lambda patience: asked(lambda answers: answers.extend(potential_alone(thing)), patience),
        )
    if is_loss(thing):
        return Subject(name, "loss", lambda patience: check_loss_function(thing, name, patience=patience))
    return None


def named_subject(thing: Any, name: str = "", env: str | EnvironmentMaker | None = None) -> Subject | None:
    """As `subject_of`; and what is a function without arguments was named because it makes an environment.

    Args:
        thing: An id, a class, a function or an object.
        name: What to call it; its own name by default.
        env: What a wrapper is put round, see `check_wrapper`.
    """
    found = subject_of(thing, name, env)
    if found is not None or not callable(thing) or inspect.isclass(thing) or needed_arguments(thing):
        return found
    name = name or str(getattr(thing, "__name__", "the environment"))
    return Subject(name, "environment", lambda patience: check_environment(thing, patience=patience))


def assert_conforms(thing: Any, *, env: str | EnvironmentMaker | None = None, seconds: float = 10.0) -> None:
    """Fail a test if somebody's code does not keep what rewardlab relies on; the message holds all that is wrong.

    Args:
        thing: The id of a registered environment, an environment class, a function that makes an environment (without
            arguments, and with ``reward`` where it offers a catalogue), a `Reward`, a `Catalogue`, a `Potential`, a
            wrapper class, or a loss.
        env: What a wrapper is put round, if it is written for one environment; see `check_wrapper`.
        seconds: How long a single call of it may take.

    Raises:
        AssertionError: It does not conform.
        BadInput: It is nothing that can be checked, or ``env`` is given and it is no wrapper.

    Example:
        >>> from rewardlab.testing import assert_conforms
        >>> assert_conforms("CartPole-v1")
    """
    subject = named_subject(thing, env=env)
    if subject is None:
        raise BadInput(Problem("assert_conforms", repr(thing), KINDS))
    if env is not None and subject.kind != "wrapper":
        raise BadInput(Problem("env", repr(env), f"a wrapper to put round it, not {subject.name!r}", "leave it out"))
    raise_problems(subject.name, subject.check(Patience(seconds)))


def _is_class_of(thing: Any, base: Any) -> bool:
    return inspect.isclass(thing) and issubclass(thing, base)
