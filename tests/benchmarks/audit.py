"""How long an audit takes, from nothing: a new interpreter, the model made, every question answered."""

from __future__ import annotations

import statistics

from tests.benchmarks.processes import cost_of_python
from tests.benchmarks.table import Row

_ROUNDS = 3
_PEER = ("-c", "import scipy.sparse.linalg, gymnasium")
_BUDGET_SECONDS = 2.0
_DELIVERY = "rewardlab_envs:rewardlab/Delivery-v0"
_CASES = {
    "audit speed": ("--reward", "speed"),
    "audit pickup_bonus": ("--reward", "pickup_bonus"),
    "audit progress_bonus": ("--reward", "progress_bonus"),
    "audit fixed_speed": ("--reward", "fixed_speed", "--shaping", "distance"),
}


def rows() -> list[Row]:
    """Delivery, 3,081 reachable states, against importing what it needs."""
    return [_row(name, arguments) for name, arguments in _CASES.items()]


def _row(name: str, arguments: tuple[str, ...]) -> Row:
    command = ("-m", "rewardlab.cli", "audit", _DELIVERY, *arguments, "--fail-on", "never")
    cost_of_python(*command)
    rounds = [(cost_of_python(*command), cost_of_python(*_PEER)) for _ in range(_ROUNDS)]
    ours = statistics.median(pair[0].wall_seconds for pair in rounds)
    peer = statistics.median(pair[1].wall_seconds for pair in rounds)
    ratios = [mine.wall_seconds / theirs.wall_seconds for mine, theirs in rounds]
    return Row(
        name,
        "`rewardlab audit` of Delivery with two orders, start to end; wall time",
        ours=f"{ours:.2f} s",
        peer=f"{peer:.2f} s import scipy, gymnasium",
        ratio=statistics.median(ratios),
        spread=(min(ratios), max(ratios)),
        budget=f"< {_BUDGET_SECONDS:g} s",
        kept=ours < _BUDGET_SECONDS,
    )
