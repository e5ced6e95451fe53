"""Saying every few seconds that this process lives, while it waits for others or reads its mail."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self, final

from rewardlab.errors import RewardLabError
from rewardlab.lab.store.owner import Owner
from rewardlab.lab.store.owner_watch import HEARTBEAT_SECONDS
from rewardlab.lab.store.presence import beat
from rewardlab.lab.store.result_store import ResultStore
from rewardlab.lab.store.submitted import Submitted

__all__ = ["Heartbeat"]


@final
class Heartbeat:
    """Says that a process lives, from a thread of its own.

    Args:
        store: The results.
        owner: This process; it has entered.
        experiment: What it works on.
        steps: Called for what is told along: identity to environment steps.
        seconds: Between two heartbeats.
    """

    def __init__(
        self,
        store: ResultStore,
        owner: Owner,
        experiment: Submitted,
        steps: Callable[[], Mapping[str, int]],
        *,
        seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._store, self._owner, self._experiment = store, owner, experiment
        self._steps = steps
        self._seconds = seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._stopping.wait(self._seconds):
            # A full disk fails the next result too, which is where it is told; the next beat may succeed.
            try:
                beat(self._store, self._owner, self._experiment, dict(self._steps()))
            except RewardLabError:
                continue
