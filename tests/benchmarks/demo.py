"""The demo, ``rewardlab run delivery``, as a user runs it."""

from __future__ import annotations

import importlib.util
import tempfile

from tests.benchmarks.processes import cost_of_python
from tests.benchmarks.table import Row

_NAME, _BUDGET_SECONDS = "demo", 90.0
_BUDGET = f"< {_BUDGET_SECONDS:g} s"


def rows() -> list[Row]:
    """The one row. It is run once, without a peer."""
    if importlib.util.find_spec("rewardlab.cli") is None:
        return [Row(_NAME, "rewardlab.cli is not there yet", budget=_BUDGET)]
    with tempfile.TemporaryDirectory() as folder:
        cost = cost_of_python("-m", "rewardlab.cli", "run", "delivery", "--out", folder)
    return [
        Row(
            _NAME,
            "rewardlab run delivery, default size; wall time, once, so only fair on an idle machine",
            ours=f"{cost.wall_seconds:.1f} s",
            budget=_BUDGET,
            kept=cost.wall_seconds < _BUDGET_SECONDS,
        )
    ]
