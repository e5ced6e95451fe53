"""Jobs that end in every way there is; each is a line of words."""

from __future__ import annotations

import ctypes
import os
import signal
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rewardlab.errors import BadInput, Problem, RunFailed

Progress = Callable[[int], None]

PRELOAD = ["rewardlab.lab.engines"]


def do(job: str, on_progress: Progress) -> dict[str, Any]:
    """One job: its kind, and what that needs."""
    kind, *arguments = job.split(" ")
    if kind in _FAILING:
        _FAILING[kind](on_progress, *arguments)
    if kind == "odd":
        return {"not": lambda: "picklable"}
    if kind == "count":
        for number in range(int(arguments[0])):
            on_progress(number)
    return {"job": job, "big": "x" * (5_000_000 if kind == "big" else 1)}


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be noticed does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def noted(folder: Path) -> list[int]:
    """The processes that jobs have noted in a folder."""
    return [int(path.name) for path in folder.iterdir()]


def left_over(pids: list[int], seconds: float = 5.0) -> list[int]:
    """Those that are still alive after so long; all of them get the time to end."""
    deadline = time.monotonic() + seconds
    while (left := [pid for pid in pids if alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def _bad(_: Progress) -> None:
    raise BadInput(Problem("here", "this", "that\n  and more"), Problem("there", "x", "y"))


def _failed(_: Progress) -> None:
    raise RunFailed("step 7: got reward nan")


def _raise(_: Progress) -> None:
    raise KeyError("no such\nkey")


def _leave(_: Progress, code: str) -> None:
    sys.exit(int(code))


def _exit(_: Progress, code: str) -> None:
    os._exit(int(code))


def _die(_: Progress, name: str) -> None:
    os.kill(os.getpid(), signal.Signals[name])


def _crash(_: Progress) -> None:
    ctypes.string_at(0)


def _torn(on_progress: Progress) -> None:
    # Half a message: the header promises a thousand bytes.
    tell = on_progress.__closure__[0].cell_contents  # type: ignore[attr-defined]
    os.write(tell.__closure__[0].cell_contents.fileno(), struct.pack("!i", 1000) + b"half")
    os._exit(4)


def _hang(_: Progress, folder: str = "") -> None:
    if folder:
        _note(folder)
    while True:
        time.sleep(0.1)


def _slow(on_progress: Progress) -> None:
    for number in range(10**6):
        on_progress(number)
        time.sleep(0.1)


def _eat(on_progress: Progress) -> None:
    held = []
    for number in range(600):
        held.append(b"x" * 2**23)
        on_progress(number)
        time.sleep(0.01)


def _fork(on_progress: Progress, folder: str, children: str, stay: str = "") -> None:
    """Children that sleep; every second one becomes a daemon, without session or parent, if they need not stay."""
    for number in range(int(children)):
        if os.fork() == 0:
            if number % 2 and not stay:
                os.setsid()
                if os.fork():
                    os._exit(0)
            _note(folder)
            time.sleep(600)
    _note(folder)
    _slow(on_progress)


def _second_time(_: Progress, note: str, how: str) -> None:
    """Die at the first attempt only."""
    if not Path(note).exists():
        Path(note).touch()
        os.kill(os.getpid(), signal.Signals[how])


def _kill_worker(_: Progress) -> None:
    """Kill the Dask worker: it has started the fork server, which has started the guardian of this process."""
    pid = os.getpid()
    for _generation in range(3):
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(pid, signal.SIGKILL)
    time.sleep(60)


def _note(folder: str) -> None:
    (Path(folder) / str(os.getpid())).touch()


_FAILING: dict[str, Callable[..., None]] = {
    "bad": _bad,
    "failed": _failed,
    "raise": _raise,
    "leave": _leave,
    "exit": _exit,
    "die": _die,
    "crash": _crash,
    "torn": _torn,
    "hang": _hang,
    "slow": _slow,
    "eat": _eat,
    "fork": _fork,
    "second-time": _second_time,
    "kill-worker": _kill_worker,
}
