"""An experiment that is killed again and again ends as if nothing had been: nothing lost or twice, the same bytes."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.lab.forked import ended, fork
from tests.lab.killed_experiment import MOMENTS, TABLES, WithinEngine, drive, start, tabular_plan

GIVE_UP = 40
Begin = Callable[[Path, str], int]
"""Begins to work on the experiment in a folder, to die at a moment; returns the number of the process."""


def within(folder: Path, moment: str) -> int:
    """In a copy of this process, which does the runs itself. `start` does it as `rewardlab run` does."""
    return fork(lambda: drive(str(folder), moment, WithinEngine()))


begins = pytest.mark.parametrize("begin", [within, pytest.param(start, marks=pytest.mark.slow)])


def finish(begin: Begin, folder: Path) -> None:
    """Run the same command until it says that all is well."""
    for _ in range(GIVE_UP):
        if ended(begin(folder, "")) == 0:
            return
    pytest.fail("it never ends")


def tables(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in TABLES}


def require_whole(folder: Path, expected: dict[str, bytes]) -> None:
    """Every run is there, once and finished; the tables are those of an experiment that was left alone."""
    connection = sqlite3.connect(folder / "results.sqlite")
    rows = connection.execute("SELECT identity, state FROM runs ORDER BY identity").fetchall()
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    assert rows == sorted((run.identity, "finished") for run in tabular_plan().runs)
    assert tables(folder) == expected
    # Neither checkpoints nor halves of files are left.
    allowed = {*TABLES, "provenance.json", "results.sqlite"}
    assert {file.name for file in folder.iterdir() if not file.name.endswith(("-wal", "-shm"))} == allowed


@pytest.fixture(scope="module")
def left_alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The tables of an experiment that nobody kills."""
    tabular_plan()
    folder = tmp_path_factory.mktemp("left_alone")
    assert ended(within(folder, "")) == 0
    return tables(folder)


@begins
def test_killed_at_each_step_of_one_experiment(begin: Begin, left_alone: dict[str, bytes], tmp_path: Path) -> None:
    for moment in MOMENTS:
        # A moment that is not reached would be no test of it.
        assert ended(begin(tmp_path, moment)) == -signal.SIGKILL, moment
    finish(begin, tmp_path)
    require_whole(tmp_path, left_alone)


@pytest.mark.parametrize(
    ("begin", "kills"),
    [(within, 3), pytest.param(start, 50, marks=pytest.mark.slow)],
)
@pytest.mark.timeout(1200)
def test_killed_at_random_moments(begin: Begin, kills: int, left_alone: dict[str, bytes], tmp_path: Path) -> None:
    begun = time.monotonic()
    assert ended(begin(tmp_path / "0", "")) == 0
    takes, done, lives = time.monotonic() - begun, 0, 1
    require_whole(tmp_path / "0", left_alone)
    rng = np.random.default_rng(0)
    while done < kills:
        folder = tmp_path / str(lives)
        process = begin(folder, "")
        time.sleep(rng.uniform(0, takes))
        if os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            os.killpg(process, signal.SIGKILL)
            done += 1
        if ended(process) == 0:
            # It was done before the blow; the next begins from nothing.
            require_whole(folder, left_alone)
            lives += 1
    finish(begin, folder)
    require_whole(folder, left_alone)
    print(f"{done} kills in {lives} experiments, of {takes:.1f} s if left alone")
