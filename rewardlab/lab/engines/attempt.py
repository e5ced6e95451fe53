"""One attempt at a job, as the driver sees it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from multiprocessing import connection
from multiprocessing.connection import Connection
from typing import Any, Literal, final

from rewardlab.lab.engines import guardian
from rewardlab.lab.engines.engine import Job, Work
from rewardlab.lab.engines.guardian import guard
from rewardlab.lab.engines.limits import RunLimits
from rewardlab.lab.engines.processes import can_read_processes, end_family, family, resident_bytes

__all__ = ["Attempt", "End"]

End = tuple[Literal["finished", "failed", "died"], Any, str]
"""How an attempt ended: the result or one line that says why, and what stands behind it.

What *died* may be tried again, what *failed* would fail again.
"""

_ABORT_SECONDS = 1.0
_LEAVE_SECONDS = 12.0
_CATCH_UP_SECONDS = 2.0
_CRASHES = {"SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT"}
_TELLING = (connection.__file__, guardian.__file__)
_PLACE = re.compile(r'File "([^"]*)", line (\d+) in (\S+)')


@final
class Attempt:
    """A process that does a job, and what is heard of it.

    Attributes:
        news: Ready to be read when there is something to hear.
        ended: Ready when its processes have ended, should there be nothing to hear.

    Args:
        context: Of ``multiprocessing``; starts the process.
        work: A function of module level.
        job: What it is given.

    Raises:
        OSError: The system starts no process.
        Exception: The job cannot be pickled.
    """

    def __init__(self, context: Any, work: Work, job: Job) -> None:
        self.news: Connection
        self.news, sending = context.Pipe(duplex=False)
        self._faults, faults = context.Pipe(duplex=False)
        self._process = context.Process(target=guard, args=(work, job, sending, faults), daemon=True)
        try:
            self._process.start()
        except BaseException:
            self.news.close()
            self._faults.close()
            raise
        finally:
            sending.close()
            faults.close()
        self.ended: int = self._process.sentinel
        self._pid = 0
        self._begun = self._heard = self._caught_up = time.monotonic()

    def listen(self) -> int | End | None:
        """Read one message, if there is any or it has ended: a count of progress, the end, or nothing of interest."""
        self._heard = time.monotonic()
        self._look_after()
        try:
            message = self.news.recv()
        except (EOFError, OSError):  # the latter if it died in the middle of a message
            return self._died()
        if message[0] == "began":
            self._pid = message[1]
            return None
        if message[0] == "progress":
            return int(message[1])
        self.leave()
        return message if len(message) == 3 else (message[0], message[1], "")

    def judge(self, limits: RunLimits) -> End | None:
        """End it if it has passed a limit, and say which."""
        now = time.monotonic()
        if not self.news.poll(0):
            self._caught_up = now
        elif now - self._caught_up < _CATCH_UP_SECONDS:  # it may have said since that it is done
            return None
        if limits.seconds is not None and now - self._begun > limits.seconds:
            return self._end("failed", f"it took longer than the limit of {limits.seconds:g} s (--time-limit)")
        if limits.silent_seconds is not None and now - self._heard > limits.silent_seconds:
            return self._end("died", f"it hung: no sign of progress for {limits.silent_seconds:g} s (--silence-limit)")
        if limits.memory_mib is None and limits.processes is None:
            return None
        pids = family(self._process.pid)
        if limits.processes is not None and len(pids) > limits.processes:
            what = f"it had {len(pids)} processes at once, more than the limit of {limits.processes} (--process-limit)"
            return self._end("failed", what)
        if limits.memory_mib is not None:
            used = resident_bytes(pids, limits.memory_mib * 2**20) / 2**20
            if used > limits.memory_mib:
                what = f"it used {used:.0f} MiB, more than the limit of {limits.memory_mib:g} MiB (--memory-limit)"
                return self._end("failed", what)
        return None

    def leave(self) -> None:
        """End its processes, if there are any left, and wait until they are gone."""
        self.news.close()
        self._faults.close()
        self._process.join(_ABORT_SECONDS)
        self.stop()
        self._process.join(_LEAVE_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._look_after()

    def stop(self) -> None:
        """Ask its processes to end; `leave` waits for it."""
        if self._process.is_alive():
            self._process.terminate()

    def _end(self, kind: Literal["failed", "died"], why: str) -> End:
        """Break it off, letting the interpreter say where it was."""
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGABRT)
            self._faults.poll(_ABORT_SECONDS)
        self.stop()
        where = self._last_words()
        self.leave()
        return kind, f"{why}{_place_of(where)}", where

    def _look_after(self) -> None:
        """End what the job has started, should somebody have killed the guardian, who does that."""
        if self._process.exitcode == -signal.SIGKILL and can_read_processes():
            end_family(self._process.pid)

    def _died(self) -> End:
        where = self._last_words()
        self.leave()
        code = self._process.exitcode
        if not self._pid:
            why = f"its process died (code {code}) before it began; what it wrote to stderr says why"
        elif code >= 0:
            why = f"its process left with code {code} and no result; something in it calls os._exit"
        else:
            name = signal.Signals(-code).name
            guess = "; compiled code crashed" if name in _CRASHES else "; was it out of memory, or killed?"
            why = f"its process died (signal {name}){_place_of(where)}{guess}"
        return "died", why, where

    def _last_words(self) -> str:
        """What the interpreter has written of where it was."""
        words = b""
        with contextlib.suppress(OSError):
            while self._faults.poll(_ABORT_SECONDS) and (part := os.read(self._faults.fileno(), 65536)):
                words += part
        return words.decode(errors="replace")


def _place_of(where: str) -> str:
    """The innermost place in what `faulthandler` has written, but for those by which a job tells of its progress."""
    current = where.partition("Current thread")[2] or where
    places = [*_PLACE.finditer(current)]
    place = next((place for place in places if place[1] not in _TELLING), places[0] if places else None)
    return f" in {place[3]}, line {place[2]} of {os.path.basename(place[1])}" if place else ""  # noqa: PTH119
