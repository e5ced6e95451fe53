"""Stores of version 1, as commit f5e8d42 wrote them: renewed as a whole, whenever that is broken off."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

from rewardlab.errors import StoreTaken, StoreUnusable
from rewardlab.lab.store import ResultStore, StoredRun, migration
from tests.lab.forked import ended, fork

OLD = Path(__file__).parent / "version-1.sqlite"
COLUMNS = "identity, state, settings, result, message, provenance"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A copy of the old store."""
    return Path(shutil.copy(OLD, tmp_path / "results.sqlite"))


def rows(path: Path) -> list[tuple[Any, ...]]:
    """What any reader of SQLite finds of it."""
    connection = sqlite3.connect(path)
    found = connection.execute(f"SELECT {COLUMNS} FROM runs ORDER BY identity").fetchall()
    connection.close()
    return found


def version(path: Path) -> int:
    connection = sqlite3.connect(path)
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    return found


def test_an_old_store_is_renewed_and_kept_beside(path: Path) -> None:
    before = rows(path)
    assert [row[1] for row in before] == ["failed", "finished", "finished", "finished"]
    store = ResultStore(path)
    assert rows(path) == before
    assert (version(path), version(path.with_name("results.sqlite.version-1"))) == (2, 1)
    assert rows(path.with_name("results.sqlite.version-1")) == before
    for identity, state, settings, result, message, provenance in before:
        found = store.read(identity)
        assert found == StoredRun(
            identity, state, json.loads(settings), json.loads(result or "{}"), message, json.loads(provenance)
        )
        assert store.standings([identity])[identity].attempts == 0
    assert {file.name for file in path.parent.iterdir() if not file.name.endswith(("-wal", "-shm"))} == {
        "results.sqlite",
        "results.sqlite.version-1",
    }


def test_what_was_only_in_the_log_of_an_old_store_comes_along(path: Path) -> None:
    ready = "import sqlite3, sys, os, signal; c = sqlite3.connect(sys.argv[1]); c.execute('PRAGMA journal_mode = WAL')"
    write = "c.execute('UPDATE runs SET message = ? WHERE state = ?', ('seen', 'failed')); c.commit()"
    # Killed, so that nobody brings the log into the file.
    die = "os.kill(os.getpid(), signal.SIGKILL)"
    subprocess.run([sys.executable, "-c", f"{ready}; {write}; {die}", str(path)], check=False)
    assert path.with_name("results.sqlite-wal").stat().st_size > 0
    ResultStore(path)
    assert [row[4] for row in rows(path)] == ["seen", "", "", ""]


def test_many_processes_that_open_an_old_store_at_once_renew_it_once(path: Path) -> None:
    before = rows(path)
    openers = [fork(lambda: ResultStore(path) and None) for _ in range(10)]
    assert [ended(opener) for opener in openers] == [0] * 10
    assert (version(path), rows(path)) == (2, before)
    assert {file.name for file in path.parent.iterdir() if not file.name.endswith(("-wal", "-shm"))} == {
        "results.sqlite",
        "results.sqlite.version-1",
    }


def kill_at_line(number: int, path: Path) -> Callable[[], None]:
    """Open a store, and die by SIGKILL before the line of that number that is run of the module that renews it."""
    seen = 0

    def at_each_line(frame: FrameType, kind: str, _: object) -> Any:
        nonlocal seen
        if frame.f_code.co_filename != migration.__file__:
            return None
        if kind == "line":
            seen += 1
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)
        return at_each_line

    def body() -> None:
        sys.settrace(at_each_line)
        ResultStore(path)

    return body


def test_a_store_that_another_process_has_renewed_meanwhile_and_works_with_is_left_to_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Both have seen version 1; the other was quicker, and keeps the new store open.
    ResultStore(path)
    working = sqlite3.connect(path)
    assert working.execute("SELECT count(*) FROM runs").fetchone() == (4,)
    monkeypatch.setattr(migration, "_LOCK_SECONDS", 0.2)
    migration.migrate(path)
    assert working.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    working.close()


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_before_any_line_of_it_there_is_one_store_or_the_other(step: int, tmp_path: Path) -> None:
    before, kills, states = rows(OLD), 0, set()
    for number in range(1, 100_000, step):
        path = tmp_path / f"{number}" / "results.sqlite"
        path.parent.mkdir()
        shutil.copy(OLD, path)
        if ended(fork(kill_at_line(number, path))) == 0:
            break
        kills += 1
        assert rows(path) == before
        states.add(version(path))
        store = ResultStore(path)
        assert (version(path), rows(path)) == (2, before)
        assert store.read(before[1][0]) is not None
        assert not list(path.parent.glob("*migrating*"))
    assert states == {1, 2}
    assert kills >= 12


def large_old_store(path: Path, count: int) -> None:
    """An old store with so many finished runs, each as large as a real one."""
    shutil.copy(OLD, path)
    identity, state, settings, result, message, provenance = rows(OLD)[1]
    connection = sqlite3.connect(path)
    with connection:
        connection.executemany(
            "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?)",
            (
                (f"{identity[:20]}{number:012d}", state, settings, result, message, provenance)
                for number in range(count)
            ),
        )
    connection.close()


@pytest.mark.parametrize(("kills", "count"), [(3, 500), pytest.param(20, 500, marks=pytest.mark.slow)])
def test_killed_at_random_moments_of_a_larger_one(kills: int, count: int, tmp_path: Path) -> None:
    large_old_store(tmp_path / "large.sqlite", count)
    before, rng = rows(tmp_path / "large.sqlite"), np.random.default_rng(1)
    shutil.copy(tmp_path / "large.sqlite", tmp_path / "results.sqlite")
    begun = time.monotonic()
    ResultStore(tmp_path / "results.sqlite")
    takes = time.monotonic() - begun
    for moment in rng.uniform(0, takes, size=kills):
        for rest in tmp_path.glob("results.sqlite*"):
            rest.unlink()
        path = Path(shutil.copy(tmp_path / "large.sqlite", tmp_path / "results.sqlite"))
        child = fork(lambda: time.sleep(60) if ResultStore(path) else None)  # noqa: B023
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
        assert ended(child) == -signal.SIGKILL
        assert rows(path) == before
        ResultStore(path)
        assert (version(path), rows(path)) == (2, before)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_store_of_a_hundred_thousand_runs_is_renewed_within_minutes(tmp_path: Path) -> None:
    large_old_store(tmp_path / "results.sqlite", 100_000)
    begun = time.monotonic()
    ResultStore(tmp_path / "results.sqlite")
    takes = time.monotonic() - begun
    print(f"100,000 runs of {(tmp_path / 'results.sqlite').stat().st_size / 1e6:.0f} MB renewed in {takes:.1f} s")
    assert takes < 240
    assert version(tmp_path / "results.sqlite") == 2


def test_a_damaged_old_store_is_refused_and_stays_as_it_is(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096 * 2 : 4096 * 2 + 64] = bytes(64)
    path.write_bytes(content)
    with pytest.raises(StoreUnusable, match="move it away, or restore it from a backup"):
        ResultStore(path)
    assert version(path) == 1


def test_an_old_store_that_somebody_holds_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration, "_LOCK_SECONDS", 0.2)
    holder = sqlite3.connect(path)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreTaken, match=r"database is locked, expected .*; close the program that has it open"):
        ResultStore(path)
    holder.close()
    assert version(path) == 1
    ResultStore(path)
    assert version(path) == 2
