"""Where results live: one SQLite file, one row for each run, under the run's own identity."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, final

from rewardlab.errors import BadInput, Problem

__all__ = ["ResultStore", "StoredRun"]

SCHEMA_VERSION = 1
_LOCK_SECONDS = 30

_SCHEMA = """
CREATE TABLE runs (
    identity   TEXT PRIMARY KEY,
    state      TEXT NOT NULL CHECK (state IN ('finished', 'failed')),
    settings   TEXT NOT NULL,
    result     TEXT,
    message    TEXT NOT NULL DEFAULT '',
    provenance TEXT NOT NULL
) STRICT
"""


@final
@dataclass(frozen=True, slots=True)
class StoredRun:
    """One row.

    Attributes:
        identity: Of the run.
        state: How it ended.
        settings: What it was.
        result: What came of it; empty for a failed run.
        message: Why it failed; empty for a finished run.
        provenance: Versions, threads and seconds.
    """

    identity: str
    state: Literal["finished", "failed"]
    settings: Mapping[str, Any]
    result: Mapping[str, Any]
    message: str
    provenance: Mapping[str, Any]


@final
class ResultStore:
    """The results of any number of experiments.

    A finished run is never changed; a failed one may be replaced by a later attempt. Each write is one transaction that
    is on the disk when the call returns.

    Args:
        path: The file; made with its folder if it does not exist.

    Raises:
        BadInput: The folder cannot be written to, or the file is not a store of this version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self._open() as connection:
                self._prepare(connection)
        except (OSError, sqlite3.Error) as fault:
            fix = "choose another folder with --out, or make this one writable"
            raise BadInput(Problem(str(path), f"{fault}", "a results file that can be written", fix)) from None

    def read(self, identity: str) -> StoredRun | None:
        """The row of a run, if there is one."""
        with self._open() as connection:
            row = connection.execute(
                "SELECT identity, state, settings, result, message, provenance FROM runs WHERE identity = ?",
                (identity,),
            ).fetchone()
        if row is None:
            return None
        identity, state, settings, result, message, provenance = row
        return StoredRun(
            identity, state, json.loads(settings), json.loads(result) if result else {}, message, json.loads(provenance)
        )

    def write(self, run: StoredRun) -> None:
        """Keep a row. A finished row that is there already stays as it is."""
        row = (
            run.identity,
            run.state,
            _json(run.settings),
            _json(run.result) if run.state == "finished" else None,
            run.message,
            _json(run.provenance),
        )
        with self._open() as connection, connection:
            connection.execute(
                "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (identity) DO UPDATE SET"
                " state = excluded.state, settings = excluded.settings, result = excluded.result,"
                " message = excluded.message, provenance = excluded.provenance WHERE runs.state = 'failed'",
                row,
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, timeout=_LOCK_SECONDS)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            yield connection
        finally:
            connection.close()

    def _prepare(self, connection: sqlite3.Connection) -> None:
        _enter_wal(connection)
        connection.isolation_level = None
        connection.execute("BEGIN IMMEDIATE")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version == 0 and tables == 0:
            connection.execute(_SCHEMA)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        elif version != SCHEMA_VERSION:
            connection.execute("ROLLBACK")
            fix = "use the version of rewardlab that wrote it, or another folder"
            raise BadInput(Problem(str(self.path), f"version {version}", f"a store of version {SCHEMA_VERSION}", fix))
        connection.execute("COMMIT")


def _enter_wal(connection: sqlite3.Connection) -> None:
    """Switch a new file to write-ahead logging, which it then stays in."""
    # SQLite does not wait its time-out for this switch where another process makes it at the same moment.
    for _ in range(_LOCK_SECONDS * 20):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as fault:
            if "locked" not in str(fault):
                raise
            time.sleep(0.05)
    connection.execute("PRAGMA journal_mode = WAL")


def _json(data: object) -> str:
    return json.dumps(data, sort_keys=True, allow_nan=False)
