"""The project's own files, for the tests that read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = (ROOT / "rewardlab", ROOT / "envs" / "rewardlab_envs")
EXAMPLES = ROOT / "examples"
_FOLDERS = ("rewardlab", "envs", "examples", "experiments", "tests", "docs", ".ci")


def files() -> Iterator[Path]:
    """All that is written by hand: the files at the root, and those of the project's folders."""
    yield from (path for path in ROOT.iterdir() if path.is_file() and not path.name.startswith((".coverage", ".git")))
    for folder in _FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and not any(part == "__pycache__" or part.endswith(".egg-info") for part in path.parts):
                yield path


def modules() -> dict[str, Path]:
    """The modules of both packages: dotted name to file."""
    return {name: path for package in CODE for name, path in modules_of(package).items()}


def modules_of(package: Path) -> dict[str, Path]:
    """The modules of one package folder: dotted name to file, in alphabetical order."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found
