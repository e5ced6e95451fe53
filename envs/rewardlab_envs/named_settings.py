"""The task of settings that are given by name, and may come from anywhere: a spec, the command line, ``gym.make``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from rewardlab.errors import BadInput, Problem, one_of
from rewardlab.mdp import FiniteTask

__all__ = ["task_of"]


def task_of(make: Callable[..., FiniteTask], settings: Mapping[str, Any]) -> FiniteTask:
    """Make a task, of which the last few are kept.

    Args:
        make: Makes it and keeps it (``functools.lru_cache``), so that its arguments must be hashable.
        settings: The arguments.

    Raises:
        BadInput: There is no such setting, a value is a list or a table, or what ``make`` refuses.
    """
    known = inspect.signature(make).parameters
    problems = [one_of(name, name, known, "setting of this environment") for name in settings if name not in known]
    problems += [
        Problem(name, repr(value), "a text, a number, or true or false")
        for name, value in settings.items()
        if name in known and not isinstance(value, Hashable)
    ]
    if problems:
        raise BadInput(*problems)
    return make(**settings)
