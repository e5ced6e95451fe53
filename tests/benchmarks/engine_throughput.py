"""Two processes against one: runs that keep a core busy for five seconds."""

from __future__ import annotations

from collections.abc import Callable

from rewardlab.lab.engines import LocalEngine
from tests.benchmarks.measuring import WALL, Side, in_turns
from tests.benchmarks.stub_runs import busy, loops_in
from tests.benchmarks.table import Row

_SECONDS = 5.0
_RUNS = 4
_ROUNDS = 3
_PRELOAD = ["rewardlab.agents.preload"]


def rows() -> list[Row]:
    """Both by `LocalEngine`, from the first run's start to the last one's end."""
    loops = loops_in(_SECONDS)
    sides = [Side(f"{workers} worker{'s' * (workers > 1)}", _runs(workers, loops)) for workers in (2, 1)]
    two, one = in_turns(sides, rounds=_ROUNDS, clock=WALL)
    measured = f"{_RUNS} runs of {_SECONDS:g} s of one core each; loops done, on the clock"
    return [Row.from_rates("2 workers vs 1", measured, two, one, at_least=1.8)]


def _runs(workers: int, loops: int) -> Callable[[], int]:
    def work() -> int:
        ends = [
            event for event in LocalEngine(workers).run(busy, [loops] * _RUNS, _PRELOAD) if event.kind == "finished"
        ]
        if len(ends) != _RUNS:
            raise RuntimeError(f"{len(ends)} of {_RUNS} runs finished")
        return _RUNS * loops

    return work
