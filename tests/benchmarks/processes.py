"""What a new Python process costs."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True)
class Cost:
    """The time that a process took, on the clock and on the processor; the latter without workers that outlived it."""

    wall_seconds: float
    cpu_seconds: float


def cost_of_python(*arguments: str) -> Cost:
    """Run this Python with some arguments.

    Raises:
        RuntimeError: It failed; with the end of what it said.
    """
    before, began = _cpu_seconds_of_children(), time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    cost = Cost(time.perf_counter() - began, _cpu_seconds_of_children() - before)
    if done.returncode:
        raise RuntimeError(f"python {' '.join(arguments)} ended with {done.returncode}: {done.stderr[-2000:]}")
    return cost


def _cpu_seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
