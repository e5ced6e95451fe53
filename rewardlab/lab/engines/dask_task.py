"""What a Dask worker is given to do: a job, done as on any machine, by local processes with the same limits."""

from __future__ import annotations

import multiprocessing
import platform
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from importlib.metadata import PackageNotFoundError, version
from typing import final

from rewardlab.errors import BadInput, Problem, RunFailed
from rewardlab.lab.engines.engine import Event, Job, Work
from rewardlab.lab.engines.limits import RunLimits
from rewardlab.lab.engines.local import LocalEngine

__all__ = ["dask_setup", "do_on_worker", "numerical_versions"]

_PACKAGES = ("gymnasium", "numpy", "rewardlab", "sb3-contrib", "stable-baselines3", "torch")
_PROGRESS_SECONDS = 1.0


def dask_setup(_: object) -> None:
    """Prepare a worker of our own cluster; the name is Dask's, which calls it in the new process."""
    # Ctrl-C reaches the whole group; the driver decides what it means and ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def numerical_versions() -> dict[str, str]:
    """The versions of all that the numbers of a run depend on."""
    return {"Python": ".".join(platform.python_version_tuple()[:2])} | {name: _version(name) for name in _PACKAGES}


def do_on_worker(
    work: Work, job: Job, preload: Sequence[str], limits: RunLimits, versions: Mapping[str, str], topic: str, index: int
) -> Event:
    """Do one job on the machine of a Dask worker.

    Args:
        work: A function of module level, which the worker can import.
        job: What it is given.
        preload: Modules that its process needs.
        limits: Of the job.
        versions: Those of the driver, see `numerical_versions`. With others the numbers would be others.
        topic: Under which progress and further attempts are told, as ``[index, kind, payload, detail]``.
        index: The number of the job.

    Returns:
        How it ended.

    Raises:
        BadInput: The versions here are others.
        RunFailed: Nobody waits for the job any more.
    """
    from distributed import get_worker

    worker = get_worker()
    place = f"{worker.address} on {platform.node()}"
    own = numerical_versions()
    other = [
        Problem(f"{name} at {place}", own[name], versions[name]) for name in versions if own[name] != versions[name]
    ]
    if other:
        raise BadInput(*other)
    # Dask's nannies mark their workers as daemons, which may have no children; ours never outlive them.
    multiprocessing.current_process().daemon = False
    key = worker.get_current_task()

    def watch() -> None:
        task = worker.state.tasks.get(key)
        if task is None or task.state == "cancelled":
            raise RunFailed("nobody waits for it any more")

    engine = LocalEngine(1, limits, watch)
    tell = _Teller(lambda event: worker.log_event(topic, [index, event.kind, event.payload, event.detail]))
    with closing(engine.run(work, [job], preload)) as events:
        for event in events:
            if event.kind in ("finished", "failed"):
                return Event(index, event.kind, event.payload, event.detail, place)
            tell(event)
    raise RunFailed("it never ended")


@final
class _Teller:
    """Tells of progress once a second at most, and of everything else at once."""

    def __init__(self, send: Callable[[Event], None]) -> None:
        self._send = send
        self._next = 0.0

    def __call__(self, event: Event) -> None:
        if event.kind == "progress":
            if time.monotonic() < self._next:
                return
            self._next = time.monotonic() + _PROGRESS_SECONDS
        if event.kind != "started":
            self._send(event)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
