"""From version 1 of the store to the newest: on a copy, compared with the original, taken over in one transaction.

Whatever happens in between, the file is either the old store, whole, or the new one, whole. The old one is kept beside
it. The file itself stays the same one: to put another in its place would be quicker, but whoever has the old one open
at that moment would take the log beside it, which has the name of both, for its own.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from rewardlab.lab.store.faults import damaged
from rewardlab.lab.store.schema import create_tables
from rewardlab.lab.store.stored_run import row_digest

__all__ = ["migrate", "sweep"]

_LOCK_SECONDS = 60
_ENDINGS = (".migrating-old", ".migrating-new")
_OLD_COLUMNS = "identity, state, settings, result, message, provenance"


def migrate(path: Path) -> None:
    """Bring a store of version 1 to the newest version. Where another process does so, wait for it.

    Args:
        path: The file.

    Raises:
        StoreUnusable: The file is damaged.
        sqlite3.Error: It stays locked, or the disk is full. The file is as it was.
    """
    with closing(_taken_whole(path)) as old:
        if not _is_old(old):
            return
        sweep(path)
        try:
            _renew(path, old)
        finally:
            sweep(path)


def sweep(path: Path) -> None:
    """Remove the copies that a process left that died while, or right after, it brought a store to a newer version."""
    for ending in _ENDINGS:
        for rest in ("", "-journal"):
            path.with_name(path.name + ending + rest).unlink(missing_ok=True)


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_LOCK_SECONDS, isolation_level=None)


def _is_old(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("PRAGMA user_version").fetchone()[0] == 1)


def _taken_whole(path: Path) -> sqlite3.Connection:
    """A connection that keeps everybody else out of an old file until it is closed; to a newer one, any."""
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        old = _connect(path)
        try:
            # Another process may have renewed it since this one was told to, and may work with it for hours.
            if not _is_old(old):
                return old
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


def _renew(path: Path, old: sqlite3.Connection) -> None:
    backup, renewed = (path.with_name(path.name + ending) for ending in _ENDINGS)
    with closing(_connect(backup)) as connection:
        old.backup(connection)
    _sync(backup)
    _write_renewed(old, renewed)
    with closing(_connect(renewed)) as connection:
        _require_same(path, old, connection)
        backup.replace(path.with_name(f"{path.name}.version-1"))
        _sync(path.parent)
        connection.backup(old)


def _write_renewed(old: sqlite3.Connection, renewed: Path) -> None:
    old.create_function("row_digest", 5, row_digest, deterministic=True)
    old.execute("ATTACH ? AS renewed", (str(renewed),))
    # Nobody ever reads this file but to copy it, so it need not survive anything.
    old.execute("PRAGMA renewed.journal_mode = OFF")
    old.execute("PRAGMA renewed.synchronous = OFF")
    old.execute("BEGIN")
    create_tables(old, "renewed")
    old.execute(
        f"INSERT INTO renewed.runs ({_OLD_COLUMNS}, digest, token)"  # noqa: S608  # no part of it comes from outside
        f" SELECT {_OLD_COLUMNS}, row_digest(identity, settings, result, message, provenance), 1 FROM main.runs"
    )
    old.execute("COMMIT")
    old.execute("DETACH renewed")


def _require_same(path: Path, old: sqlite3.Connection, renewed: sqlite3.Connection) -> None:
    if old.execute("PRAGMA integrity_check").fetchone() != ("ok",):
        raise damaged(path, "a database that fails its own check")
    if renewed.execute("PRAGMA quick_check").fetchone() != ("ok",) or _rows(renewed) != _rows(old):
        raise damaged(path, "rows that cannot be copied as they are")


def _rows(connection: sqlite3.Connection) -> tuple[int, str]:
    """The number of rows, and a hash of all of them."""
    found, count = hashlib.sha256(), 0
    for row in connection.execute(f"SELECT {_OLD_COLUMNS} FROM runs ORDER BY identity"):  # noqa: S608
        found.update("\0".join("" if part is None else part for part in row).encode("utf-8", "surrogatepass"))
        count += 1
    return count, found.hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
