"""From version 1 of the store to the newest: on a copy, compared with the original, put in its place in one step.

Whatever happens in between, the file under the store's name is either the old one, whole, or the new one, whole. The
old one is kept beside it.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from rewardlab.lab.store.faults import damaged
from rewardlab.lab.store.schema import create_tables
from rewardlab.lab.store.stored_run import row_digest

__all__ = ["migrate"]

_LOCK_SECONDS = 60
_OLD_COLUMNS = "identity, state, settings, result, message, provenance"


def migrate(path: Path) -> None:
    """Bring a store of version 1 to the newest version. Where another process does so, wait for it.

    Args:
        path: The file.

    Raises:
        StoreUnusable: The file is damaged.
        sqlite3.Error: It stays locked, or the disk is full. The file is as it was.
    """
    with _alone(path), closing(_taken_whole(path)) as old:
        if old.execute("PRAGMA user_version").fetchone()[0] != 1:
            return
        copy, backup = _beside(path, "new"), _beside(path, "old")
        _copy(old, backup)
        _copy(old, copy)
        _renew(copy)
        _require_same(path, old, copy)
        backup.replace(path.with_name(f"{path.name}.version-1"))
        copy.replace(path)
        _sync(path.parent)


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_LOCK_SECONDS, isolation_level=None)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """While one process migrates, others wait. The lock is the kernel's, so that it dies with its holder."""
    lock = path.with_name(f"{path.name}.migrating")
    with closing(_connect(lock)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        # Only now that it is done: who still waits for this file finds the new version.
        lock.unlink(missing_ok=True)


def _taken_whole(path: Path) -> sqlite3.Connection:
    """A connection that keeps everybody else out of the file, with all that is in the log brought into the file.

    A log that were left beside the new file would be taken for its own.
    """
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        old = _connect(path)
        try:
            old.execute("PRAGMA journal_mode = DELETE")
            old.execute("PRAGMA locking_mode = EXCLUSIVE")
            old.execute("BEGIN EXCLUSIVE")
            old.execute("COMMIT")  # in this mode the lock stays, and the file can be copied
            # Somebody may have opened it in between.
            if old.execute("PRAGMA journal_mode").fetchone()[0] == "delete":
                return old
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                old.close()
                raise
        old.close()
        time.sleep(0.05)


def _beside(path: Path, what: str) -> Path:
    """A name for a file that is not ready, free of what an earlier attempt may have left there."""
    beside = path.with_name(f"{path.name}.migrating-{what}")
    for rest in ("", "-journal"):
        with suppress(FileNotFoundError):
            beside.with_name(beside.name + rest).unlink()
    return beside


def _copy(old: sqlite3.Connection, target: Path) -> None:
    with closing(_connect(target)) as connection:
        old.backup(connection)
    _sync(target)


def _renew(copy: Path) -> None:
    with closing(_connect(copy)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ALTER TABLE runs RENAME TO runs_1")
        create_tables(connection)
        connection.create_function("row_digest", 5, row_digest, deterministic=True)
        connection.execute(
            f"INSERT INTO runs ({_OLD_COLUMNS}, digest, token)"  # noqa: S608  # no part of it comes from outside
            f" SELECT {_OLD_COLUMNS}, row_digest(identity, settings, result, message, provenance), 1 FROM runs_1"
        )
        connection.execute("DROP TABLE runs_1")
        connection.execute("COMMIT")
    _sync(copy)


def _require_same(path: Path, old: sqlite3.Connection, copy: Path) -> None:
    with closing(_connect(copy)) as connection:
        if old.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise damaged(path, "a database that fails its own check")
        if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",) or _rows(connection) != _rows(old):
            raise damaged(path, "rows that cannot be copied as they are")


def _rows(connection: sqlite3.Connection) -> str:
    """A hash of every row."""
    found = hashlib.sha256()
    for row in connection.execute(f"SELECT {_OLD_COLUMNS} FROM runs ORDER BY identity"):  # noqa: S608
        found.update(repr(row).encode())
    return found.hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
