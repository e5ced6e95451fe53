"""Schedulers and workers as processes of their own, as on a real cluster."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]


@contextmanager
def dask(kind: str, *words: str, prefix: tuple[str, ...] = ()) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the commands ``dask scheduler`` and ``dask worker``, in a session of its own."""
    command = [*prefix, sys.executable, "-m", f"distributed.cli.dask_{kind}", "--no-dashboard", *words]
    process = subprocess.Popen(
        command, cwd=ROOT, env=with_our_code(), start_new_session=True, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def with_our_code() -> dict[str, str]:
    """The environment variables of a process that finds this code, tests included."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "envs"), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path}


def address_in(file: Path, seconds: float = 60.0) -> str:
    """The address that a scheduler writes into its file once it listens.

    Raises:
        TimeoutError: It does not.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            return str(json.loads(file.read_text())["address"])
        except (OSError, ValueError, KeyError):
            time.sleep(0.1)
    raise TimeoutError(f"no address in {file}")
