"""Choosing an engine by its name, and refusing settings that belong to another."""

from __future__ import annotations

from pathlib import Path

from rewardlab.errors import BadInput, Problem, one_of
from rewardlab.lab.engines.dask_engine import DaskEngine, TlsFiles
from rewardlab.lab.engines.engine import Engine
from rewardlab.lab.engines.limits import RunLimits
from rewardlab.lab.engines.local import LocalEngine

__all__ = ["ENGINES", "make_engine"]

ENGINES = ("local", "dask")
"""Processes of this machine; a Dask cluster, of this machine or of many."""


def make_engine(
    name: str = "local",
    *,
    workers: int | None = None,
    limits: RunLimits | None = None,
    scheduler: str = "",
    tls_authority: Path | None = None,
    tls_certificate: Path | None = None,
    tls_key: Path | None = None,
) -> Engine:
    """Make an engine.

    Args:
        name: One of `ENGINES`.
        workers: The processes at once on this machine; as many as there are cores by default.
        limits: Of each run.
        scheduler: For ``dask``, the address of a cluster that is there already.
        tls_authority: For ``dask``, the certificate of who signed all the others.
        tls_certificate: For ``dask``, our own.
        tls_key: For ``dask``, our private key.

    Raises:
        BadInput: The engine is unknown or not installed, or a setting is wrong, missing, or of another engine.
    """
    files = {"--tls-ca": tls_authority, "--tls-cert": tls_certificate, "--tls-key": tls_key}
    given = {flag: str(path) for flag, path in files.items() if path is not None}
    if name not in ENGINES:
        raise BadInput(one_of("--engine", name, ENGINES, "engine"))
    if name == "local":
        strange = given | ({"--scheduler": scheduler} if scheduler else {})
        if strange:
            raise BadInput(*(Problem(flag, value, "--engine dask with it") for flag, value in strange.items()))
        return LocalEngine(workers, limits)
    if tls_authority is None or tls_certificate is None or tls_key is None:
        if given:
            missing = [flag for flag, path in files.items() if path is None]
            raise BadInput(*(Problem(flag, "nothing", "a PEM file: the three go together") for flag in missing))
        return DaskEngine(scheduler, workers, limits)
    return DaskEngine(scheduler, workers, limits, TlsFiles(tls_authority, tls_certificate, tls_key))
