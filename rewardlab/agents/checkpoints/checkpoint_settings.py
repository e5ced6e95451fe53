"""Where a training keeps its checkpoints, and how often."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import final

from rewardlab.errors import BadInput, Problem

__all__ = ["CheckpointSettings"]


@final
@dataclass(frozen=True, slots=True)
class CheckpointSettings:
    """Where a training keeps its checkpoints, and how often. No result depends on either number.

    Attributes:
        folder: Of this training alone; made when it begins.
        every_seconds: Of training, at least, between two of them; with 0 at every chance.
        largest_share: Of the time, in (0, 1], that writing them may take: what is large is written less often.

    Raises:
        BadInput: A number is out of its range.
    """

    folder: Path
    every_seconds: float = 60.0
    largest_share: float = 0.05

    def __post_init__(self) -> None:
        problems = []
        if not 0.0 <= self.every_seconds < math.inf:
            problems.append(Problem("every_seconds", repr(self.every_seconds), "a finite number of at least 0"))
        if not 0.0 < self.largest_share <= 1.0:
            problems.append(Problem("largest_share", repr(self.largest_share), "a share in (0, 1]"))
        if problems:
            raise BadInput(*problems)
