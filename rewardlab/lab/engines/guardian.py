"""What runs in the process of one job, and beside it.

Each attempt at a job has two processes. The first, the *guardian*, does nothing but wait: for the end of the second,
which does the job, and for the end of the driver. Then it ends all that the job has started, also what has left its
process group, and is gone itself. So no driver, however it dies, leaves a process behind.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from multiprocessing.connection import Connection, wait
from typing import NoReturn

from rewardlab.errors import RewardLabError
from rewardlab.lab.engines.engine import Job, Work
from rewardlab.lab.engines.processes import PROC, can_read_processes, end_family

__all__ = ["guard"]

_SWEEP_SECONDS = 10.0
_LONGEST_DETAIL = 20_000
_SET_DEATH_SIGNAL, _SET_SUBREAPER = 1, 36
"""What ``prctl`` calls them."""


def guard(work: Work, job: Job, sending: Connection, faults: Connection) -> None:
    """Do a job in a process of its own, and wait for its end or the driver's; runs in the first process of an attempt.

    Args:
        work: A function of module level.
        job: What it is given.
        sending: Where news go: ``("began", pid)``, ``("progress", count)``, and at last ``("finished", result)`` or
            ``("failed", line, traceback)``.
        faults: Where the interpreter writes where it was if it dies of a signal.
    """
    if not hasattr(os, "fork"):
        _do(work, job, sending, faults)
    # Ctrl-C and signals to the driver's group mean the driver; it ends its runs.
    os.setsid()
    _control(_SET_SUBREAPER, 1)
    _leave_no_core()
    signal.signal(signal.SIGTERM, _leave)
    guardian = os.getpid()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _control(_SET_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != guardian:
            os._exit(1)
        _do(work, job, sending, faults)
    try:
        # These ends belong to the job alone, so that the driver sees them close.
        sending.close()
        faults.close()
        threading.Thread(target=_watch_driver, daemon=True).start()
        status = _end_of(child)
    finally:
        _sweep()
    _end_like(status)


def _do(work: Work, job: Job, sending: Connection, faults: Connection) -> NoReturn:
    """Runs in the process of the job."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable(file=faults.fileno())

    def tell(*message: object) -> None:
        try:
            sending.send(message)
        except BrokenPipeError:  # nobody listens any more
            os._exit(1)

    tell("began", os.getpid())
    try:
        tell("finished", work(job, lambda count: tell("progress", count)))
    except BaseException as fault:  # whatever a stranger's environment raises must end this run only
        tell("failed", _line_of(fault), traceback.format_exc()[-_LONGEST_DETAIL:])
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    # At once: a thread that somebody has left behind would keep the process from its end.
    os._exit(0)


def _line_of(fault: BaseException) -> str:
    try:
        said = str(fault)
    except Exception:
        said = "(it cannot say what)"
    if isinstance(fault, RewardLabError):
        return " ".join(said.split())
    place = traceback.extract_tb(fault.__traceback__)[-1]
    line = " ".join(f"{type(fault).__name__}: {said}".split())
    return f"{line} (in {place.name}, line {place.lineno} of {os.path.basename(place.filename)})"  # noqa: PTH119


def _leave(*_: object) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)


def _watch_driver() -> None:
    driver = multiprocessing.parent_process()
    if driver is not None:
        wait([driver.sentinel])
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def _end_of(child: int) -> int:
    """Wait for a process; others that have become ours are reaped on the way."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            return status


def _sweep() -> None:
    """End all that has come from the job."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if not can_read_processes():
        os.killpg(0, signal.SIGTERM)
        return
    deadline = time.monotonic() + _SWEEP_SECONDS
    while time.monotonic() < deadline:
        try:
            # Orphans come to us, so that once there is no child there is no descendant.
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            end_family(os.getpid(), PROC)
            time.sleep(0.01)


def _end_like(status: int) -> NoReturn:
    """End as the job has, so that the driver sees how."""
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
        time.sleep(60)
    os._exit(code)


def _leave_no_core() -> None:
    """Runs that are broken off end by a signal for which the system would write all their memory to the disk."""
    import resource  # not on Windows

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _control(what: int, value: int) -> None:
    """Ask Linux for something about this process; elsewhere, nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(what, value, 0, 0, 0)
