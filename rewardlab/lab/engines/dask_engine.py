"""Running many jobs on a Dask cluster: ours for the moment, on this machine, or one that is there already."""

from __future__ import annotations

import importlib.util
import logging
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

from rewardlab.errors import BadInput, Problem
from rewardlab.lab.engines.dask_session import DaskSession
from rewardlab.lab.engines.dask_task import do_on_worker
from rewardlab.lab.engines.engine import Engine, Event, Job, Work
from rewardlab.lab.engines.limits import RunLimits
from rewardlab.lab.engines.local import check_workers

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["DaskEngine", "TlsFiles"]

_ADDRESS = re.compile(r"(?:(?:tcp|tls)://)?(?:[\w.-]+|\[[0-9a-fA-F:]+\]):\d{1,5}")
_CONNECT_SECONDS = 15.0


@final
@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The files by which a driver and a cluster know each other; PEM.

    Attributes:
        authority: The certificate of who signed all the others.
        certificate: The driver's own.
        key: The driver's private key.

    Raises:
        BadInput: One is missing, or no file.
    """

    authority: Path
    certificate: Path
    key: Path

    def __post_init__(self) -> None:
        """Refuse what cannot be read, before anything is connected to."""
        files = {"--tls-ca": self.authority, "--tls-cert": self.certificate, "--tls-key": self.key}
        problems = [Problem(flag, str(path), "a PEM file") for flag, path in files.items() if not path.is_file()]
        if problems:
            raise BadInput(*problems)


@final
class DaskEngine(Engine):
    """A job for each thread of a Dask cluster, done there in a process of its own, by `LocalEngine`.

    Dask pickles what is sent, and whoever reaches its scheduler can have code run. So join only a cluster that you
    trust, over TLS wherever others share the network.

    Args:
        scheduler: The address of a cluster, as in ``tls://node1:8786``. Without one, a cluster of processes is started
            on this machine's loopback, and ended with the run.
        workers: The processes of the latter; as many as there are cores by default.
        limits: Of each job. The attempts count for each worker that does it; how many workers may die over a job, the
            scheduler's ``allowed-failures`` says, which for a cluster of our own are the same number.
        tls: The files for ``tls://``.
        patience_seconds: How long to wait for a first worker, or for another when all are gone.

    Raises:
        BadInput: Something is missing, out of its range, or contradicts something else.
    """

    def __init__(
        self,
        scheduler: str = "",
        workers: int | None = None,
        limits: RunLimits | None = None,
        tls: TlsFiles | None = None,
        patience_seconds: float = 300.0,
    ) -> None:
        if importlib.util.find_spec("distributed") is None:
            fix = "pip install 'rewardlab[cluster]'"
            raise BadInput(Problem("--engine", "dask", "the package distributed beside rewardlab", fix))
        problems = []
        if scheduler and not _ADDRESS.fullmatch(scheduler):
            problems.append(Problem("--scheduler", repr(scheduler), "an address as in tls://node1:8786"))
        if scheduler.startswith("tls://") and tls is None:
            problems.append(Problem("--scheduler", repr(scheduler), "--tls-ca, --tls-cert and --tls-key with it"))
        if tls is not None and not scheduler.startswith("tls://"):
            problems.append(Problem("--tls-ca", str(tls.authority), "--scheduler tls://HOST:PORT with it"))
        if scheduler and workers is not None:
            problems.append(Problem("--workers", str(workers), "none: the scheduler has its own workers"))
        if problems:
            raise BadInput(*problems)
        self.scheduler = scheduler
        self.workers = check_workers(workers)
        self.limits = limits or RunLimits()
        self.tls = tls
        self.patience_seconds = patience_seconds

    def run(self, work: Work, jobs: Iterable[Job], preload: Sequence[str] = ()) -> Generator[Event]:
        """Do every job; `Engine.run` says how.

        Raises:
            BadInput: The scheduler cannot be reached.
            ClusterLost: The scheduler went away, or there is no worker.
        """
        with self._connected() as client:
            session = DaskSession(client, work, preload, self.limits, self.patience_seconds)
            waiting = enumerate(jobs)
            try:
                while True:
                    # The next job is taken only when there is a thread for it.
                    while session.has_room() and (taken := next(waiting, None)) is not None:
                        session.submit(*taken)
                        yield Event(taken[0], "started")
                    if session.is_idle():
                        return
                    yield from session.news()
            finally:
                session.cancel()

    @contextmanager
    def _connected(self) -> Iterator[Client]:
        import dask
        from distributed import Client, LocalCluster
        from distributed.security import Security

        with ExitStack() as stack:
            if not self.scheduler:
                stack.enter_context(
                    dask.config.set({"distributed.scheduler.allowed-failures": self.limits.attempts - 1})
                )
                cluster = LocalCluster(
                    n_workers=self.workers,
                    threads_per_worker=1,
                    host="127.0.0.1",
                    dashboard_address="127.0.0.1:0",
                    memory_limit=0,
                    preload=[do_on_worker.__module__],
                    silence_logs=logging.CRITICAL,
                )
                client = stack.enter_context(Client(stack.enter_context(cluster), set_as_default=False))
                yield client
                return
            security = (
                None
                if self.tls is None
                else Security(
                    tls_ca_file=str(self.tls.authority),
                    tls_client_cert=str(self.tls.certificate),
                    tls_client_key=str(self.tls.key),
                    require_encryption=True,
                )
            )
            try:
                client = Client(self.scheduler, timeout=_CONNECT_SECONDS, security=security, set_as_default=False)
            except OSError as fault:
                raise BadInput(
                    Problem("--scheduler", self.scheduler, "a Dask scheduler that answers", f"{fault}")
                ) from None
            yield stack.enter_context(client)
