"""What is going on while an experiment runs: a live bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self, final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from rewardlab.lab.engines import Event
from rewardlab.lab.plan import PlannedRun

__all__ = ["ProgressDisplay"]


@final
class ProgressDisplay:
    """Listens to an experiment.

    Args:
        console: Where to show it.
        planned_runs: The runs that will be trained.
        budget_steps: The steps of each.
    """

    def __init__(self, console: Console, planned_runs: int, budget_steps: int) -> None:
        self._console = console
        self._planned = planned_runs
        self._budget_steps = budget_steps
        self._ended = 0
        self._steps: dict[str, int] = {}
        self._running: dict[str, str] = {}
        self._begun = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.fields[ended]} of {task.fields[planned]} runs"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=planned_runs * budget_steps, ended=0, planned=planned_runs)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def __call__(self, run: PlannedRun, event: Event) -> None:
        """Take note of an event and show it."""
        label = f"{run.variant}, seed {run.seed}"
        if event.kind == "started":
            self._running[run.identity] = label
        elif event.kind == "progress":
            self._steps[run.identity] = min(int(event.payload), self._budget_steps)
        elif event.kind == "retried":
            self._console.print(Text(f"{label} begins again: {event.payload}"))
        else:
            self._running.pop(run.identity, None)
            self._steps[run.identity] = self._budget_steps
            self._ended += 1
            self._tell(label, event)
        self._bar.update(
            self._task,
            completed=sum(self._steps.values()),
            ended=self._ended,
            description="; ".join(self._running.values()),
        )

    def _tell(self, label: str, event: Event) -> None:
        if event.kind == "failed":
            self._console.print(Text(f"{label} failed: {event.payload}"))
        elif not self._console.is_terminal:
            seconds = time.monotonic() - self._begun
            self._console.print(Text(f"[{self._ended}/{self._planned}] {label}: finished at {seconds:.0f} s"))
