"""What a run may use before it is ended."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

from rewardlab.errors import BadInput, Problem

__all__ = ["RunLimits"]


@final
@dataclass(frozen=True, slots=True)
class RunLimits:
    """The limits of one run. None stands for none.

    A run that passes one of time, memory or processes has failed, since another attempt would come to the same end. A
    run whose process died or fell silent is tried again.

    Attributes:
        seconds: Of wall time, for each attempt.
        memory_mib: What the process of the run and those that it started may hold together, in MiB, as Linux tells.
        silent_seconds: Without a sign of progress, after which a run is taken to hang.
        processes: Its own process and those that it started, counted together, as Linux tells.
        attempts: How often a run is tried whose process dies or hangs; at least 1.

    Raises:
        BadInput: A number is out of its range.
    """

    seconds: float | None = None
    memory_mib: float | None = None
    silent_seconds: float | None = 1800.0
    processes: int | None = None
    attempts: int = 3

    def __post_init__(self) -> None:
        """Refuse what is no limit."""
        problems = [
            Problem(flag, repr(value), expected)
            for flag, value, least, most, expected in (
                ("--time-limit", self.seconds, 0.1, 1e9, "seconds in [0.1, 1e9]"),
                ("--memory-limit", self.memory_mib, 1, 1e9, "MiB in [1, 1e9]"),
                ("--silence-limit", self.silent_seconds, 0.1, 1e9, "seconds in [0.1, 1e9]"),
                ("--process-limit", self.processes, 1, 1e6, "a number of processes in [1, 1e6]"),
                ("--max-retries", self.attempts - 1, 0, 100, "a number of further attempts in [0, 100]"),
            )
            if value is not None and not (math.isfinite(value) and least <= value <= most)
        ]
        if problems:
            raise BadInput(*problems)
