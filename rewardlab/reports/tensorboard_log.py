"""Learning curves for TensorBoard: one log for each run that finishes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, final

from rewardlab.errors import BadInput, Problem
from rewardlab.lab.engines import Event
from rewardlab.lab.plan import PlannedRun

__all__ = ["TensorBoardLog", "curve_scalars"]


@final
class TensorBoardLog:
    """Listens to an experiment, and writes what TensorBoard shows. No result depends on it.

    Args:
        folder: Where each run gets a folder of its own, named by variant, seed and identity. What is there stays.

    Raises:
        BadInput: TensorBoard is not installed, or the folder cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import tensorboard.summary  # noqa: F401  # asked for before anything is trained
        except ImportError:
            fix = "pip install 'rewardlab[tensorboard]'"
            raise BadInput(Problem("--tensorboard", "no TensorBoard", "the package tensorboard", fix)) from None
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise BadInput(Problem("--tensorboard", f"{folder}: {fault.strerror}", "a folder to write into")) from None
        self._folder = folder

    def __call__(self, run: PlannedRun, event: Event) -> None:
        """Write the curve of a run that has finished, whoever trained it."""
        if event.kind == "finished":
            # The name of a variant is data: only letters and digits of it reach the file system.
            slug = re.sub(r"[^a-z0-9]+", "-", run.variant.lower())[:40].strip("-") or "variant"
            _write(self._folder / f"{slug}-seed-{run.seed}-{run.identity[:8]}", event.payload)


def curve_scalars(result: Mapping[str, Any]) -> Iterator[tuple[int, dict[str, float]]]:
    """What TensorBoard is told of a run: the step, and each number by its tag.

    Args:
        result: Of `rewardlab.agents.train`.

    Yields:
        A point for each span of the learning curve, and at the end one of the evaluation.
    """
    for point in result["curve"]:
        known = {"training/objective": "objective", "training/paid": "paid", "probe/objective": "evaluated"}
        known |= {"training/episode_length": "length", "training/value_gradient_norm": "value_gradient_norm"}
        scalars = {tag: float(point[key]) for tag, key in known.items() if key in point}
        yield int(point["steps"]), scalars | {f"ledger/{name}": float(paid) for name, paid in point["ledger"].items()}
    final = {f"evaluation/{name}": float(result["evaluation"][name]) for name in ("objective", "paid", "steps")}
    yield int(result["steps"]), final


def _write(folder: Path, result: Mapping[str, Any]) -> None:
    from tensorboard.compat.proto.event_pb2 import Event as LogEvent
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(folder))
    try:
        for step, scalars in curve_scalars(result):
            values = [Summary.Value(tag=tag, simple_value=number) for tag, number in scalars.items()]
            writer.add_event(LogEvent(wall_time=time.time(), step=step, summary=Summary(value=values)))
    finally:
        writer.close()
