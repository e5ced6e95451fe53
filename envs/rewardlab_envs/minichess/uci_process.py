"""An engine as a separate process, and the lines of text by which it is talked to.

The protocol is UCI (Universal Chess Interface; Huber & Meyer-Kahlen 2000): a line in, some lines out. Nothing of an
engine is linked or imported.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
import weakref
from pathlib import Path
from typing import IO, cast, final

from rewardlab.errors import RunFailed

__all__ = ["EngineFailed", "UciProcess"]

_LONGEST_LINE = 1 << 20
_CHUNK = 1 << 16
_GRACE_SECONDS = 1.0
"""How long an engine may take to leave when told to; then it is killed."""


@final
class EngineFailed(RunFailed):
    """An engine died, did not answer in time, or answered what no engine should."""


@final
class UciProcess:
    """A program that was started, and is ended by `close`, with the last reference to it, or with this process.

    Args:
        path: The program. It gets no arguments.

    Raises:
        EngineFailed: It cannot be started.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._owner = os.getpid()
        self._buffer = b""
        self._last_words = ""
        try:
            # What it says on standard error is mixed in: a reader of UCI passes over what is no answer, and the last
            # line before a death is worth showing. In a group of its own, no Ctrl-C of ours reaches it.
            self._process = subprocess.Popen(  # noqa: S603 - which program, `find_engine` has decided
                [str(path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        except OSError as fault:
            raise EngineFailed(f"{path}: cannot be started ({fault.strerror})") from fault
        self._questions = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)
        self._poll = select.poll()
        self._poll.register(self._answers, select.POLLIN)
        self.close = weakref.finalize(self, _end, self._process, self._questions, self._answers, self._owner)

    def kill(self) -> None:
        """End it at once, whatever it does."""
        if self.is_ours:
            self._process.kill()
        self.close()

    @property
    def is_ours(self) -> bool:
        """Whether this process started it. A fork has a copy of this object, and must not talk through it."""
        return self._owner == os.getpid()

    def say(self, *lines: str) -> None:
        """Write lines to it.

        Raises:
            EngineFailed: It is dead.
        """
        try:
            self._questions.write("".join(f"{line}\n" for line in lines).encode())
            self._questions.flush()
        except (OSError, ValueError):  # the latter if the pipe has been closed
            raise EngineFailed(self._obituary()) from None

    def hear(self, word: str, seconds: float) -> list[str]:
        """Read lines up to the first that begins with a word, and with that one.

        Args:
            word: The first word of the line that is waited for.
            seconds: How long that may take.

        Raises:
            EngineFailed: It died or did not say it in time.
        """
        lines, deadline = [], time.monotonic() + seconds
        while True:
            line = self._line(deadline)
            if line is None:
                raise EngineFailed(f"{self.path}: no {word!r} within {seconds:g} s{self._said()}")
            lines.append(line)
            if line.split(" ", 1)[0] == word:
                return lines

    def _line(self, deadline: float) -> str | None:
        """The next line without its end and outer blanks; None if there is none by then."""
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not self._poll.poll(1000 * left):
                return None
            chunk = os.read(self._answers.fileno(), _CHUNK)
            if not chunk:
                raise EngineFailed(self._obituary())
            self._buffer += chunk
            if len(self._buffer) > _LONGEST_LINE:
                raise EngineFailed(f"{self.path}: wrote {len(self._buffer)} bytes without an end of line")
        if time.monotonic() > deadline:
            return None  # it may chatter for ever without coming to the point
        line, _, self._buffer = self._buffer.partition(b"\n")
        text = line.decode("utf-8", errors="replace").strip()
        self._last_words = text or self._last_words
        return text

    def _obituary(self) -> str:
        try:
            code = self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            return f"{self.path}: closed its pipes{self._said()}"
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return f"{self.path}: died ({how}){self._said()}"

    def _said(self) -> str:
        return f"; the last that it said was {self._last_words[:200]!r}" if self._last_words else ""


def _end(process: subprocess.Popen[bytes], questions: IO[bytes], answers: IO[bytes], owner: int) -> None:
    is_ours = os.getpid() == owner
    with contextlib.suppress(OSError, ValueError):  # it may be dead
        if is_ours:
            questions.write(b"quit\n")
        questions.close()
    answers.close()
    if not is_ours:
        process.returncode = 0  # a fork's copy is no parent: there is nothing to wait for, and nothing to warn of
        return
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
