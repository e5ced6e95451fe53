"""What the store has taken is there, whenever its writer is killed."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import numpy as np
import pytest

from rewardlab.lab import ResultStore, StoredRun
from tests.lab.forked import ended, fork


def write(path: Path, prefix: str, count: int, tell: Callable[[str], None]) -> None:
    """Write runs, and tell of each that the store has acknowledged."""
    store = ResultStore(path)
    tell("ready")
    for number in range(count):
        # Each run fails first and finishes then, so that rows are both added and replaced.
        store.write(StoredRun(f"{prefix}-{number}", "failed", {}, {}, "once", {}))
        store.write(StoredRun(f"{prefix}-{number}", "finished", {}, {"curve": [number] * 300}, "", {}))
        tell(str(number))


def writer(path: Path, prefix: str, count: int) -> tuple[int, TextIO]:
    """Begin to write in another process: its number, and what it tells."""
    told, tells = os.pipe()

    def body() -> None:
        os.close(told)
        write(path, prefix, count, lambda word: os.write(tells, f"{word}\n".encode()) and None)

    child = fork(body)
    os.close(tells)
    return child, os.fdopen(told)


def kill_while_writing(path: Path, prefix: str, at_least: int, seconds: float) -> list[int]:
    """Kill a writing process a while after some acknowledgements; return the runs that the store acknowledged to it."""
    child, told = writer(path, prefix, 1_000_000)
    with told:
        assert told.readline() == "ready\n"
        first = "".join(told.readline() for _ in range(at_least))
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        assert ended(child) == -signal.SIGKILL
        # A line may be cut short by the kill; a whole one was acknowledged.
        return [int(line) for line in (first + told.read()).splitlines(keepends=True) if line.endswith("\n")]


def require_all(path: Path, acknowledged: dict[str, list[int]]) -> None:
    """Every acknowledged run is there, finished and whole; none is there twice; the file is sound."""
    store = ResultStore(path)
    for prefix, numbers in acknowledged.items():
        for number in numbers:
            row = store.read(f"{prefix}-{number}")
            assert row is not None
            assert (row.state, row.result) == ("finished", {"curve": [number] * 300})
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    total, distinct = connection.execute("SELECT count(*), count(DISTINCT identity) FROM runs").fetchone()
    connection.close()
    written = sum(map(len, acknowledged.values()))
    # Each kill may have left one run of which the writer never heard back.
    assert written <= total <= written + len(acknowledged)
    assert total == distinct


@pytest.mark.parametrize(("kills", "longest"), [(25, 0.1), pytest.param(50, 0.5, marks=pytest.mark.slow)])
def test_no_acknowledged_run_is_lost_or_doubled(kills: int, longest: float, tmp_path: Path) -> None:
    path, rng = tmp_path / "results.sqlite", np.random.default_rng(0)
    acknowledged = {}
    for turn, moment in enumerate(rng.uniform(0, longest, size=kills)):
        # A busy machine may write little in that time, so some are waited for.
        acknowledged[f"writer{turn}"] = kill_while_writing(path, f"writer{turn}", turn % 3, moment)
        assert len(acknowledged[f"writer{turn}"]) >= turn % 3
    require_all(path, acknowledged)


def test_two_processes_share_a_store(tmp_path: Path) -> None:
    path, names = tmp_path / "results.sqlite", ("one", "two")
    writers = [writer(path, name, 25) for name in names]
    assert [ended(child) for child, _ in writers] == [0, 0]
    for _, told in writers:
        with told:
            assert len(told.readlines()) == 26
    require_all(path, {name: list(range(25)) for name in names})
