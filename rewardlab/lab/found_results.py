"""Finding results: the stores in a folder, or those of an experiment by its name."""

from __future__ import annotations

from pathlib import Path

from rewardlab.errors import BadInput, Problem, nearest

__all__ = ["STORE_NAME", "find_stores"]

STORE_NAME = "results.sqlite"
"""What a store is called in its folder."""

_HOME = Path("results")
_FIRST_BYTES = b"SQLite format 3\0"


def find_stores(text: str | None = None) -> list[Path]:
    """The stores that a user means.

    Args:
        text: A folder with results, the store in it, or the name of an experiment that ran here. By default all
            experiments that ran here, by name.

    Returns:
        Files that are there, at least one. None of them was opened.

    Raises:
        BadInput: There are no results.
    """
    here = sorted(_HOME.glob(f"*/{STORE_NAME}"))
    if text is None:
        if not here:
            got = f"no results below {_HOME.resolve()}"
            raise BadInput(
                Problem("results", got, f"a folder with a {STORE_NAME}", "run an experiment, or name a folder")
            )
        return here
    path = Path(text)
    for candidate in (path, path / STORE_NAME, _HOME / text / STORE_NAME):
        if candidate.is_file() and _may_be_store(candidate):
            return [candidate]
    names = [store.parent.name for store in here]
    fix = nearest(text, names) or (f"here are {', '.join(names)}" if names else "run it first")
    if path.is_file():
        raise BadInput(Problem(text, "a file that holds no results", f"a folder with a {STORE_NAME}", fix))
    got = f"a folder without a {STORE_NAME}" if path.is_dir() else "no folder and no experiment that ran here"
    raise BadInput(Problem(text, got, f"a folder with results, seen from {Path.cwd()}", fix))


def _may_be_store(path: Path) -> bool:
    """By its ending, so that one that is damaged is told as such, or by its first bytes."""
    if path.suffix == Path(STORE_NAME).suffix:
        return True
    with path.open("rb") as file:
        return file.read(len(_FIRST_BYTES)) == _FIRST_BYTES
