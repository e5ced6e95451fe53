"""Tablebases kept on disk: solved on first use, checked whenever they are read, solved anew if they are spoilt."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
import zipfile
import zlib
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rewardlab_envs.endgame.moves import PROMOTIONS
from rewardlab_envs.endgame.tablebase import Tablebase, solved_tablebase

__all__ = ["CACHED_FROM_SIZE", "cache_folder", "tablebase"]

CACHED_FROM_SIZE = 6
"""Smaller boards are solved in less time than a file takes to be found, and leave none."""

_RULES = 1
"""Goes into the name and the checksum of a file; to be raised if what is in it changes its meaning."""

_SPOILT = (OSError, EOFError, KeyError, ValueError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What reading a file that is none of ours, or only half of it, may raise."""


def cache_folder() -> Path:
    """Where tablebases are kept.

    The environment variable ``REWARDLAB_CACHE`` names the folder. Without it, it is ``rewardlab`` in the user's cache:
    ``XDG_CACHE_HOME`` where that is set to an absolute path (the XDG Base Directory Specification ignores others), else
    ``~/Library/Caches`` on macOS, ``%LOCALAPPDATA%`` on Windows, and ``~/.cache`` elsewhere.
    """
    named = os.environ.get("REWARDLAB_CACHE")
    if named:
        return Path(named)
    shared = os.environ.get("XDG_CACHE_HOME", "")
    if Path(shared).is_absolute():
        return Path(shared) / "rewardlab"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "rewardlab"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "rewardlab"
    return Path.home() / ".cache" / "rewardlab"


@lru_cache(maxsize=16)
def tablebase(letter: str, size: int) -> Tablebase:
    """The tablebase of an endgame: from memory, from disk, or solved now and kept on disk for the next time.

    What it does beyond reading is said in a line on the standard error stream. A folder that cannot be written to is
    named there, and stops nothing.

    Args:
        letter: The piece: "Q", "R" or "P".
        size: The squares of a side of the board.
    """
    if size < CACHED_FROM_SIZE:
        return solved_tablebase(letter, size)
    path = cache_folder() / "endgames" / f"K{letter}K-{size}x{size}-{_RULES}.npz"
    try:
        return _read(path, letter, size)
    except FileNotFoundError:
        _say(f"solving the endgame K{letter}K on {size} x {size} once, a few seconds; it is kept in {path}")
    except _SPOILT as fault:
        _say(f"{path} is spoilt ({fault}); solving K{letter}K on {size} x {size} anew")
    begun = time.perf_counter()
    promoted = {name: tablebase(name, size) for name in PROMOTIONS} if letter == "P" else None
    solved = solved_tablebase(letter, size, promoted)
    _say(f"K{letter}K: the longest mate takes {solved.longest} moves; {time.perf_counter() - begun:.1f} s")
    try:
        _write(path, solved)
    except OSError as fault:
        _say(
            f"the tablebase could not be kept, and will be solved again: {fault}; REWARDLAB_CACHE names another folder"
        )
    return solved


def _checksum(letter: str, size: int, white: NDArray[np.uint8], black: NDArray[np.uint8]) -> NDArray[np.uint8]:
    digest = hashlib.sha256(f"rewardlab endgame {_RULES} {letter} {size}".encode())
    for values in (white, black):
        digest.update(np.ascontiguousarray(values).tobytes())
    return np.frombuffer(digest.digest(), dtype=np.uint8)


def _read(path: Path, letter: str, size: int) -> Tablebase:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
        white, black, checksum = (kept[name] for name in ("white", "black", "checksum"))
    for values in (white, black):
        if values.dtype != np.uint8 or values.shape != (size**2,) * 3:
            raise ValueError(f"it holds {values.dtype} {values.shape}")
    if not np.array_equal(checksum, _checksum(letter, size, white, black)):
        raise ValueError("its checksum is another")
    return Tablebase(letter, size, white, black)


def _write(path: Path, solved: Tablebase) -> None:
    """Write to another name first, so that a reader sees the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    checksum = _checksum(solved.letter, solved.size, solved.white, solved.black)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez_compressed(file, white=solved.white, black=solved.black, checksum=checksum)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _say(line: str) -> None:
    sys.stderr.write(f"rewardlab: {line}\n")
    sys.stderr.flush()
