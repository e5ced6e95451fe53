"""What SQLite and the system say of a store that cannot be used, in words."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from rewardlab.errors import Problem, RewardLabError, StoreTaken, StoreUnusable

__all__ = ["damaged", "faults_in_words", "unusable"]

_ANOTHER_FOLDER = "make this folder writable, or take another one; `rewardlab run` has --out for it"
_GO_ON = "what is finished is kept, and the same command goes on from there"


@contextmanager
def faults_in_words(path: Path) -> Iterator[None]:
    """Turn what goes wrong with a store's file into an error that says what to do.

    Raises:
        StoreTaken: Another process holds it.
        StoreUnusable: Anything else.
    """
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.IntegrityError, sqlite3.NotSupportedError):
        raise  # a fault of this program
    except UnicodeDecodeError:  # what SQLite says of a damaged file may quote it
        raise damaged(path, "text that is none") from None
    except (sqlite3.Error, OSError) as fault:
        raise unusable(path, fault) from None


def unusable(path: Path, fault: sqlite3.Error | OSError) -> RewardLabError:
    """The error that says of a store what is wrong with it, and the remedy."""
    code = getattr(fault, "sqlite_errorcode", None)
    kind = None if code is None else code & 0xFF
    if kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        fix = "close the program that has it open, or wait for it"
        got = f"{fault}{_who_works_with(path)}"
        return StoreTaken(Problem(str(path), got, "a results file that no other program keeps locked", fix))
    is_unreadable = isinstance(fault, sqlite3.Error) and kind in (None, sqlite3.SQLITE_ERROR)
    if is_unreadable or kind in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT):
        return damaged(path, str(fault))
    if kind in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        got = f"{fault} ({_free_bytes(path)})"
        return StoreUnusable(Problem(str(path), got, "room for results on that disk", f"make room: {_GO_ON}"))
    return StoreUnusable(Problem(str(path), f"{fault}", "a results file that can be written", _ANOTHER_FOLDER))


def damaged(path: Path, how: str) -> StoreUnusable:
    """The error of a file that is no store, or is one no more."""
    fix = "move it away, or restore it from a backup: without it, all its runs are trained again"
    return StoreUnusable(Problem(str(path), how, "a results file as rewardlab wrote it", fix))


def _who_works_with(path: Path) -> str:
    """Those that have entered a store, whether or not they keep it locked; empty where it cannot be read."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0)) as connection:
            rows = connection.execute("SELECT process_id, host FROM owners ORDER BY heartbeat").fetchall()
    except sqlite3.Error:
        return ""
    return "; at work with it: " + ", ".join(f"process {number} on {host}" for number, host in rows) if rows else ""


def _free_bytes(path: Path) -> str:
    try:
        return f"{shutil.disk_usage(path.parent).free:,} bytes free"
    except OSError:
        return "free bytes unknown"
