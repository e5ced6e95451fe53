"""What is going on while an experiment runs: bars in a terminal, for the whole and each run; lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, final

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

from rewardlab.lab.engines import Event
from rewardlab.lab.plan import PlannedRun

__all__ = ["ProgressDisplay"]

LINE_SECONDS = 30.0
"""Between two lines that say how far the whole is, where there is no terminal."""


@final
class ProgressDisplay:
    """Listens to an experiment.

    Args:
        console: Where to show it.
        planned_runs: The runs that will be trained, here or by other processes.
        budget_steps: The steps of each.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        console: Console,
        planned_runs: int,
        budget_steps: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._planned = planned_runs
        self._budget_steps = budget_steps
        self._clock = clock
        self._ended = 0
        self._steps: dict[str, int] = {}
        self._bars: dict[str, TaskID] = {}
        self._begun = self._told = clock()
        self._progress = Progress(
            TextColumn("{task.description}", markup=False, table_column=Column(ratio=3, no_wrap=True)),
            BarColumn(table_column=Column(ratio=2)),
            TextColumn("{task.percentage:>3.0f} %"),
            _Pace(),
            TimeRemainingColumn(compact=True),
            console=console,
            disable=not console.is_terminal,
            expand=True,
        )
        self._whole = self._progress.add_task("", total=planned_runs * budget_steps)

    def __enter__(self) -> Self:
        self._show_whole()
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, run: PlannedRun, event: Event) -> None:
        """Take note of an event and show it."""
        label = f"{run.variant}, seed {run.seed}"
        if event.kind == "started":
            self._bars[run.identity] = self._progress.add_task(f"  {label}", total=self._budget_steps)
        elif event.kind == "progress":
            self._steps[run.identity] = min(int(event.payload), self._budget_steps)
            if run.identity in self._bars:
                self._progress.update(self._bars[run.identity], completed=self._steps[run.identity])
        elif event.kind == "waiting":
            whose = f"{event.payload} run{'s' if event.payload > 1 else ''} of another process"
            self._console.print(Text(f"waiting for {whose}"))
        elif event.kind == "retried":
            self._console.print(Text(f"{label} begins again: {event.payload}"))
        else:
            if run.identity in self._bars:
                self._progress.remove_task(self._bars.pop(run.identity))
            self._steps[run.identity] = self._budget_steps
            self._ended += 1
            self._tell(label, event)
        self._show_whole()

    def _show_whole(self) -> None:
        done = sum(self._steps.values())
        running = f", {len(self._bars)} running" if self._bars else ""
        self._progress.update(
            self._whole, completed=done, description=f"{self._ended} of {self._planned} runs{running}"
        )
        now = self._clock()
        if not self._console.is_terminal and now - self._told >= LINE_SECONDS and done > 0:
            self._told = now
            share = done / (self._planned * self._budget_steps)
            left = (now - self._begun) * (1 - share) / share
            text = f"[{self._ended}/{self._planned}] {100 * share:.0f} % of all steps; about {left:.0f} s left"
            self._console.print(Text(text))

    def _tell(self, label: str, event: Event) -> None:
        self._told = self._clock()
        if event.kind == "failed":
            self._console.print(Text(f"{label} failed: {event.payload}"))
        elif not self._console.is_terminal:
            seconds = self._told - self._begun
            self._console.print(Text(f"[{self._ended}/{self._planned}] {label}: finished at {seconds:.0f} s"))


@final
class _Pace(ProgressColumn):
    """Steps a second."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:,.0f}/s", justify="right")
