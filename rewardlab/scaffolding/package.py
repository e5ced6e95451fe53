"""Writing a package from the templates that come along. Nothing is executed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import final

from rewardlab.errors import BadInput, Problem, one_of
from rewardlab.scaffolding.names import class_name, name_problems, title

__all__ = ["Written", "write_package"]

_PACKAGE = ("pyproject.toml", "README.md", "{name}/__init__.py", "{name}/py.typed", "tests/test_{name}.py")
_FILES: Mapping[str, tuple[str, ...]] = {
    "env": (*_PACKAGE, "{name}/environment.py", "{name}/rewards.py"),
    "reward": (*_PACKAGE, "{name}/reward.py"),
    "wrapper": (*_PACKAGE, "{name}/wrapper.py"),
    "loss": (*_PACKAGE, "{name}/loss.py"),
    "experiment": ("experiment.toml", "README.md"),
}
_DEPENDENCIES = {
    "reward": '"rewardlab", "numpy>=2.1,<3"',
    "wrapper": '"rewardlab", "gymnasium>=1.4,<2", "numpy>=2.1,<3"',
    "loss": '"rewardlab", "torch"',
}


@final
@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Attributes:
        folder: The folder of the package.
        files: Its files, in the order of their names.
        next_steps: What to do next, a line each.
    """

    folder: Path
    files: tuple[Path, ...]
    next_steps: tuple[str, ...]


def write_package(kind: str, name: str, out: Path) -> Written:
    """Write a package into a folder of its own that is new.

    Args:
        kind: ``"env"``, ``"reward"``, ``"wrapper"``, ``"loss"`` or ``"experiment"``.
        name: A word such as ``my_garden``; the folder and the package get it.
        out: Where the folder is made; it must be there.

    Raises:
        BadInput: The kind or the name is none, or something of that name is there. Nothing was written.
    """
    problems = [] if kind in _FILES else [one_of("KIND", kind, _FILES, "kind")]
    problems += name_problems(name, imported=kind != "experiment")
    if not out.is_dir():
        problems.append(Problem("--out", str(out), "a folder that is there", "make it first"))
    if problems:
        raise BadInput(*problems)
    folder = out / name
    texts = {path.format(name=name): _rendered(kind, path, name) for path in _FILES[kind]}
    try:
        folder.mkdir()
    except FileExistsError:
        raise BadInput(Problem("NAME", f"{folder}, which is there already", "a name that is new")) from None
    for path, text in texts.items():
        target = folder / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return Written(folder, tuple(sorted(folder / path for path in texts)), _next_steps(kind, name, folder))


def _rendered(kind: str, path: str, name: str) -> str:
    if path.endswith("py.typed"):
        return ""
    own = path.rpartition("/")[2].replace("test_{name}", "test")
    templates = files("rewardlab.scaffolding") / "templates"
    template = templates / kind / f"{own}.template"
    if not template.is_file():
        template = templates / "package" / f"{own}.template"
    return Template(template.read_text(encoding="utf-8")).substitute(
        name=name,
        class_name=class_name(name),
        # An environment my_env has the class MyEnv, not MyEnvEnv.
        base=class_name(name).removesuffix("Env").removesuffix("Loss") or class_name(name),
        title=title(name),
        distribution=name.replace("_", "-").strip("-"),
        kind=kind,
        dependencies=_DEPENDENCIES.get(kind, ""),
    )


def _next_steps(kind: str, name: str, folder: Path) -> tuple[str, ...]:
    if kind == "experiment":
        return (f"Run it: rewardlab run {folder / 'experiment.toml'}",)
    install, check = f"Install it: pip install -e {folder}", f"Check it: rewardlab check {name}"
    if kind != "env":
        return install, check
    return install, check, f"Audit it: rewardlab audit {name}:{name}/{class_name(name)}-v0 --reward picks"
