"""Reads the imports of a package and says which of them the layers forbid."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.project import modules_of

_BASE = {"errors", "snapshots", "transitions", "rewards"}
_MODELS = _BASE | {"plugins", "mdp", "wrappers"}
_BENCH = _MODELS | {"outside", "audit", "losses", "agents"}

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "snapshots": {"errors"},
    "transitions": {"errors"},
    "rewards": {"errors", "transitions"},
    "losses": {"errors"},
    "plugins": _BASE,
    "mdp": _BASE,
    "wrappers": _BASE,
    "outside": _BASE | {"plugins"},
    "audit": _MODELS,
    "agents": _MODELS | {"audit", "losses"},
    "lab": _BENCH,
    "lessons": _BENCH,
    "testing": _BENCH,
    "scaffolding": {"errors"},
    "reports": _BENCH | {"lab"},
    "cli": _BENCH | {"lab", "lessons", "testing", "scaffolding", "reports"},
}
"""Which rooms of rewardlab a room may import, beside itself."""

A_PLUGIN_MAY_IMPORT = _MODELS
"""Which rooms of rewardlab a package of environments may import: what describes a task, not what trains on it."""

ONLY_IN: dict[str, set[str]] = {
    "torch": {"losses", "agents"},
    "stable_baselines3": {"agents"},
    "sb3_contrib": {"agents"},
    "rewardlab_envs": set(),
}
"""Which rooms may import what is slow to load, or what rewardlab must not know."""


def faults(package: Path) -> list[str]:
    """The forbidden imports of a package folder named `rewardlab`, or of a package of environments.

    Imports inside functions and under ``TYPE_CHECKING`` count too: what a room knows does not depend on when.
    """
    home = package.name
    return [
        f"{module} imports {target}: {fault}"
        for module, path in modules_of(package).items()
        for target in _imports(module, path)
        if (fault := _fault(home, module, target))
    ]


def _fault(home: str, module: str, target: str) -> str:
    parts = target.split(".")
    room = _room(module) if home == "rewardlab" else home
    if parts[0] in ONLY_IN and parts[0] != home and room not in ONLY_IN[parts[0]]:
        return f"only for {', '.join(sorted(ONLY_IN[parts[0]])) or 'its own package'}"
    if parts[0] != "rewardlab" or target == "rewardlab.__version__":
        return ""
    if len(parts) == 1 or parts[1] not in MAY_IMPORT:
        return "" if home == module == "rewardlab" else "import from the room where it lives"
    if home == "rewardlab" and room == "rewardlab":
        return "" if parts[1] in MAY_IMPORT else "no such room"
    allowed = MAY_IMPORT.get(room, set()) | {room} if home == "rewardlab" else A_PLUGIN_MAY_IMPORT
    return "" if parts[1] in allowed else f"{room} stands to the left of {parts[1]}, or beside it"


def _room(module: str) -> str:
    return module.split(".")[1] if "." in module else module


def _imports(module: str, path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = _absolute(module, path, node)
            # `from rewardlab import mdp` names a room in its list, not in its source.
            yield from (f"{source}.{alias.name}" for alias in node.names) if source == "rewardlab" else (source,)


def _absolute(module: str, path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    here = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    return ".".join([*here[: len(here) - node.level + 1], *([node.module] if node.module else [])])
