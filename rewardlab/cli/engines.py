"""The options that say where runs are done and what they may use."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rewardlab.cli.subjects import collected
from rewardlab.errors import BadInput, Problem

if TYPE_CHECKING:
    from rewardlab.agents.guards import GuardSettings
    from rewardlab.lab.engines import Engine
    from rewardlab.lab.spec_tables import LimitsSpec

__all__ = ["add_engine_options", "engine_of", "guards_of"]


def add_engine_options(command: argparse.ArgumentParser) -> None:
    """Add them to a command that trains."""
    command.add_argument("--workers", type=int, metavar="N", help="processes at once (default: all cores)")
    command.add_argument(
        "--engine", choices=("local", "dask"), default="local", help="where runs are done (default: local)"
    )
    command.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="of a Dask cluster (default: one on this machine)"
    )
    command.add_argument("--tls-ca", type=Path, metavar="FILE", help="for tls://, the certificate of the authority")
    command.add_argument("--tls-cert", type=Path, metavar="FILE", help="for tls://, our own certificate")
    command.add_argument("--tls-key", type=Path, metavar="FILE", help="for tls://, our private key")
    command.add_argument("--time-limit", type=float, metavar="SECONDS", help="of each run (default: none)")
    command.add_argument("--memory-limit", type=float, metavar="MIB", help="of each run (default: none)")
    command.add_argument("--process-limit", type=int, metavar="N", help="of each run, with its own (default: none)")
    command.add_argument(
        "--silence-limit",
        type=float,
        metavar="SECONDS",
        help="without a sign of progress, a run is taken to hang (default: 1800)",
    )
    command.add_argument(
        "--max-retries", type=int, metavar="N", help="of a run whose process died or hung (default: 2)"
    )


def engine_of(options: argparse.Namespace, written: LimitsSpec | None = None) -> Engine:
    """The engine that the options ask for; all that is wrong with them, and with those of `guards_of`, is told at once.

    Args:
        options: Those of `add_engine_options`.
        written: The limits in the experiment's file. Options go before them.
    """
    from rewardlab.lab.engines import RunLimits, make_engine

    problems: list[Problem] = []
    limits = engine = None
    with collected(problems):
        guards_of(options)
    chosen = {} if written is None else written.model_dump(exclude_none=True)
    chosen |= {
        key: value
        for key, value in (
            ("seconds", options.time_limit),
            ("memory_mib", options.memory_limit),
            ("silent_seconds", options.silence_limit),
            ("processes", options.process_limit),
            ("attempts", None if options.max_retries is None else options.max_retries + 1),
        )
        if value is not None
    }
    with collected(problems):
        limits = RunLimits(**chosen)
    with collected(problems):
        engine = make_engine(
            options.engine,
            workers=options.workers,
            limits=limits,
            scheduler=options.scheduler,
            tls_authority=options.tls_ca,
            tls_certificate=options.tls_cert,
            tls_key=options.tls_key,
        )
    if problems or engine is None:
        raise BadInput(*problems)
    return engine


def guards_of(options: argparse.Namespace) -> GuardSettings:
    """What ends a run, as ``--largest-number`` wants it."""
    from rewardlab.agents.guards import GuardSettings

    return GuardSettings() if options.largest_number is None else GuardSettings(options.largest_number)
