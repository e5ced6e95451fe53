"""Whether a stranger's module can be imported at all: its import may never return, or end the process."""

from __future__ import annotations

import json
import sys

from rewardlab.errors import Problem
from rewardlab.plugins.apart import run_apart

__all__ = ["import_problem"]

_RETURNED = 77
# Whatever it raises is told by whoever imports it in earnest.
_PROGRAM = f"""
import importlib, json, os, sys
sys.path[:] = json.loads(sys.argv[2])
try:
    importlib.import_module(sys.argv[1])
except BaseException:
    pass
os._exit({_RETURNED})
"""


def import_problem(module: str, where: str, seconds: float) -> Problem | None:
    """Import a module in a process of its own, and say if that hangs or ends it; None if it returns or raises.

    A module that has been imported already is not asked again.

    Args:
        module: Its dotted name.
        where: The place to name in the problem.
        seconds: That the import may take.
    """
    if module in sys.modules:
        return None
    code = run_apart(["-P", "-c", _PROGRAM, module, json.dumps(sys.path)], seconds)
    if code is None:
        got = f"{module!r}, whose import is not done after {seconds:g} seconds"
        fix = "look for a sleep, an endless loop, or a lock in it; if it only takes long, give it more --patience"
        return Problem(where, got, "a module", fix)
    if code != _RETURNED:
        return Problem(where, f"{module!r}, whose import ends the process, with exit code {code}", "a module")
    return None
