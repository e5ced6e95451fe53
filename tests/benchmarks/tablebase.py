"""How long a tablebase takes, from nothing and without a cache: a new interpreter, every position solved."""

from __future__ import annotations

import statistics
import subprocess
import sys

from tests.benchmarks.processes import cost_of_python
from tests.benchmarks.table import Row

_ROUNDS = 3
_PEER = ("-c", "import scipy.sparse.linalg, gymnasium")
_SOLVE = "from rewardlab_envs.endgame.tablebase import solved_tablebase; assert solved_tablebase({!r}, 8).longest == {}"
_LONGEST = {"Q": 10, "R": 16, "P": 28}
_PEAK = "; print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
"""What `resource` tells begins with the memory of whoever started the process."""
_BUDGET_SECONDS, _BUDGET_MIB = 30.0, 2048.0


def rows() -> list[Row]:
    """King and queen, rook or pawn against king on 8 x 8; a pawn needs the tablebases of what it may become."""
    return [_row(letter, longest) for letter, longest in _LONGEST.items()]


def _row(letter: str, longest: int) -> Row:
    command = ("-c", _SOLVE.format(letter, longest))
    rounds = [(cost_of_python(*command), cost_of_python(*_PEER)) for _ in range(_ROUNDS)]
    ours = statistics.median(pair[0].wall_seconds for pair in rounds)
    peer = statistics.median(pair[1].wall_seconds for pair in rounds)
    most = _peak_mib(command[1])
    ratios = [mine.wall_seconds / theirs.wall_seconds for mine, theirs in rounds]
    return Row(
        f"tablebase K{letter}K 8x8",
        "an endgame solved from nothing, in a new process; wall time, and the most memory it held",
        ours=f"{ours:.2f} s, {most:,.0f} MiB",
        peer=f"{peer:.2f} s import scipy, gymnasium",
        ratio=statistics.median(ratios),
        spread=(min(ratios), max(ratios)),
        budget=f"< {_BUDGET_SECONDS:g} s, {_BUDGET_MIB:,.0f} MiB",
        kept=ours < _BUDGET_SECONDS and most < _BUDGET_MIB,
    )


def _peak_mib(program: str) -> float:
    """The most memory that a program held at once; Linux tells it."""
    done = subprocess.run([sys.executable, "-c", program + _PEAK], capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024
