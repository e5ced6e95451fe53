"""Where a training keeps its checkpoints, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import final

__all__ = ["CheckpointSettings"]


@final
@dataclass(frozen=True, slots=True)
class CheckpointSettings:
    """Where a training keeps its checkpoints, and how often.

    Attributes:
        folder: Of this training alone; made when the first one is written.
        every_seconds: Of training, between two of them. No result depends on it.
    """

    folder: Path
    every_seconds: float = 60.0
