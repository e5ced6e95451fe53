"""Running a stranger's code in a process of its own: it may hang, print without end, or end it, and harms nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

__all__ = ["run_apart"]


def run_apart(arguments: Sequence[str], seconds: float) -> int | None:
    """Run Python in a process of its own, and end it then with all that it started.

    What it prints goes nowhere, since it may be without end.

    Args:
        arguments: Of the interpreter, such as ``["-m", "my_module"]``.
        seconds: After which it is given up.

    Returns:
        Its exit code, negative for a signal; None if it was given up.
    """
    nowhere = subprocess.DEVNULL
    process = subprocess.Popen(  # noqa: S603  # no shell, and the interpreter that we are in
        [sys.executable, *arguments], stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True
    )
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):  # it is gone, and left nobody
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
