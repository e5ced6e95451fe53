"""A run as the store knows it: how it ended, or how it stands."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, final

__all__ = ["Standing", "StoredRun", "row_digest"]


@final
@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run that has ended.

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
@dataclass(frozen=True, slots=True)
class Standing:
    """How a run stands, ended or not.

    Attributes:
        state: ``waiting`` (given back before it ended), ``running``, ``finished`` or ``failed``.
        token: Grows with every claim of the run. What was claimed under an older token is nobody's any more.
        attempts: How often the run was begun since it last ended.
        steps: The environment steps that its trainer last told of.
        owner: The nonce of the process that claimed it last; empty if none ever did, or it gave the run back.
    """

    state: Literal["waiting", "running", "finished", "failed"]
    token: int
    attempts: int
    steps: int
    owner: str


def row_digest(identity: str, settings: str, result: str | None, message: str, provenance: str) -> str:
    """The checksum of what a row says of an ended run, as text of the database: SHA-256, hexadecimal.

    SQLite would read a flipped bit within a text as another text.
    """
    parts = (identity, settings, "" if result is None else result, message, provenance)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
