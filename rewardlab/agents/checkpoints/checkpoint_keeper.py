"""The checkpoints of one training: the newest that is whole is gone on from, the last two are kept."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, final

from rewardlab.agents.checkpoints.checkpoint_folder import Checkpoint, read_checkpoint, write_checkpoint
from rewardlab.agents.checkpoints.checkpoint_settings import CheckpointSettings
from rewardlab.agents.checkpoints.run_mark import RunMark
from rewardlab.errors import BadInput, Problem, RunFailed

__all__ = ["CANNOT_BE_WRITTEN", "STARTED", "CheckpointKeeper"]

STARTED = "started"
"""An empty file: a training with these checkpoints has begun before."""

CANNOT_BE_WRITTEN = "a checkpoint cannot be written"
"""In the message of a run that failed for that reason alone: what it had written before can be gone on from."""

_KEPT = 2
_NAME = re.compile(r"\d{12}")


@final
class CheckpointKeeper:
    """Finds what to go on from, says why it could not be gone on from more, and writes when it is time.

    A checkpoint that is damaged is named in `resumed`, and the one before it is taken. One that was made with other
    versions or threads is left, since its bits would be others: the training begins anew, and `resumed` says so.

    Attributes:
        state: Of the checkpoint to go on from; None to begin at step 0.
        resumed: ``from_step`` and ``why``, as JSON data; None if the training has never begun before.

    Args:
        settings: Where and how often.
        mark: What the checkpoints are of.
        obstacle: Why this training keeps no checkpoints; empty if it does.

    Raises:
        BadInput: The folder holds checkpoints of another run.
        RunFailed: It cannot be made.
    """

    def __init__(self, settings: CheckpointSettings, mark: RunMark, obstacle: str = "") -> None:
        self._settings, self._mark, self._obstacle = settings, mark, obstacle
        self._folder = settings.folder
        self.state: Any = None
        self.resumed: dict[str, Any] | None = None
        self._steps, self._kept = 0, list[Path]()
        begun_before = self._open_folder()
        notes = [obstacle] if obstacle else self._find()
        if begun_before or self.state is not None or notes not in ([], [obstacle]):
            # Nobody hears of a process that ended in the middle of things but by what it left behind.
            why = "; ".join([_ENDED, *(notes or ([] if self.state is not None else [_TOO_EARLY]))])
            self.resumed = {"from_step": self._steps, "why": why}
        self._next = time.monotonic() + settings.every_seconds

    def is_due(self, steps: int) -> bool:
        """Whether it is time to write a checkpoint.

        Args:
            steps: The environment steps taken so far.
        """
        return not self._obstacle and steps > self._steps and time.monotonic() >= self._next

    def write(self, steps: int, state: Any) -> None:
        """Write a checkpoint.

        Args:
            steps: The environment steps taken so far.
            state: A tree of JSON data with arrays as leaves.

        Raises:
            RunFailed: It cannot be written; the message says why. What was there before is there still.
        """
        begun = time.monotonic()
        path = self._folder / f"{steps:012d}"
        try:
            write_checkpoint(path, Checkpoint(self._mark.head(steps), state))
        except OSError as fault:
            raise self._unwritten(path, fault) from fault
        self._steps = steps
        self._kept = [*(kept for kept in self._kept if kept != path), path][-_KEPT:]
        for other in self._present():
            if other not in self._kept:
                shutil.rmtree(other, ignore_errors=True)
        now = time.monotonic()
        pause = (now - begun) * (1.0 / self._settings.largest_share - 1.0)
        self._next = now + max(self._settings.every_seconds, pause)

    @contextmanager
    def giving_back(self) -> Iterator[None]:
        """To be round whatever puts `state` back where it came from.

        Raises:
            BadInput: It does not fit. That cannot come of damage, which is found before: somebody made it up.
        """
        try:
            yield
        except (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError) as fault:
            got = f"a state that does not fit ({type(fault).__name__}: {' '.join(str(fault).split())})"
            fix = f"remove {self._folder}, and the training begins anew"
            raise BadInput(Problem(str(self._kept[-1]), got, "what this run has written", fix)) from fault

    def _open_folder(self) -> bool:
        """Make the folder, and clear what a process that died in the middle of writing left in it."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            begun_before = (self._folder / STARTED).exists()
            (self._folder / STARTED).touch()
        except OSError as fault:
            raise self._unwritten(self._folder, fault) from fault
        for path in self._folder.glob(".*"):
            if _NAME.match(path.name[1:]):
                shutil.rmtree(path, ignore_errors=True)
        return begun_before

    def _find(self) -> list[str]:
        """Take the newest that is whole; the notes say what is wrong with those that are not."""
        notes = []
        for path in reversed(self._present()):
            try:
                checkpoint = read_checkpoint(path)
            except BadInput as fault:
                notes.append(str(fault))
                continue
            problems = self._mark.problems(checkpoint.head, str(path))
            if problems:
                raise BadInput(*problems)
            otherwise = self._mark.made_otherwise(checkpoint.head)
            if otherwise:
                notes.append(f"{path} was made with {otherwise}, so that its bits are others")
                continue
            self.state, self._steps = checkpoint.state, checkpoint.head["steps"]
            self._kept = [path]
            return notes
        return notes

    def _present(self) -> list[Path]:
        folders = (path for path in self._folder.iterdir() if _NAME.fullmatch(path.name))
        return sorted(path for path in folders if path.is_dir() and not path.is_symlink())

    def _unwritten(self, path: Path, fault: OSError) -> RunFailed:
        there = next(folder for folder in (path, *path.parents) if folder.exists())
        free = shutil.disk_usage(there).free
        return RunFailed(
            f"{path}: {CANNOT_BE_WRITTEN}: {fault.strerror or fault} ({free} bytes are free there); "
            f"once that is mended, run again: it goes on from step {self._steps}"
        )


_ENDED = "its process ended before it was done"
_TOO_EARLY = "no checkpoint had been written yet"
