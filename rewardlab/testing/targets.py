"""Finding what a user names: an id, a module, or a thing in a module. Naming a module allows its code to run."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import gymnasium as gym

from rewardlab.errors import BadInput, Problem, nearest, one_of
from rewardlab.testing.answer import Answer
from rewardlab.testing.importing import import_problem
from rewardlab.testing.record import raised_problem
from rewardlab.testing.subject import KINDS, Subject, named_subject, subject_of

__all__ = ["subjects_named"]

_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_VERSION = re.compile(r"-v\d+$")
_CHECKED = "environments, rewards, catalogues, potentials, wrappers and losses"


def subjects_named(
    target: str, where: str = "TARGET", *, seconds: float = 30.0, env: str | None = None
) -> list[Subject]:
    """What a target names, in the order in which it is checked.

    Args:
        target: ``Name-v0`` or ``module:namespace/Name-v0``, the id of an environment; ``module:attribute``; or
            ``module``, which stands for what the module registered with Gymnasium and for its public objects.
        where: The place to name in an error.
        seconds: That the import of the module may take.
        env: The id of the environment that wrappers are put round, see `check_wrapper`.

    Raises:
        BadInput: There is no such thing, the module cannot be imported, or nothing in it can be checked; ``env`` is no
            id, or there is no wrapper for it.
    """
    if env is not None:
        _check_id(env, seconds)
    found = _named(target, where, seconds, env)
    if env is not None and not any(subject.kind == "wrapper" for subject in found):
        raise BadInput(Problem("--env", repr(env), f"a wrapper to put round it, not {target!r}", "leave it out"))
    return found


def _check_id(env: str, seconds: float) -> None:
    (made, *more) = _named(env, "--env", seconds, None)
    if more or made.kind != "environment" or env.rpartition(":")[2] not in gym.registry:
        raise BadInput(Problem("--env", repr(env), "the id of an environment, such as CartPole-v1"))


def _named(target: str, where: str, seconds: float, env: str | None) -> list[Subject]:
    module_name, colon, rest = target.rpartition(":")
    if not colon and (target in gym.registry or _VERSION.search(target)):
        return [_environment(target, target, where)]
    name = module_name if colon else target
    module = _imported(name, target, where, seconds)
    if not colon:
        return _all_of(module, where, env)
    if rest in gym.registry or "/" in rest or _VERSION.search(rest):
        return [_environment(target, rest, where)]
    return [_attribute(module, rest, target, where, env)]


def _environment(full: str, registered: str, where: str) -> Subject:
    if registered not in gym.registry:
        known = [f"{full.rpartition(':')[0]}:{name}" if ":" in full else name for name in gym.registry]
        raise BadInput(Problem(where, repr(full), "the id of an environment", nearest(full, known)))
    subject = subject_of(full)
    if subject is None:
        raise TypeError("a text is always taken for an id")
    return subject


def _imported(name: str, target: str, where: str, seconds: float) -> ModuleType:
    if name.endswith(".py") or not _MODULE.fullmatch(name):
        expected = "the id of an environment, module:attribute, or a module"
        bare = name.removesuffix(".py").replace("/", ".")
        fix = f"write {bare!r}" if _MODULE.fullmatch(bare) else ""
        raise BadInput(Problem(where, repr(target), expected, fix))
    hopeless = import_problem(name, where, seconds)
    if hopeless is not None:
        raise BadInput(hopeless)
    try:
        return importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as fault:  # a stranger's module may raise anything
        if isinstance(fault, ModuleNotFoundError) and fault.name and f"{name}.".startswith(f"{fault.name}."):
            fix = "install its package, or call this in the folder that holds it"
            raise BadInput(Problem(where, repr(target), f"a module: there is no {fault.name!r}", fix)) from None
        raised = raised_problem(fault, where)
        problem = Problem(where, f"{target!r}, whose import fails ({raised.got})", "a module", raised.fix)
        raise BadInput(problem) from None


def _attribute(module: ModuleType, name: str, target: str, where: str, env: str | None) -> Subject:
    thing = _read(module, name)
    if isinstance(thing, AttributeError):
        raise BadInput(one_of(where, name, _public(module), f"name in {module.__name__}"))
    if isinstance(thing, Exception):
        raise BadInput(raised_problem(thing, f"{where}, {target!r}"))
    subject = named_subject(thing, name, env)
    if subject is None:
        got = f"{target!r}, a {type(thing).__name__}"
        fix = "a reward is Reward.from_function(function); a loss is a function of (predicted, target)"
        if isinstance(thing, gym.Env):
            fix = "name its class, or a function that makes it: it is made anew for each question"
        raise BadInput(Problem(where, got, KINDS, fix))
    return subject


def _all_of(module: ModuleType, where: str, env: str | None) -> list[Subject]:
    registered = [*_registered(module)]
    subjects = [found for name in registered if (found := subject_of(f"{module.__name__}:{name}")) is not None]
    made = {_entry_point(name) for name in registered}
    for name, thing in _public(module).items():
        if f"{getattr(thing, '__module__', '')}:{getattr(thing, '__name__', '')}" in made or inspect.isabstract(thing):
            continue
        if isinstance(thing, Exception):
            subjects.append(_unreadable(name, thing))
            continue
        subject = subject_of(thing, name, env) if not isinstance(thing, str) else None
        if subject is not None:
            subjects.append(subject)
    if not subjects:
        fix = "name one of them, as in module:attribute, or list them in __all__"
        if getattr(module, "__file__", None) is None and hasattr(module, "__path__"):
            folder = next(iter(module.__path__))
            fix = f"{folder} is a folder without code of its own: install what is in it, or call this within it"
        raise BadInput(Problem(where, f"{module.__name__!r}, with nothing to check", f"{_CHECKED}", fix))
    return subjects


def _registered(module: ModuleType) -> Iterator[str]:
    for name in gym.registry:
        home = _entry_point(name).partition(":")[0]
        if f"{home}.".startswith(f"{module.__name__}."):
            yield name


def _entry_point(name: str) -> str:
    point: Any = gym.registry[name].entry_point
    return point if isinstance(point, str) else f"{getattr(point, '__module__', '')}:{getattr(point, '__name__', '')}"


def _public(module: ModuleType) -> dict[str, Any]:
    """What a module offers: what it lists, else what it defines itself."""
    if hasattr(module, "__all__"):
        return {name: _read(module, name) for name in module.__all__}
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", module.__name__) in (module.__name__, *_KINDS)
    }


def _read(module: ModuleType, name: str) -> Any:
    """What stands under a name; the error where that cannot be read, since a module may make it when it is asked."""
    try:
        return getattr(module, name)
    except Exception as fault:
        return fault


def _unreadable(name: str, fault: Exception) -> Subject:
    problem = raised_problem(fault, name)
    return Subject(name, "name", lambda _: [Answer.of("what the module lists can be read", [problem])])


_KINDS = ("rewardlab.rewards.reward", "rewardlab.rewards.catalogue", "rewardlab.rewards.potential")
"""Where the classes live of which a module may hold objects."""
