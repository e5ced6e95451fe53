"""What the system tells of processes: who descends from whom, and how much memory they hold."""

from __future__ import annotations

import os
import signal
from collections.abc import Collection
from pathlib import Path

__all__ = ["PROC", "can_read_processes", "end_family", "family", "resident_bytes"]

PROC = Path("/proc")
"""Where Linux tells of processes."""

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def can_read_processes(proc: Path = PROC) -> bool:
    """Whether this system tells of processes in the way that is read here: Linux does."""
    return (proc / str(os.getpid()) / "statm").is_file()


def family(leader: int, proc: Path = PROC) -> list[int]:
    """The living processes that descend from one, or are of its session; without itself.

    Args:
        leader: The number of a process, which may be gone if it led a session.
        proc: Where to read.
    """
    parents: dict[int, int] = {}
    found: set[int] = set()
    for entry in os.scandir(proc):
        if not entry.name.isdigit():
            continue
        try:
            line = (proc / entry.name / "stat").read_bytes()
        except OSError:  # it has just ended
            continue
        # The name of a program stands in parentheses, and may hold some itself.
        state, parent, _, session = line.rpartition(b")")[2].split()[:4]
        if state in (b"Z", b"X"):
            continue
        parents[int(entry.name)] = int(parent)
        if int(session) == leader:
            found.add(int(entry.name))
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in found or parent == leader} - found
        found |= more
        grown = bool(more)
    return sorted(found - {leader})


def end_family(leader: int, proc: Path = PROC) -> None:
    """Kill all that `family` finds."""
    for pid in family(leader, proc):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def resident_bytes(pids: Collection[int], enough: float = 0.0, proc: Path = PROC) -> int:
    """The memory that processes hold, in bytes.

    Args:
        pids: The processes; those that are gone hold nothing.
        enough: A number of bytes below which an upper bound will do. Pages that several of them share count once if
            there is more.
        proc: Where to read.
    """
    resident = sum(_resident(proc / str(pid)) for pid in pids)
    if resident <= enough or len(pids) < 2:
        return resident
    return sum(_proportional(proc / str(pid)) for pid in pids)


def _resident(process: Path) -> int:
    try:
        return int((process / "statm").read_text().split()[1]) * _PAGE_BYTES
    except OSError:
        return 0


def _proportional(process: Path) -> int:
    """Each page divided by the number of processes that share it."""
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:
        return _resident(process)
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
