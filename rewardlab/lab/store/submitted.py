"""An experiment as the store knows it: its spec, and which run is which."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

__all__ = ["Member", "Submitted"]


@final
@dataclass(frozen=True, slots=True)
class Member:
    """A run of an experiment.

    Attributes:
        variant: What the experiment calls its variant.
        seed: Its seed.
        identity: The run's own. Members that differ in the name of the variant alone share a run.
    """

    variant: str
    seed: int
    identity: str


@final
@dataclass(frozen=True, slots=True)
class Submitted:
    """An experiment.

    Attributes:
        name: Its own.
        spec: All of it, as JSON data.
        members: Its runs, those of the first variant first, each by seed.
        part_of: The hash of what several experiments are steps of, one after the other, such as those of a search: to
            work on one of them is to work on all. Empty for one that stands alone.
    """

    name: str
    spec: Mapping[str, Any]
    members: tuple[Member, ...]
    part_of: str = ""

    @property
    def spec_hash(self) -> str:
        """SHA-256 of the spec with its runs, hexadecimal."""
        runs = [[member.variant, member.seed, member.identity] for member in self.members]
        text = json.dumps([self.name, self.spec, runs], sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def work_hash(self) -> str:
        """What two processes share that may work in one folder at once."""
        return self.part_of or self.spec_hash
