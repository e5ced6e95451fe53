"""A disk that is full or may not be written: told, nothing lost, and as soon as there is room it goes on."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SMALL_DISK = """
import os, shutil, subprocess, sys
from pathlib import Path
disk = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={sys.argv[2]}", "none", disk], check=True)
"""
FILL = """
from rewardlab.errors import StoreUnusable
from rewardlab.lab.store import ResultStore, StoredRun

store, kept, filler = ResultStore(disk / "results.sqlite"), [], disk / "filler"
refusals = 0
for turn, left in enumerate((4, 8, 16, 20, 32, 48, 64, 100, 150, 200)):
    free = shutil.disk_usage(disk).free
    filler.write_bytes(bytes(max(0, free - left * 1024)))
    for number in range(60):
        run = StoredRun(f"{turn}-{number}", "finished", {}, {"curve": [number] * 500}, "", {})
        try:
            store.write(run)
        except StoreUnusable as refused:
            assert refused.exit_code == 4
            assert str(disk / "results.sqlite") in str(refused) and "bytes free)" in str(refused), refused
            assert "make room: what is finished is kept" in str(refused)
            refusals += 1
            break
        kept.append(run)
    filler.unlink()
    assert all(store.read(run.identity) == run for run in kept)
    # There is room again.
    store.write(StoredRun(f"{turn}-after", "finished", {}, {}, "", {}))
    with store.file.writing() as connection:
        # No more than the test has room for.
        connection.execute("DELETE FROM runs WHERE identity LIKE ?", (f"{turn}-%",))
    kept = [run for run in kept if not run.identity.startswith(f"{turn}-")]
assert ResultStore(disk / "results.sqlite").read("nothing") is None
print(refusals)
"""
READ_ONLY = """
from tests.command_line import call
from tests.lab.small_experiment import small_spec, write_toml
spec = write_toml(disk / "spec.toml", small_spec())
for folder in ("empty", "begun"):
    (disk / folder).mkdir()
from rewardlab.lab.store import ResultStore
ResultStore(disk / "begun" / "results.sqlite")
subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
for folder in ("new", "empty", "begun"):
    said = call("run", spec, "--out", disk / folder)
    print(said.code, said.out, said.err, end="")
"""

WHOLE = """
from tests.command_line import call
from tests.lab.small_experiment import small_spec, write_toml
algorithm = {"name": "q_learning", "num_envs": 10, "settings": {"gamma": 0.97}}
spec = write_toml(disk / "spec.toml", small_spec(seeds=[0], algorithm=algorithm))
filler = disk / "filler"
for left in (0, 150):
    filler.write_bytes(bytes(shutil.disk_usage(disk).free - left * 1024))
    said = call("run", spec, "--out", disk / "out")
    print(said.code, said.err, end="")
    filler.unlink()
said = call("run", spec, "--out", disk / "out")
print(said.code, said.err)
"""


@cache
def may_mount() -> bool:
    """Whether this user may mount a small disk of its own, within a name space."""
    try:
        return (
            subprocess.run(["unshare", "-Urm", "mount", "-t", "tmpfs", "none", "/media"], check=False).returncode == 0
        )
    except FileNotFoundError:
        return False


def on_a_small_disk(code: str, disk: Path, size: str = "2m") -> str:
    """What a program prints that sees a folder as a disk of its own, of that size."""
    if not may_mount():
        pytest.skip("no name space in which a disk can be mounted")
    command = ["unshare", "-Urm", sys.executable, "-c", SMALL_DISK + code, str(disk), size]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_full_disk_is_told_and_costs_no_result(tmp_path: Path) -> None:
    assert 5 <= int(on_a_small_disk(FILL, tmp_path)) <= 10


def test_a_disk_that_may_not_be_written_is_told_before_anything_runs(tmp_path: Path) -> None:
    lines = on_a_small_disk(READ_ONLY, tmp_path).splitlines()
    assert len(lines) == 3
    for line, folder in zip(lines, ("new", "empty", "begun"), strict=True):
        assert line.startswith(f"4  rewardlab: {tmp_path}/{folder}/results.sqlite: got ")
        assert line.endswith("expected a results file that can be written; make this folder writable, or take another"
                             " one; `rewardlab run` has --out for it")  # fmt: skip


@pytest.mark.slow
def test_an_experiment_on_a_full_disk_goes_on_when_there_is_room(tmp_path: Path) -> None:
    # The page alone takes five.
    first, second, third = on_a_small_disk(WHOLE, tmp_path, "16m").splitlines()
    for line in (first, second):
        assert line.startswith("4 rewardlab: ")
        assert line.endswith(
            ("what is finished is kept, and the same command goes on from there", "; what is finished is kept")
        )
    assert third == "0 "
