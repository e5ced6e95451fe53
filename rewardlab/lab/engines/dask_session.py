"""Submitting jobs to a Dask cluster, hearing of them, and collecting what came of them."""

from __future__ import annotations

import queue
import time
import traceback
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, final

from rewardlab.errors import ClusterLost, RewardLabError
from rewardlab.lab.engines.dask_task import do_on_worker, numerical_versions
from rewardlab.lab.engines.engine import Event, Job, Work
from rewardlab.lab.engines.limits import RunLimits

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["DaskSession"]

_LOOK_SECONDS = 1.0


@final
class DaskSession:
    """The jobs that a client has at a cluster.

    Args:
        client: Connected.
        work: What is done with each job.
        preload: Modules that its process needs.
        limits: Of each job.
        patience_seconds: How long to wait for a first worker, or for another when all are gone.
    """

    def __init__(
        self, client: Client, work: Work, preload: Sequence[str], limits: RunLimits, patience_seconds: float
    ) -> None:
        self._client = client
        self._work = work
        self._preload = [*preload]
        self._limits = limits
        self._patience_seconds = patience_seconds
        self._versions = numerical_versions()
        self._topic = f"rewardlab-{uuid.uuid4().hex}"
        self._submitted: dict[int, Future[Event]] = {}
        self._news: queue.Queue[Event | int] = queue.Queue()
        self._asked = self._seen = time.monotonic()
        self._threads = 0
        client.subscribe_topic(self._topic, lambda message: self._news.put(Event(*message[1])))

    def has_room(self) -> bool:
        """Whether a thread of the cluster has nothing to do; without any worker, waits for one.

        Raises:
            ClusterLost: The scheduler went away, or there has been no worker for too long.
        """
        if not self._threads or time.monotonic() - self._asked > _LOOK_SECONDS:
            self._threads = self._count_threads()
        return len(self._submitted) < self._threads

    def is_idle(self) -> bool:
        """Whether every job that was submitted has ended."""
        return not self._submitted and self._news.empty()

    def submit(self, index: int, job: Job) -> None:
        """Hand a job to the cluster. One that cannot be sent has failed."""
        settings = (self._work, job, self._preload, self._limits, self._versions, self._topic, index)
        try:
            future = self._client.submit(do_on_worker, *settings, key=f"{self._topic}-{index}", pure=False)
        except Exception as fault:  # pickle raises what it likes
            line = " ".join(f"it cannot be sent to a cluster: {type(fault).__name__}: {fault}".split())
            self._news.put(Event(index, "failed", line, traceback.format_exc()))
            return
        self._submitted[index] = future
        future.add_done_callback(lambda _: self._news.put(index))

    def news(self) -> Iterator[Event]:
        """What is heard within a second: progress, and how jobs ended.

        Raises:
            ClusterLost: The scheduler went away.
        """
        try:
            heard = self._news.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            self.has_room()
            return
        if isinstance(heard, int):
            yield self._end_of(heard, self._submitted.pop(heard))
        elif heard.index in self._submitted or heard.kind == "failed":  # Dask tells of progress late, at times too late
            yield heard

    def cancel(self) -> None:
        """Let go of all that has not ended; the workers notice and break it off."""
        self._client.cancel([*self._submitted.values()], force=True)
        self._submitted.clear()

    def _end_of(self, index: int, future: Future[Event]) -> Event:
        from distributed import KilledWorker

        try:
            return future.result()
        except KilledWorker as fault:
            deaths, last = fault.allowed_failures + 1, fault.last_worker.address
            return Event(index, "failed", f"{deaths} Dask workers died while doing it, the last of them {last}")
        except CancelledError as fault:
            raise ClusterLost("the Dask scheduler went away, or gave its jobs up; what is finished is kept") from fault
        except RewardLabError as fault:
            return Event(index, "failed", " ".join(str(fault).split()))
        except Exception as fault:  # such as a worker that lacks a module
            line = " ".join(f"{type(fault).__name__}: {fault} (at the Dask worker)".split())
            return Event(index, "failed", line, traceback.format_exc())

    def _count_threads(self) -> int:
        while True:
            self._asked = time.monotonic()
            try:
                threads = sum(self._client.nthreads().values()) if self._client.status == "running" else 0
            except (OSError, RuntimeError):  # the connection broke in the middle of the question
                threads = 0
            if threads:
                self._seen = self._asked
                return int(threads)
            if self._client.status in ("closed", "closing"):
                raise ClusterLost("the Dask scheduler went away; what is finished is kept")
            if self._asked - self._seen > self._patience_seconds:
                raise ClusterLost(f"the Dask scheduler has had no worker for {self._patience_seconds:g} s")
            time.sleep(_LOOK_SECONDS / 4)
