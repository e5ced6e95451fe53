"""From the id of an environment to its registration."""

from __future__ import annotations

from collections.abc import Collection

import gymnasium as gym
from gymnasium.envs.registration import EnvSpec

from rewardlab.errors import BadInput, Problem, nearest
from rewardlab.plugins.declared import declared_plugins
from rewardlab.plugins.loading import home, load_plugin, owners

__all__ = ["environment_spec"]

_OURS = "rewardlab.outside"  # whose code is ours; the code that its settings name is asked about where they are read


def environment_spec(
    environment_id: str, *, allowed_modules: Collection[str] = (), where: str = "environment"
) -> EnvSpec:
    """Find the registration of an environment, without making it. Of all plugins, only its own is imported.

    Args:
        environment_id: As in ``gym.make``: ``Name-v0`` or ``module:namespace/Name-v0``.
        allowed_modules: Modules that may be imported beside those of declared plugins.
        where: The place to name in an error.

    Raises:
        BadInput: The module is not allowed or cannot be imported, or there is no such id.
    """
    module, _, name = environment_id.rpartition(":")
    if module and module not in allowed_modules and module != _OURS:
        _require_declared(module, environment_id, where)
    loaded = load_plugin(module) if module else None
    if loaded is not None and loaded.fault:
        absent = f"No module named {module.partition('.')[0]!r}" in loaded.fault
        fix = "install its package, or put the folder that holds it into PYTHONPATH" if absent else ""
        raise BadInput(Problem(where, repr(environment_id), f"a module that can be imported ({loaded.fault})", fix))
    found = gym.registry.get(name)
    # Without its module only Gymnasium's own is found by every worker process.
    if found is not None and (module or home(found) == "gymnasium"):
        _require_own(found, environment_id, where)
        return found
    known = [] if loaded is None else list(loaded.environment_ids)
    known += [environment for plugin in declared_plugins() for environment in plugin.environment_ids]
    known += [] if module else [other for other, spec in gym.registry.items() if home(spec) == "gymnasium"]
    raise BadInput(Problem(where, repr(environment_id), "the id of an environment", _likely(environment_id, known)))


def _require_declared(module: str, environment_id: str, where: str) -> None:
    declared = {plugin.module: plugin.faults for plugin in declared_plugins()}
    if module in declared:
        return
    fix = f"install it as a plugin, or allow its code to run with --allow-code {module}"
    fix = nearest(module, declared) or fix
    sound = sorted(name for name, faults in declared.items() if not faults)
    raise BadInput(Problem(where, repr(environment_id), f"a module among {sound}", fix))


def _require_own(found: EnvSpec, environment_id: str, where: str) -> None:
    """That another plugin, loaded before, did not put its own environment under the same id."""
    module, _, name = environment_id.rpartition(":")
    package, registered = module.partition(".")[0], home(found)
    rivals = [owner for owner in owners(name) if owner.partition(".")[0] not in ("", package)] if module else []
    if registered != package and registered in {rival.partition(".")[0] for rival in rivals}:
        got = f"{environment_id!r}, which {registered} has registered too, in this process"
        raise BadInput(Problem(where, got, "an id that one package has alone", "rename one, or use one a process"))


def _likely(environment_id: str, known: list[str]) -> str:
    for mark in (":", "/"):  # who errs in the module may be right in the rest
        by_name = {full.rpartition(mark)[2]: full for full in known}
        short = nearest(environment_id.rpartition(mark)[2], by_name)
        for name, full in by_name.items():
            short = short.replace(repr(name), repr(full))
        if short:
            return short
    return "`rewardlab list` shows those that there are"
