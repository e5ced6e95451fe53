"""Who claims runs: one process, told from all others, also from a later one with the same number."""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import final

__all__ = ["Owner", "has_ended", "has_left", "process_mark", "this_process"]


@final
@dataclass(frozen=True, slots=True)
class Owner:
    """A process that claims runs.

    Attributes:
        host: The name of its machine.
        boot: Of that machine's start-up, random; empty where the system does not tell.
        space: In which process numbers are counted, since containers count anew; empty likewise.
        process_id: Its number there.
        started: When it began, in clock ticks since the start-up; numbers are given out again, but not at that moment.
        nonce: Random; the same for everything that this process claims.
    """

    host: str
    boot: str
    space: str
    process_id: int
    started: str
    nonce: str

    def __str__(self) -> str:
        return f"process {self.process_id} on {self.host}"


def this_process() -> Owner:
    """The process that asks, under a new nonce."""
    process_id = os.getpid()
    status = _status(process_id)
    started = "" if status is None else status[1]
    return Owner(socket.gethostname(), _boot(), _space(), process_id, started, secrets.token_hex(8))


def has_ended(owner: Owner) -> bool | None:
    """Whether an owner is gone for good; None where this cannot be known from here."""
    if owner.host == socket.gethostname() and owner.boot and _boot() and owner.boot != _boot():
        return True  # its machine was started anew since
    if (owner.boot, owner.space) != (_boot(), _space()) or (not owner.boot and owner.host != socket.gethostname()):
        return None
    status = _status(owner.process_id)
    if not owner.started or status is None:
        # Processes of other users may be hidden, but they answer.
        return None if _answers(owner.process_id) else True
    state, started = status
    return state in ("Z", "X") or started != owner.started


def process_mark() -> str:
    """What tells this process from all others of its machine that live: digits with a hyphen between."""
    return f"{''.join(filter(str.isdigit, _space())) or 0}-{os.getpid()}"


def has_left(mark: str) -> bool:
    """Whether the process of a `process_mark` has surely ended."""
    space, _, number = mark.partition("-")
    if space != process_mark().partition("-")[0]:
        return False  # its numbers are counted elsewhere
    status = _status(int(number))
    return not _answers(int(number)) if status is None else status[0] in ("Z", "X")


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


@cache
def _space() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _status(process_id: int) -> tuple[str, str] | None:
    """The state of a process and when it began; a zombie, which its parent has not yet asked about, has state Z."""
    try:
        text = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name of the program stands before, in parentheses, and may hold anything.
    fields = text.rpartition(")")[2].split()
    return fields[0], fields[19]


def _answers(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except (ProcessLookupError, OverflowError):  # the latter for a number that no process can have
        return False
    except PermissionError:
        return True
    return True
