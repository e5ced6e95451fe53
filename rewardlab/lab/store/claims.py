"""Taking runs: each by one process at a time, and back from one that died over it.

A claim has a token that grows with each claim of its run. Only under the newest token can a run be ended, so that a
process that was given up for lost, and wakes up later, changes nothing (M. Kleppmann, *Designing Data-Intensive
Applications*, 2017, chapter 8: fencing tokens).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from rewardlab.lab.store.owner import Owner
from rewardlab.lab.store.owner_watch import OwnerWatch
from rewardlab.lab.store.presence import lost_owner
from rewardlab.lab.store.result_store import ResultStore, ended_texts, standing_of
from rewardlab.lab.store.stored_run import Standing, StoredRun, row_digest

__all__ = ["MAX_ATTEMPTS", "Claim", "Claims"]

MAX_ATTEMPTS = 3
"""How often a run is begun whose process is lost each time, until it counts as failed."""


@final
@dataclass(frozen=True, slots=True)
class Claim:
    """A run that this process has taken.

    Attributes:
        identity: Of the run.
        token: Under which it was taken.
        attempts: How often it was begun since it last ended, this time included.
    """

    identity: str
    token: int
    attempts: int


@final
class Claims:
    """Takes runs for one process.

    Args:
        store: Where the runs are.
        owner: The process; it has entered, see `rewardlab.lab.store.presence.enter`.
        watch: Tells which others are lost.
        max_attempts: How often a run is begun whose owner is lost each time.
    """

    def __init__(
        self, store: ResultStore, owner: Owner, watch: OwnerWatch, *, max_attempts: int = MAX_ATTEMPTS
    ) -> None:
        self._store = store
        self._owner = owner
        self._watch = watch
        self._max_attempts = max_attempts

    def take(self, identity: str, settings: Mapping[str, Any], failed_token: int = -1) -> Claim | None:
        """Take a run, if it is free.

        Args:
            identity: Of the run.
            settings: What it is, as JSON data.
            failed_token: A failed run is free only if this is still its token, so that of several processes that saw it
                fail, one tries it again; or if whoever did so gave it back.

        Returns:
            The claim; None if the run has ended, or is another's, which lives. A run whose owners were lost too often
            is ended as failed.
        """
        # Most are not free, and looking costs nothing.
        with self._store.file.reading() as connection:
            if not self._is_free(connection, standing_of(self._store.path, connection, identity), failed_token):
                return None
        with self._store.file.writing() as connection:
            standing = standing_of(self._store.path, connection, identity)
            if standing is None:
                return self._begin(connection, identity, settings, None)
            if not self._is_free(connection, standing, failed_token):
                return None
            if standing.state == "running" and standing.attempts >= self._max_attempts:
                who = lost_owner(connection, standing.owner, self._watch)
                self._give_up(connection, identity, standing, who)
                return None
            return self._begin(connection, identity, settings, standing)

    def end(self, claim: Claim, run: StoredRun) -> bool:
        """Keep how a run ended.

        Returns:
            Whether it was kept: not if another process has taken the run since, having given this one up for lost.

        Raises:
            ValueError: Some number of it is NaN or infinite. The run stays claimed.
        """
        _, state, settings, result, message, provenance, digest = ended_texts(run)
        with self._store.file.writing() as connection:
            kept = connection.execute(
                "UPDATE runs SET state = ?, settings = ?, result = ?, message = ?, provenance = ?, digest = ?,"
                " attempts = 0 WHERE identity = ? AND token = ? AND owner = ? AND state = 'running'",
                (state, settings, result, message, provenance, digest, *self._mine(claim)),
            )
        return kept.rowcount == 1

    def release(self, claim: Claim) -> bool:
        """Give a run back that did not end: it stands as before, and this attempt does not count.

        Returns:
            Whether it was still this process's.
        """
        with self._store.file.writing() as connection:
            kept = connection.execute(
                "UPDATE runs SET attempts = attempts - 1, owner = '',"
                " state = CASE WHEN digest = '' THEN 'waiting' ELSE 'failed' END"
                " WHERE identity = ? AND token = ? AND owner = ? AND state = 'running'",
                self._mine(claim),
            )
        return kept.rowcount == 1

    def _is_free(self, connection: sqlite3.Connection, standing: Standing | None, failed_token: int) -> bool:
        if standing is None or standing.state == "waiting":
            return True
        if standing.state == "failed":
            # One that was given back has failed as before, but was not tried again.
            return standing.token == failed_token or not standing.owner
        return standing.state == "running" and bool(lost_owner(connection, standing.owner, self._watch))

    def _begin(
        self, connection: sqlite3.Connection, identity: str, settings: Mapping[str, Any], before: Standing | None
    ) -> Claim:
        if before is None:
            text = json.dumps(settings, sort_keys=True, allow_nan=False)
            connection.execute(
                "INSERT INTO runs (identity, state, settings) VALUES (?, 'waiting', ?)", (identity, text)
            )
        claim = Claim(identity, before.token + 1 if before else 1, before.attempts + 1 if before else 1)
        connection.execute(
            "UPDATE runs SET state = 'running', owner = ?, token = ?, attempts = ?, steps = 0 WHERE identity = ?",
            (self._owner.nonce, claim.token, claim.attempts, identity),
        )
        return claim

    def _give_up(self, connection: sqlite3.Connection, identity: str, standing: Standing, who: str) -> None:
        message = (
            f"it was begun {standing.attempts} times, and each time the process that trained it was lost, last {who};"
            " run again to try it anew"
        )
        settings, provenance = connection.execute(
            "SELECT settings, provenance FROM runs WHERE identity = ?", (identity,)
        ).fetchone()
        connection.execute(
            "UPDATE runs SET state = 'failed', message = ?, digest = ?, token = token + 1, attempts = 0"
            " WHERE identity = ?",
            (message, row_digest(identity, settings, None, message, provenance), identity),
        )

    def _mine(self, claim: Claim) -> tuple[str, int, str]:
        return claim.identity, claim.token, self._owner.nonce
