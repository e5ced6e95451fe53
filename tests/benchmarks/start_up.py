"""How long a user waits for ``import rewardlab`` and for the first words of the command."""

from __future__ import annotations

import importlib.util
import statistics

from tests.benchmarks.processes import Cost, cost_of_python
from tests.benchmarks.table import Row

_ROUNDS = 9
_PEER = ("-c", "import gymnasium")
_OURS = (
    ("import rewardlab", ("-c", "import rewardlab"), "rewardlab", 0.3),
    ("rewardlab --help", ("-m", "rewardlab.cli", "--help"), "rewardlab.cli", 0.5),
)
"""Row, arguments of Python, the module that it needs, budget in seconds."""


def rows() -> list[Row]:
    """Each against ``import gymnasium`` in a new interpreter."""
    return [_row(*ours) for ours in _OURS]


def _row(name: str, arguments: tuple[str, ...], module: str, budget_seconds: float) -> Row:
    budget = f"< {budget_seconds:g} s"
    if importlib.util.find_spec(module) is None:
        return Row(name, f"{module} is not there yet", budget=budget)
    cost_of_python(*arguments)
    cost_of_python(*_PEER)
    rounds = [(cost_of_python(*arguments), cost_of_python(*_PEER)) for _ in range(_ROUNDS)]
    ours, peer = (_median([pair[side] for pair in rounds]) for side in (0, 1))
    ratios = [mine.cpu_seconds / theirs.cpu_seconds for mine, theirs in rounds]
    return Row(
        name,
        f"a new interpreter, start to end; CPU time (wall: {ours.wall_seconds:.2f} s)",
        ours=f"{ours.cpu_seconds:.3f} s",
        peer=f"{peer.cpu_seconds:.3f} s import gymnasium",
        ratio=statistics.median(ratios),
        spread=(min(ratios), max(ratios)),
        budget=budget,
        kept=ours.cpu_seconds < budget_seconds,
    )


def _median(costs: list[Cost]) -> Cost:
    return Cost(
        statistics.median(cost.wall_seconds for cost in costs), statistics.median(cost.cpu_seconds for cost in costs)
    )
