"""Looking at what a plugin offers, in a process of its own: it may hang, print, or end it, and harms nobody."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

from rewardlab.plugins.apart import run_apart

__all__ = ["SECONDS", "LookedAt", "look_at"]

SECONDS = 30.0
"""That a plugin has to be imported and its environments to be made."""

_LARGEST = 10_000_000  # bytes; of a report that a sound plugin has, thousands


@final
@dataclass(frozen=True, slots=True)
class LookedAt:
    """What was found.

    Attributes:
        module: The plugin.
        fault: Why it could not be loaded; empty if it could.
        environments: By full id: ``fault``, why it could not be made, or else what its catalogue offers: ``rewards``
            and ``potentials`` (name to summary), ``events``, ``objective``; nothing where it has none.
    """

    module: str
    fault: str = ""
    environments: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def is_sound(self) -> bool:
        """Whether it could be loaded, and each of its environments be made."""
        return not self.fault and not any("fault" in environment for environment in self.environments.values())


def look_at(module: str, *, seconds: float = SECONDS) -> LookedAt:
    """Import a plugin and make its environments, in a process of its own, and say what it offers.

    Args:
        module: What to import.
        seconds: After which it is given up, and ended with all that it started.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        code = run_apart(["-m", "rewardlab.plugins.looking", module, str(report)], seconds)
        if code is None:
            return LookedAt(module, f"it was not done after {seconds:g} seconds")
        if not report.is_file():
            return LookedAt(module, f"importing it ended the process, with exit code {code}")
        if report.stat().st_size > _LARGEST:
            return LookedAt(module, "what it says of itself is too long")
        found = json.loads(report.read_text(encoding="utf-8"))
    return LookedAt(module, found["fault"], found["environments"])
