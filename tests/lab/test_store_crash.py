"""What the store has taken is there, whenever its writer is killed."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from rewardlab.lab import ResultStore

WRITER = """
import sys
from pathlib import Path
from rewardlab.lab.store import ResultStore, StoredRun

store, prefix = ResultStore(Path(sys.argv[1])), sys.argv[2]
print("ready", flush=True)
for number in range(int(sys.argv[3])):
    # Each run fails first and finishes then, so that rows are both added and replaced.
    store.write(StoredRun(f"{prefix}-{number}", "failed", {}, {}, "once", {}))
    store.write(StoredRun(f"{prefix}-{number}", "finished", {}, {"curve": [number] * 300}, "", {}))
    print(number, flush=True)
"""


def kill_while_writing(path: Path, prefix: str, at_least: int, seconds: float) -> list[int]:
    """Kill a writing process a while after some acknowledgements; return the runs that the store acknowledged to it."""
    command = [sys.executable, "-c", WRITER, str(path), prefix, "1000000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        first = "".join(writer.stdout.readline() for _ in range(at_least))
        time.sleep(seconds)
        writer.kill()
        # A line may be cut short by the kill; a whole one was acknowledged.
        return [int(line) for line in (first + writer.stdout.read()).splitlines(keepends=True) if line.endswith("\n")]


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


@pytest.mark.parametrize(("kills", "longest"), [(10, 0.15), pytest.param(50, 0.5, marks=pytest.mark.slow)])
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
    commands = [[sys.executable, "-c", WRITER, str(path), name, "25"] for name in names]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    for writer in writers:
        writer.communicate(timeout=60)
    assert [writer.returncode for writer in writers] == [0, 0]
    require_all(path, {name: list(range(25)) for name in names})
