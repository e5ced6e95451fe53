"""Files that are there as a whole or not at all: written beside, brought to the disk, renamed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rewardlab.errors import Problem
from rewardlab.lab.store.owner import has_left, process_mark

__all__ = ["path_problems", "write_text", "written_beside"]

_UNFINISHED = re.compile(r"\.(\d+-\d+)\.part-.+")


@contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """A place to write a file to, which takes the name ``path`` once the block is left without an error.

    Where nothing is written there, nothing happens.

    Args:
        path: What the file is to be called, in a folder that exists. Until then, what is there stays as it is.

    Raises:
        OSError: The folder cannot be written to, or the disk is full.
    """
    _sweep(path.parent)
    # The ending stays, since some writers choose their format by it.
    beside = path.with_name(f".{process_mark()}.part-{path.name}")
    try:
        yield beside
        if not beside.exists():
            return
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()
    _sync(path.parent)


def write_text(path: Path, parts: Iterable[str]) -> Path:
    """Write the parts of a text, one after the other, in UTF-8 and with the line ends that they have.

    Returns:
        The path.
    """
    with written_beside(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        file.writelines(parts)
    return path


def path_problems(path: Path) -> list[Problem]:
    """Why no file can be called so, before anything is made that it should hold; none if one can.

    Args:
        path: Of a file to write.
    """
    if path.is_dir():
        return [Problem(str(path), "a folder", "a file", "name a file in it")]
    if not path.parent.is_dir():
        return [Problem(str(path.parent), "no folder", "a folder that exists")]
    return []


def _sweep(folder: Path) -> None:
    """Remove what processes left that died over it."""
    for entry in folder.iterdir():
        unfinished = _UNFINISHED.fullmatch(entry.name)
        if unfinished and has_left(unfinished[1]):
            with suppress(OSError):
                entry.unlink()


def _sync(folder: Path) -> None:
    """A rename is for good only once the folder is on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
