"""The tables of a store."""

from __future__ import annotations

import sqlite3

__all__ = ["APPLICATION_ID", "SCHEMA_VERSION", "create_tables"]

SCHEMA_VERSION = 2
"""Of the tables below. Version 1 had finished and failed runs only, and one table."""

APPLICATION_ID = 0x52776C62
"""Marks the file as rewardlab's: "Rwlb" in ASCII."""

_TABLES = """
CREATE TABLE runs (
    identity   TEXT PRIMARY KEY,
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'finished', 'failed')),
    settings   TEXT NOT NULL,
    result     TEXT,
    message    TEXT NOT NULL DEFAULT '',
    provenance TEXT NOT NULL DEFAULT '{}',
    digest     TEXT NOT NULL DEFAULT '',
    owner      TEXT NOT NULL DEFAULT '',
    token      INTEGER NOT NULL DEFAULT 0,
    attempts   INTEGER NOT NULL DEFAULT 0,
    steps      INTEGER NOT NULL DEFAULT 0,
    CHECK ((state = 'finished') = (result IS NOT NULL))
) STRICT;
CREATE TABLE owners (
    nonce      TEXT PRIMARY KEY,
    host       TEXT NOT NULL,
    boot       TEXT NOT NULL,
    space      TEXT NOT NULL,
    process_id INTEGER NOT NULL,
    started    TEXT NOT NULL,
    spec_hash  TEXT NOT NULL,
    heartbeat  REAL NOT NULL
) STRICT;
CREATE TABLE experiments (
    name      TEXT PRIMARY KEY,
    spec      TEXT NOT NULL,
    spec_hash TEXT NOT NULL
) STRICT;
CREATE TABLE members (
    experiment TEXT NOT NULL,
    position   INTEGER NOT NULL,
    variant    TEXT NOT NULL,
    seed       INTEGER NOT NULL,
    identity   TEXT NOT NULL,
    PRIMARY KEY (experiment, position)
) STRICT;
"""


def create_tables(connection: sqlite3.Connection, database: str = "main") -> None:
    """Make the tables and mark the file; within the transaction that the caller has begun.

    Args:
        connection: To the file.
        database: What the connection calls it.
    """
    for statement in _TABLES.split(";"):
        if statement.strip():
            connection.execute(statement.replace("CREATE TABLE ", f"CREATE TABLE {database}."))
    connection.execute(f"PRAGMA {database}.application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA {database}.user_version = {SCHEMA_VERSION}")
