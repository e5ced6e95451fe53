"""Who works on the experiment of a store: entering, saying that one lives, leaving."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import final

from rewardlab.errors import Problem, StoreTaken
from rewardlab.lab.store.owner import Owner, has_ended
from rewardlab.lab.store.owner_watch import OwnerWatch
from rewardlab.lab.store.result_store import ResultStore
from rewardlab.lab.store.submitted import Submitted

__all__ = ["Presence", "beat", "enter", "leave", "lost_owner", "present"]

_OWNER = "host, boot, space, process_id, started, nonce"


@final
@dataclass(frozen=True, slots=True)
class Presence:
    """A process that has entered a store and not left it; it may be lost since.

    Attributes:
        owner: The process.
        spec_hash: Of the experiment that it works on, or of all that this is a part of.
        heartbeat: When it last said that it lives, in seconds since 1970.
    """

    owner: Owner
    spec_hash: str
    heartbeat: float


def present(store: ResultStore) -> list[Presence]:
    """Who has entered a store and not left it."""
    with store.file.reading() as connection:
        rows = connection.execute(f"SELECT {_OWNER}, spec_hash, heartbeat FROM owners ORDER BY heartbeat").fetchall()  # noqa: S608
    return [Presence(Owner(*row[:-2]), row[-2], row[-1]) for row in rows]


def enter(store: ResultStore, owner: Owner, experiment: Submitted, watch: OwnerWatch) -> None:
    """Begin to work on an experiment, beside any others that do so.

    Args:
        store: Its results.
        owner: This process.
        experiment: What it works on; from now on, what the store's folder is about.
        watch: Tells which others are lost.

    Raises:
        StoreTaken: The folder holds another experiment, or another process works on an experiment of the same name that
            differs. Nothing was written.
    """
    with store.file.writing() as connection:
        _require_free(store, connection, experiment, watch)
        _forget_the_dead(connection)
        connection.execute("DELETE FROM members WHERE experiment = ?", (experiment.name,))
        connection.execute(
            "INSERT OR REPLACE INTO experiments (name, spec, spec_hash) VALUES (?, ?, ?)",
            (experiment.name, json.dumps(experiment.spec, sort_keys=True, allow_nan=False), experiment.spec_hash),
        )
        connection.executemany(
            "INSERT INTO members (experiment, position, variant, seed, identity) VALUES (?, ?, ?, ?, ?)",
            [
                (experiment.name, position, member.variant, member.seed, member.identity)
                for position, member in enumerate(experiment.members)
            ],
        )
        _say(connection, owner, experiment.work_hash)


def beat(store: ResultStore, owner: Owner, experiment: Submitted, steps: Mapping[str, int]) -> None:
    """Say that this process lives, and how far its runs are.

    Args:
        store: The results.
        owner: This process.
        experiment: What it works on.
        steps: Of each run that it trains: identity to environment steps.
    """
    with store.file.writing() as connection:
        _say(connection, owner, experiment.work_hash)
        connection.executemany(
            "UPDATE runs SET steps = ? WHERE identity = ? AND owner = ? AND state = 'running'",
            [(count, identity, owner.nonce) for identity, count in steps.items()],
        )


def leave(store: ResultStore, owner: Owner) -> None:
    """Work on nothing any more. What this process has claimed and not ended counts as given up by a lost one."""
    with store.file.writing() as connection:
        connection.execute("DELETE FROM owners WHERE nonce = ?", (owner.nonce,))


def lost_owner(connection: sqlite3.Connection, nonce: str, watch: OwnerWatch) -> str:
    """What to call an owner if it is lost; empty if it lives."""
    row = connection.execute(f"SELECT {_OWNER}, heartbeat FROM owners WHERE nonce = ?", (nonce,)).fetchone()  # noqa: S608
    if row is None:
        return "a process that is gone"
    owner = Owner(*row[:-1])
    return str(owner) if watch.is_lost(owner, row[-1]) else ""


def _require_free(store: ResultStore, connection: sqlite3.Connection, mine: Submitted, watch: OwnerWatch) -> None:
    """Nobody lives here who works on something else, and nobody did."""
    where = str(store.path.parent)
    fix = "choose another folder with --out"
    others = f"SELECT {_OWNER}, heartbeat FROM owners WHERE spec_hash <> ?"  # noqa: S608
    for row in connection.execute(others, (mine.work_hash,)).fetchall():
        owner = Owner(*row[:-1])
        if not watch.is_lost(owner, row[-1]):
            got = f"another experiment, which {owner} is working on"
            raise StoreTaken(Problem(where, got, f"a folder that nobody else works in, for {mine.name!r}", fix))
    for (name,) in connection.execute("SELECT name FROM experiments WHERE name <> ?", (mine.name,)):
        raise StoreTaken(Problem(where, f"the results of {name!r}", f"a folder for {mine.name!r}", fix))


def _forget_the_dead(connection: sqlite3.Connection) -> None:
    """Those that hold nothing. The others are named when what they hold is taken from them."""
    idle = f"SELECT {_OWNER} FROM owners WHERE nonce NOT IN (SELECT owner FROM runs WHERE state = 'running')"  # noqa: S608
    for row in connection.execute(idle).fetchall():
        owner = Owner(*row)
        if has_ended(owner):
            connection.execute("DELETE FROM owners WHERE nonce = ?", (owner.nonce,))


def _say(connection: sqlite3.Connection, owner: Owner, work_hash: str) -> None:
    row = asdict(owner) | {"spec_hash": work_hash, "heartbeat": time.time()}
    names = ", ".join(row)
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT OR REPLACE INTO owners ({names}) VALUES ({marks})", [*row.values()])  # noqa: S608
