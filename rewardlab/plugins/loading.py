"""Importing a plugin: what it registers, and what it may not."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import gymnasium as gym
from gymnasium.envs.registration import EnvSpec

from rewardlab.plugins.declared import DeclaredPlugin, declared_plugins, told

__all__ = ["Plugin", "home", "load_plugin", "owners"]


@final
@dataclass(frozen=True, slots=True)
class Plugin:
    """A package that brings environments, imported.

    Attributes:
        module: What was imported.
        environment_ids: The full ids that it registered, with the module, sorted.
        fault: Why it could not be loaded; empty if it could.
    """

    module: str
    environment_ids: tuple[str, ...]
    fault: str = ""


def load_plugin(module: str) -> Plugin:
    """Import a module that registers environments. Whatever it raises is a fault of its own and harms nothing else.

    What it prints goes to the errors, since the output may be read by a program. An id that is declared by others stays
    theirs: what the module registered over it is taken out again, and is a fault.

    Args:
        module: To import. Whether its code may run is the caller's question.

    Raises:
        KeyboardInterrupt: Somebody pressed Ctrl-C; or the module says so, which cannot be told apart.
    """
    before = dict(gym.registry)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            importlib.import_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as fault:  # a stranger's module may raise anything, and must not take the lab down
        return Plugin(module, (), told(fault))
    stolen = _taken_back(module, before)
    if stolen:
        return Plugin(module, (), f"it registers {', '.join(stolen)}, which another plugin declares")
    declared = {plugin.module: plugin for plugin in declared_plugins()}.get(module, DeclaredPlugin(module, ""))
    package = module.partition(".")[0]
    names = [name for name, spec in gym.registry.items() if home(spec) == package]
    promised = [full.rpartition(":")[2] for full in declared.environment_ids]
    missing = [name for name in promised if name not in gym.registry]
    if missing:
        return Plugin(module, (), f"it declares {', '.join(missing)} and does not register that")
    ids = {f"{module}:{name}" for name in (*names, *promised)}
    return Plugin(module, tuple(sorted(ids)))


def home(spec: EnvSpec) -> str:
    """The package that an environment's code is in."""
    point = spec.entry_point
    text = point if isinstance(point, str) else getattr(point, "__module__", "")
    return text.partition(":")[0].partition(".")[0]


def owners(name: str) -> list[str]:
    """The modules that declare an id, given without its module."""
    return [plugin.module for plugin in declared_plugins() if f"{plugin.module}:{name}" in plugin.environment_ids]


def _taken_back(module: str, before: Mapping[str, EnvSpec]) -> list[str]:
    """Undo the registrations of ids that other modules declare."""
    changed = [name for name, spec in gym.registry.items() if before.get(name) is not spec]
    if not changed:
        return []
    declarers = {name: owners(name) for name in changed}
    package = module.partition(".")[0]
    stolen = [
        name
        for name, modules in declarers.items()
        if modules
        and module not in modules
        and package not in {owner.partition(".")[0] for owner in modules}
        # A plugin may import another, which then registers its own.
        and home(gym.registry[name]) not in {owner.partition(".")[0] for owner in modules}
    ]
    for name in stolen:
        if name in before:
            gym.registry[name] = before[name]
        else:
            del gym.registry[name]
    return sorted(stolen)
