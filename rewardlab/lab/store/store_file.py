"""The file of a store: one connection to it, transactions, and words for what goes wrong with it."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import final

from rewardlab.errors import Problem, StoreUnusable
from rewardlab.lab.store.faults import damaged, faults_in_words
from rewardlab.lab.store.migration import migrate, sweep
from rewardlab.lab.store.network_folder import network_file_system
from rewardlab.lab.store.schema import APPLICATION_ID, SCHEMA_VERSION, create_tables

__all__ = ["StoreFile"]

_LOCK_SECONDS = 30


@final
class StoreFile:
    """A SQLite file with the tables of a store, in write-ahead mode, that is on the disk when a transaction ends.

    Args:
        path: The file; made with its folder if it does not exist, and brought to the newest version if it is older.

    Raises:
        StoreTaken: Another program keeps the file locked.
        StoreUnusable: The folder cannot be written to or lies on the network; the file is no store, damaged, or of a
            newer version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._opened: tuple[int, int, sqlite3.Connection] | None = None
        with faults_in_words(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            _refuse_network(path)
            _prepare(path)
            self._connection()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read with."""
        with self._lock, faults_in_words(self.path):
            yield self._connection()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection within a transaction that nobody else writes beside; undone if anything is raised."""
        with self._lock, faults_in_words(self.path):
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _connection(self) -> sqlite3.Connection:
        process, number, connection = self._opened or (0, 0, None)
        # A connection must not be taken along into a forked process.
        if connection is None or process != os.getpid():
            connection = _connect(self.path, _LOCK_SECONDS)
            connection.execute("PRAGMA synchronous = FULL")
            weakref.finalize(self, connection.close)
            self._opened = (os.getpid(), _number(self.path), connection)
            return connection
        # What is written into a file that has no name any more is lost.
        if _number(self.path) != number:
            fix = "leave it where it is while an experiment runs; what it held is trained again"
            raise StoreUnusable(Problem(str(self.path), "a file that was moved or removed", "the one opened", fix))
        return connection


def _number(path: Path) -> int:
    """What the file system calls the file that has this name now; 0 if none has."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


def _connect(path: Path, lock_seconds: float) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=lock_seconds, isolation_level=None, check_same_thread=False)


def _refuse_network(path: Path) -> None:
    kind = network_file_system(path)
    if kind:
        fix = "name a folder on a disk of this machine with --out, and copy it afterwards"
        expected = "a local one: the locks of results are not safe over a network"
        raise StoreUnusable(Problem(str(path), f"a network file system ({kind})", expected, fix))


def _prepare(path: Path) -> None:
    """Make the tables of a new file, renew those of an older one, refuse anything else."""
    with closing(_connect(path, _LOCK_SECONDS)) as connection:
        version = _version(connection)
    if version == 1:
        migrate(path)
    sweep(path)
    with closing(_connect(path, _LOCK_SECONDS)) as connection:
        _check(path, connection)
        _enter_wal(path, connection)
        connection.execute("BEGIN IMMEDIATE")
        if _is_new(connection):
            create_tables(connection)
        connection.execute("COMMIT")
        _check(path, connection)


def _check(path: Path, connection: sqlite3.Connection) -> None:
    # Another process may make the tables between two looks: all that is judged here is of one moment.
    connection.execute("BEGIN")
    try:
        version, application = _version(connection), _application(connection)
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        is_new = _is_new(connection)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    if is_new or (version == SCHEMA_VERSION and application == APPLICATION_ID):
        return
    if "runs" not in names:
        raise damaged(path, f"the database of another program (with the tables {', '.join(sorted(names))})")
    fix = "use the version of rewardlab that wrote it, or another folder"
    raise StoreUnusable(Problem(str(path), f"version {version}", f"a store of version 1 to {SCHEMA_VERSION}", fix))


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _application(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA application_id").fetchone()[0])


def _is_new(connection: sqlite3.Connection) -> bool:
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return tables == 0 and _version(connection) == 0


def _enter_wal(path: Path, connection: sqlite3.Connection) -> None:
    """Switch a new file to write-ahead logging, which it then stays in."""
    # SQLite does not wait its time-out for this switch where another process makes it at the same moment.
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            break
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    if mode != "wal":
        fix = "name a folder on a disk of this machine with --out"
        raise StoreUnusable(Problem(str(path), f"a disk that allows only the journal {mode}", "a write-ahead log", fix))
