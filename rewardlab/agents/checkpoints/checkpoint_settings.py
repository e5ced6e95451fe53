"""Where a training keeps its checkpoints, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import final

__all__ = ["CheckpointSettings"]


@final
@dataclass(frozen=True, slots=True)
class CheckpointSettings:
    """Where a training keeps its checkpoints, and how often. No result depends on either number.

    Attributes:
        folder: Of this training alone; made when it begins.
        every_seconds: Of training, at least, between two of them; with 0 at every chance.
        largest_share: Of the time, in (0, 1], that writing them may take: what is large is written less often.
    """

    folder: Path
    every_seconds: float = 60.0
    largest_share: float = 0.05
