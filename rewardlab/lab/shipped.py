"""Finding an experiment: a file of the user's, or one that comes with rewardlab."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from rewardlab.errors import BadInput, Problem, one_of

__all__ = ["find_spec", "shipped_experiments"]


def shipped_experiments() -> dict[str, Path]:
    """The experiments that come with rewardlab: name to spec file."""
    folder = Path(str(files("rewardlab_experiments")))
    return {path.parent.name: path for path in sorted(folder.glob("*/experiment.toml"))}


def find_spec(text: str) -> Path:
    """The spec file that a user means by a name or a path.

    Raises:
        BadInput: There is none.
    """
    shipped = shipped_experiments()
    if text in shipped:
        return shipped[text]
    path = Path(text)
    if path.is_dir() and (path / "experiment.toml").is_file():
        return path / "experiment.toml"
    if path.exists():
        return path
    if path.suffix or path.name != text:
        raise BadInput(Problem(text, "no file", f"a TOML file, seen from {Path.cwd()}"))
    raise BadInput(one_of("EXPERIMENT", text, shipped, "experiment or TOML file"))
