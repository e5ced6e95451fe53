"""What installed packages say of the environments that they bring, read from their metadata: no code of theirs runs."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path
from typing import final

__all__ = ["ENVIRONMENT_GROUP", "PLUGIN_GROUP", "DeclaredPlugin", "declared_plugins", "told"]

ENVIRONMENT_GROUP = "rewardlab.environments"
"""Entry points whose name is an id and whose value is the module that registers it."""

PLUGIN_GROUP = "rewardlab.plugins"
"""The older form: entry points of any name whose value is a module that registers environments."""

_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_ID = re.compile(r"([\w-]+/)?[\w.-]+")
_LONGEST = 300


@final
@dataclass(frozen=True, slots=True)
class DeclaredPlugin:
    """A package that says that it brings environments.

    Attributes:
        module: What would be imported; the name of the distribution where it names no module.
        distribution: What it was installed as.
        environment_ids: The full ids that it declares, with the module, sorted.
        faults: What can be seen to be wrong without importing it.
    """

    module: str
    distribution: str
    environment_ids: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def declared_plugins() -> list[DeclaredPlugin]:
    """Every plugin that is installed, in the order of their modules. Nothing is imported, and nothing is raised.

    A package whose metadata cannot be read is a plugin with a fault if it seems to be one.
    """
    return list(_installed_plugins(tuple((entry, _changed(entry)) for entry in sys.path)))


def told(fault: BaseException) -> str:
    """A stranger's error in one line of bounded length, whatever it does when it is asked what it says."""
    kind = type(fault).__name__
    try:
        words = " ".join(f"{kind}: {fault}".split())
    except Exception:  # its own text raises
        return f"{kind}, which cannot be shown"
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}..."


def _changed(entry: str) -> int:
    """When a folder of packages last changed: each package that comes or goes is an entry of it."""
    try:
        return Path(entry or ".").stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=8)
def _installed_plugins(path: tuple[tuple[str, int], ...]) -> tuple[DeclaredPlugin, ...]:
    """Those on the path as it is; kept, since a plan asks a dozen times, and hundreds of packages are looked at."""
    found: dict[str, _Draft] = {}
    for name, distribution in _installed():
        for point in _points(distribution, name, found):
            draft = found.setdefault(point.value, _Draft(name))
            if point.group == ENVIRONMENT_GROUP:
                draft.names.append(point.name)
    _claimed_twice(found)
    return tuple(_declared(module, draft) for module, draft in sorted(found.items()))


@final
class _Draft:
    """What is gathered of a plugin."""

    def __init__(self, distribution: str) -> None:
        self.distribution = distribution
        self.names: list[str] = []
        self.faults: list[str] = []


def _installed() -> Iterator[tuple[str, Distribution]]:
    """Each distribution that may be a plugin, with its name: the first of that name on the path, as for an import."""
    seen = set()
    for distribution in distributions():
        # Names are read of few: reading all of them takes longer than everything else that a command does.
        if not _seems_ours(distribution):
            continue
        name = _name_of(distribution)
        canonical = re.sub(r"[-_.]+", "-", name).lower()
        if canonical not in seen:
            seen.add(canonical)
            yield name, distribution


def _name_of(distribution: Distribution) -> str:
    try:
        name = distribution.metadata["Name"]
    except Exception:  # a stranger's file may hold anything
        name = None
    # Without its metadata, a distribution still has the name of its folder.
    return name or str(getattr(distribution, "_path", distribution)).rpartition("/")[2].partition("-")[0]


def _points(distribution: Distribution, name: str, found: dict[str, _Draft]) -> list[EntryPoint]:
    try:
        points = list(distribution.entry_points)
    except Exception as fault:  # one damaged file must not hide all other packages
        found.setdefault(name, _Draft(name)).faults.append(f"its entry points cannot be read: {told(fault)}")
        return []
    return [point for point in points if point.group in (ENVIRONMENT_GROUP, PLUGIN_GROUP)]


def _seems_ours(distribution: Distribution) -> bool:
    try:
        text = distribution.read_text("entry_points.txt") or ""
    except UnicodeDecodeError as fault:
        text = bytes(fault.object).decode(errors="replace")
    except Exception:  # what cannot be read at all says nothing of us
        return False
    return f"[{ENVIRONMENT_GROUP}]" in text or f"[{PLUGIN_GROUP}]" in text


def _claimed_twice(found: dict[str, _Draft]) -> None:
    """An id that several modules declare: Gymnasium keeps ids without their modules, so only one can have it."""
    claims: dict[str, list[str]] = {}
    for module, draft in sorted(found.items()):
        for name in dict.fromkeys(draft.names):
            claims.setdefault(name, []).append(module)
    for name, modules in claims.items():
        for module in modules if len(modules) > 1 else ():
            others = " and ".join(other for other in modules if other != module)
            found[module].faults.append(f"{name} is also declared by {others}: a process can use only one of them")


def _declared(module: str, draft: _Draft) -> DeclaredPlugin:
    faults = list(draft.faults)
    if _MODULE.fullmatch(module):
        faults += _absence(module)
    elif not faults:
        faults.append(f"its entry point names {module[:_LONGEST]!r}, which is no module")
    odd = [name for name in draft.names if not _ID.fullmatch(name)]
    faults += [f"{name[:_LONGEST]!r} is no id; write it as in my_envs/Name-v0" for name in odd]
    ids = tuple(sorted({f"{module}:{name}" for name in draft.names if name not in odd}))
    return DeclaredPlugin(
        module, draft.distribution, () if faults and not _MODULE.fullmatch(module) else ids, tuple(faults)
    )


def _absence(module: str) -> list[str]:
    """That its package is not there. Only the outermost: to look for what is within would import it."""
    package = module.partition(".")[0]
    try:
        is_there = importlib.util.find_spec(package) is not None
    except Exception as fault:  # an import hook of somebody's
        return [f"{package} cannot be looked for: {told(fault)}"]
    return [] if is_there else [f"there is no module {package!r}"]
