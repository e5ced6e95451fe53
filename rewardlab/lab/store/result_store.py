"""Where results live: one SQLite file, one row for each run, under the run's own identity."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, final

from rewardlab.lab.store.faults import damaged
from rewardlab.lab.store.store_file import StoreFile
from rewardlab.lab.store.stored_run import Standing, StoredRun, row_digest
from rewardlab.lab.store.submitted import Member, Submitted

__all__ = ["ResultStore", "ended_texts", "standing_of"]

_ENDED = "identity, state, settings, result, message, provenance, digest"


@final
class ResultStore:
    """The results of any number of experiments.

    A finished run is never changed; a failed one may be replaced by a later attempt. Each write is one transaction that
    is on the disk when the call returns. What is read is compared with its checksum.

    Args:
        path: The file; made with its folder if it does not exist. One of version 1 is brought to the newest, and kept
            beside it as ``NAME.version-1``.

    Raises:
        StoreTaken: Another program keeps the file locked.
        StoreUnusable: The folder cannot be written to, or lies on the network; the file is damaged, no store, or of a
            newer version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = StoreFile(path)

    def read(self, identity: str) -> StoredRun | None:
        """How a run ended; None if it has not.

        Raises:
            StoreUnusable: Its row is damaged.
        """
        with self.file.reading() as connection:
            row = connection.execute(
                f"SELECT {_ENDED} FROM runs WHERE identity = ? AND state IN ('finished', 'failed')",  # noqa: S608
                (identity,),
            ).fetchone()
        return None if row is None else self._checked(row)

    def write(self, run: StoredRun) -> None:
        """Keep how a run ended, whoever did it. A finished row that is there already stays as it is."""
        texts = ended_texts(run)
        with self.file.writing() as connection:
            connection.execute(
                f"INSERT INTO runs ({_ENDED}, token) VALUES (?, ?, ?, ?, ?, ?, ?, 1)"  # noqa: S608
                " ON CONFLICT (identity) DO UPDATE SET state = excluded.state, settings = excluded.settings,"
                " result = excluded.result, message = excluded.message, provenance = excluded.provenance,"
                " digest = excluded.digest, token = runs.token + 1, attempts = 0 WHERE runs.state <> 'finished'",
                texts,
            )

    def standings(self, identities: Iterable[str]) -> dict[str, Standing]:
        """How runs stand; those that were never begun are left out."""
        with self.file.reading() as connection:
            found = {identity: standing_of(self.path, connection, identity) for identity in identities}
        return {identity: standing for identity, standing in found.items() if standing is not None}

    def submitted(self) -> list[Submitted]:
        """The experiments whose runs these are, by name.

        Raises:
            StoreUnusable: What the store says of one is damaged.
        """
        with self.file.reading() as connection:
            rows = connection.execute("SELECT name, spec, spec_hash FROM experiments ORDER BY name").fetchall()
            members = {
                name: connection.execute(
                    "SELECT variant, seed, identity FROM members WHERE experiment = ? ORDER BY position", (name,)
                ).fetchall()
                for name, _, _ in rows
            }
        return [self._whole(name, spec, spec_hash, members[name]) for name, spec, spec_hash in rows]

    def _whole(self, name: str, spec: str, spec_hash: str, members: Iterable[tuple[str, int, str]]) -> Submitted:
        """An experiment as it was entered: another seed or variant would be put beside a run's numbers unnoticed."""
        try:
            found = Submitted(name, json.loads(spec), tuple(Member(*member) for member in members))
            if found.spec_hash == spec_hash:
                return found
        except (ValueError, RecursionError):  # no JSON any more
            pass
        raise damaged(self.path, f"an experiment that does not fit its checksum ({name!r})")

    def _checked(self, row: tuple[str, ...]) -> StoredRun:
        identity, state, settings, result, message, provenance, digest = row
        if row_digest(identity, settings, result, message, provenance) != digest:
            raise damaged(self.path, f"a row that does not fit its checksum (run {identity})")
        known: Literal["finished", "failed"] = "finished" if state == "finished" else "failed"
        kept = json.loads(result) if result is not None else {}
        return StoredRun(identity, known, json.loads(settings), kept, message, json.loads(provenance))


def standing_of(path: Path, connection: sqlite3.Connection, identity: str) -> Standing | None:
    """How a run stands; None if it was never begun.

    Raises:
        StoreUnusable: Its row is damaged.
    """
    row = connection.execute(
        "SELECT state, token, attempts, steps, owner FROM runs WHERE identity = ?", (identity,)
    ).fetchone()
    if row is not None and row[0] not in ("waiting", "running", "finished", "failed"):
        raise damaged(path, f"a row in no known state (run {identity})")
    return None if row is None else Standing(*row)


def ended_texts(run: StoredRun) -> tuple[str, str, str, str | None, str, str, str]:
    """What the database holds of an ended run: identity, state, settings, result, message, provenance, digest.

    Raises:
        ValueError: Some number is NaN or infinite.
    """
    settings, provenance = _json(run.settings), _json(run.provenance)
    result = _json(run.result) if run.state == "finished" else None
    # What a stranger's code says of its failure may be no text that UTF-8 can hold.
    message = run.message.encode("utf-8", "backslashreplace").decode("utf-8")
    digest = row_digest(run.identity, settings, result, message, provenance)
    return run.identity, run.state, settings, result, message, provenance, digest


def _json(data: object) -> str:
    return json.dumps(data, sort_keys=True, allow_nan=False)
