"""Finding environments: which packages bring them, and which ids may be made.

A package that brings environments declares an entry point in the group ``rewardlab.plugins`` whose value is the module
to import; importing it registers its ids with Gymnasium. Ids are written with the module, ``module:namespace/Name-v0``,
so that worker processes find them. Only modules of declared plugins are imported; any other must be allowed by name,
because importing a module runs its code.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import final

import gymnasium as gym
from gymnasium.envs.registration import EnvSpec

from rewardlab.errors import BadInput, Problem, nearest

__all__ = ["PLUGIN_GROUP", "Plugin", "environment_spec", "load_plugins"]

PLUGIN_GROUP = "rewardlab.plugins"


@final
@dataclass(frozen=True, slots=True)
class Plugin:
    """A package that brings environments.

    Attributes:
        module: What is imported.
        environment_ids: The full ids that it registered, with the module.
        fault: Why it could not be loaded; empty if it could.
    """

    module: str
    environment_ids: tuple[str, ...]
    fault: str = ""


def load_plugins() -> list[Plugin]:
    """Import every declared plugin, in the order of their names. A broken one is named and harms nothing else."""
    return [_load(module) for module in sorted({point.value for point in entry_points(group=PLUGIN_GROUP)})]


def environment_spec(
    environment_id: str, *, allowed_modules: Collection[str] = (), where: str = "environment"
) -> EnvSpec:
    """Find the registration of an environment, without making it.

    Args:
        environment_id: As in ``gym.make``: ``Name-v0`` or ``module:namespace/Name-v0``.
        allowed_modules: Modules that may be imported beside those of declared plugins.
        where: The place to name in an error.

    Raises:
        BadInput: The module is not allowed or cannot be imported, or there is no such id.
    """
    module, _, name = environment_id.rpartition(":")
    plugin_modules = {point.value for point in entry_points(group=PLUGIN_GROUP)}
    if module and module not in plugin_modules and module not in allowed_modules:
        fix = f"install it as a plugin, or allow its code to run with --allow-code {module}"
        fix = nearest(module, plugin_modules) or fix
        raise BadInput(Problem(where, repr(environment_id), f"a module among {sorted(plugin_modules)}", fix))
    if module:
        loaded = _load(module)
        if loaded.fault:
            raise BadInput(Problem(where, repr(environment_id), f"a module that can be imported ({loaded.fault})"))
    found = gym.registry.get(name)
    # Without its module only Gymnasium's own is found by every worker process.
    if found is not None and (module or _home(found) == "gymnasium"):
        return found
    known = [environment for plugin in load_plugins() for environment in plugin.environment_ids]
    known += [] if module else [other for other, spec in gym.registry.items() if _home(spec) == "gymnasium"]
    raise BadInput(Problem(where, repr(environment_id), "the id of an environment", _likely(environment_id, known)))


def _load(module: str) -> Plugin:
    try:
        importlib.import_module(module)
    except (Exception, SystemExit) as fault:  # a stranger's module may raise anything, and must not take the lab down
        return Plugin(module, (), " ".join(f"{type(fault).__name__}: {fault}".split()))
    package = module.partition(".")[0]
    ids = [f"{module}:{name}" for name, spec in gym.registry.items() if _home(spec) == package]
    return Plugin(module, tuple(sorted(ids)))


def _home(spec: EnvSpec) -> str:
    """The package that an environment's code is in."""
    point = spec.entry_point
    text = point if isinstance(point, str) else getattr(point, "__module__", "")
    return text.partition(":")[0].partition(".")[0]


def _likely(environment_id: str, known: list[str]) -> str:
    suggestion = nearest(environment_id, known)
    if suggestion:
        return suggestion
    by_name = {full.rpartition("/")[2]: full for full in known}
    short = nearest(environment_id.rpartition("/")[2], by_name)
    for name, full in by_name.items():
        short = short.replace(repr(name), repr(full))
    return short or "`rewardlab list` shows those that there are"
