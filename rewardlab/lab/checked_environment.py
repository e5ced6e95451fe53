"""Making an environment from what a spec says of it, with every mistake in it named."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import gymnasium as gym
from gymnasium.envs.registration import EnvSpec, load_env_creator

from rewardlab.errors import BadInput, Problem, one_of
from rewardlab.outside import ANY_ID, modules_named
from rewardlab.plugins import declared_plugins, environment_spec

__all__ = ["checked_environment"]

_NOT_FOR_THE_ENVIRONMENT = {
    "reward": "what is paid belongs at variants",
    "num_envs": "it belongs at algorithm",
    **dict.fromkeys(
        (
            "id",
            "render_mode",
            "autoreset_mode",
            "vectorization_mode",
            "vector_kwargs",
            "wrappers",
            "disable_env_checker",
        ),
        "leave it out: rewardlab sees to it",
    ),
}


def checked_environment(
    environment_id: str,
    settings: Mapping[str, Any],
    id_place: str,
    settings_place: str,
    *,
    allowed_modules: Collection[str] = (),
) -> gym.Env[Any, Any]:
    """Make an environment.

    Args:
        environment_id: A registered id.
        settings: Its keyword arguments.
        id_place: Where the id was written, for the messages.
        settings_place: Where the settings were written.
        allowed_modules: Modules that may be imported beside those of installed plugins.

    Raises:
        BadInput: There is no such environment, or it does not take these settings.
    """
    found = environment_spec(environment_id, allowed_modules=allowed_modules, where=id_place)
    own = [
        Problem(f"{settings_place}.{key}", repr(settings[key]), "a setting of the environment itself", fix)
        for key, fix in _NOT_FOR_THE_ENVIRONMENT.items()
        if key in settings
    ]
    if own:
        raise BadInput(*own)
    if environment_id == ANY_ID:
        _require_allowed(settings, settings_place, allowed_modules)
    try:
        env = gym.make(environment_id, **settings)
        if environment_id == ANY_ID:
            env.get_wrapper_attr("try_step")()
        return env
    except BadInput as fault:
        problems = [replace(problem, where=f"{settings_place}.{problem.where}") for problem in fault.problems]
        raise BadInput(*problems) from None
    except Exception as fault:  # the constructor is a stranger's, and may raise anything
        problems = _unknown_settings(found, settings, settings_place) if isinstance(fault, TypeError) else []
        why = " ".join(f"{type(fault).__name__}: {fault}".split())
        got = f"{environment_id!r} with settings {dict(settings)}"
        made = f"an environment that can be made ({why})"
        raise BadInput(*(problems or [Problem(settings_place.removesuffix(".settings"), got, made)])) from None


def _require_allowed(settings: Mapping[str, Any], where: str, allowed_modules: Collection[str]) -> None:
    """That the modules which settings name may be imported."""
    declared = {plugin.module for plugin in declared_plugins()}
    problems = []
    for module, setting in modules_named(settings).items():
        package = module.partition(".")[0]
        if package == "gymnasium" or module in declared or {module, package} & set(allowed_modules):
            continue
        fix = f"install it as a plugin, or allow its code to run with --allow-code {module}"
        problems.append(Problem(f"{where}.{setting}", repr(module), f"a module among {sorted(declared)}", fix))
    if problems:
        raise BadInput(*problems)


def _unknown_settings(found: EnvSpec, settings: Mapping[str, Any], where: str) -> list[Problem]:
    creator = found.entry_point if callable(found.entry_point) else load_env_creator(str(found.entry_point))
    parameters = inspect.signature(creator).parameters.values()
    known = [each.name for each in parameters if each.kind in (each.KEYWORD_ONLY, each.POSITIONAL_OR_KEYWORD)]
    known = [name for name in known if name not in _NOT_FOR_THE_ENVIRONMENT]
    unknown = [key for key in settings if key not in (*known, "max_episode_steps")]
    return [one_of(f"{where}.{key}", key, known, "setting of this environment") for key in unknown]
