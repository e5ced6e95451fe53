"""Running the command line: within this process, or as one of its own."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rewardlab.cli import main

COMMAND = (sys.executable, "-m", "rewardlab.cli")


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def words(self) -> str:
        """The output with its lines joined and its spaces single, so that no line break is in the way."""
        return " ".join(self.out.split())


def call(*arguments: object) -> Said:
    """Run a command within this process."""
    out, err = io.StringIO(), io.StringIO()
    handler = signal.getsignal(signal.SIGTERM)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([str(argument) for argument in arguments])
    finally:
        signal.signal(signal.SIGTERM, handler)
    return Said(code, out.getvalue(), err.getvalue())


def rows(folder: Path) -> dict[str, tuple[Any, ...]]:
    """Every row of the store in a folder, by identity."""
    connection = sqlite3.connect(folder / "results.sqlite")
    found = connection.execute("SELECT identity, state, settings, result, message, provenance FROM runs").fetchall()
    connection.close()
    return {row[0]: row[1:] for row in found}


def is_alive(process_id: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        os.kill(process_id, 0)
        return Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
