"""Stores that are damaged, locked or elsewhere: told in words, and never read wrongly."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rewardlab.errors import StoreTaken, StoreUnusable
from rewardlab.lab.store import (
    Member,
    OwnerWatch,
    ResultStore,
    StoredRun,
    Submitted,
    enter,
    leave,
    store_file,
    this_process,
)
from rewardlab.lab.store.network_folder import network_file_system
from tests.command_line import call
from tests.lab.forked import ended, fork
from tests.lab.small_experiment import small_spec, write_toml

RUNS = [
    StoredRun(f"run{number:029d}", "finished", {"seed": number}, {"score": number / 7, "curve": [number] * 400}, "", {})
    for number in range(30)
]
EXPERIMENT = Submitted(
    "kept",
    {"variants": [{"name": "paid", "reward": "speed"}], "budget_steps": 1000},
    tuple(Member("paid", number, run.identity) for number, run in enumerate(RUNS)),
)


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A store that nobody has open, all of it in one file."""
    path = tmp_path / "whole" / "results.sqlite"
    write_all(path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert [file.name for file in path.parent.iterdir()] == ["results.sqlite"]
    return path


def write_all(path: Path) -> None:
    store = ResultStore(path)
    for run in RUNS:
        store.write(run)
    owner = this_process()
    enter(store, owner, EXPERIMENT, OwnerWatch())
    leave(store, owner)


def read_all(path: Path) -> tuple[int, int]:
    """How many runs are read, and how often the store is refused instead. What is read is right."""
    try:
        store = ResultStore(path)
    except StoreUnusable:
        return 0, 1
    found, refusals = 0, 0
    for run in RUNS:
        try:
            row = store.read(run.identity)
            store.standings([run.identity])
        except StoreUnusable:
            refusals += 1
        else:
            assert row in (None, run)
            found += row is not None
    try:
        assert store.submitted() in ([], [EXPERIMENT])
    except StoreUnusable:
        refusals += 1
    return found, refusals


@pytest.mark.parametrize("count", [40, pytest.param(1000, marks=[pytest.mark.slow, pytest.mark.timeout(1200)])])
@pytest.mark.parametrize("harm", ["cut", "flip"])
def test_a_damaged_store_is_never_read_wrongly(count: int, harm: str, closed: Path, tmp_path: Path) -> None:
    content, rng, refused = closed.read_bytes(), np.random.default_rng(3), 0
    for number in range(count):
        path = tmp_path / f"{number}" / "results.sqlite"
        path.parent.mkdir()
        place = int(rng.integers(len(content)))
        flipped = bytes([content[place] ^ (1 << int(rng.integers(8)))])
        path.write_bytes(content[:place] if harm == "cut" else content[:place] + flipped + content[place + 1 :])
        found, refusals = read_all(path)
        refused += found < len(RUNS) or refusals > 0
        shutil.rmtree(path.parent)
    # Some bytes of a file mean nothing.
    assert refused > count / 3
    print(f"{harm}: {refused} of {count} noticed, none read wrongly")


def test_a_row_that_was_changed_by_hand_is_refused(closed: Path) -> None:
    connection = sqlite3.connect(closed)
    with connection:
        connection.execute("UPDATE runs SET result = replace(result, '1', '2') WHERE identity = ?", (RUNS[1].identity,))
    connection.close()
    store = ResultStore(closed)
    assert store.read(RUNS[0].identity) == RUNS[0]
    with pytest.raises(StoreUnusable) as refused:
        store.read(RUNS[1].identity)
    assert str(refused.value) == (
        f"{closed}: got a row that does not fit its checksum (run {RUNS[1].identity}), expected a results file as"
        " rewardlab wrote it; move it away, or restore it from a backup: without it, all its runs are trained again"
    )


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE members SET seed = 70 WHERE seed = 7",
        "UPDATE members SET variant = 'shaped' WHERE seed = 7",
        "UPDATE members SET identity = (SELECT identity FROM members WHERE seed = 8) WHERE seed = 7",
        "DELETE FROM members WHERE seed = 7",
        "UPDATE experiments SET spec = replace(spec, '1000', '9000')",
        "UPDATE experiments SET spec = substr(spec, 2)",
        "UPDATE experiments SET spec = replace(spec, '1000', 'NaN')",
        "UPDATE experiments SET spec = replace(spec, '1000', replace(hex(zeroblob(50000)), '0', '['))",
    ],
)
def test_an_experiment_that_was_changed_by_hand_is_refused(change: str, closed: Path) -> None:
    assert ResultStore(closed).submitted() == [EXPERIMENT]
    connection = sqlite3.connect(closed)
    with connection:
        connection.execute(change)
    connection.close()
    said = call("status", closed.parent)
    assert (said.code, said.out) == (4, "")
    assert said.err.startswith(f"rewardlab: {closed}: got an experiment that does not fit its checksum ('kept'), ")
    assert len(said.err.splitlines()) == 1


def test_a_damaged_store_ends_the_command_with_code_four(closed: Path, tmp_path: Path) -> None:
    closed.write_bytes(closed.read_bytes()[:5000])
    spec = write_toml(tmp_path / "spec.toml", small_spec())
    said = call("run", spec, "--out", closed.parent)
    assert (said.code, said.out) == (4, "")
    assert said.err.startswith(
        f"rewardlab: {closed}: got database disk image is malformed, expected a results file as "
    )
    assert len(said.err.splitlines()) == 1
    assert len(closed.read_bytes()) == 5000


def test_a_file_that_goes_away_under_a_store_is_noticed(closed: Path) -> None:
    store = ResultStore(closed)
    shutil.move(closed, closed.with_name("moved"))
    with pytest.raises(StoreUnusable, match="got a file that was moved or removed"):
        store.write(RUNS[0])
    ResultStore(closed)
    with pytest.raises(StoreUnusable, match="got a file that was moved or removed"):
        store.write(RUNS[0])


def test_a_store_that_another_program_keeps_locked_is_refused(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_file, "_LOCK_SECONDS", 0.1)
    holder = sqlite3.connect(closed, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreTaken) as refused:
        ResultStore(closed)
    assert refused.value.exit_code == 3
    assert str(refused.value) == (
        f"{closed}: got database is locked, expected a results file that no other program keeps locked;"
        " close the program that has it open, or wait for it"
    )
    holder.execute(
        "INSERT INTO owners (nonce, host, boot, space, process_id, started, spec_hash, heartbeat)"
        " VALUES ('n', 'far', 'b', 's', 77, '1', 'h', 0.0)"
    )
    holder.execute("COMMIT")
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreTaken, match="got database is locked; at work with it: process 77 on far, expected"):
        ResultStore(closed)
    holder.close()
    assert ResultStore(closed).read(RUNS[0].identity) == RUNS[0]


def test_many_read_while_one_writes(tmp_path: Path) -> None:
    path = tmp_path / "results.sqlite"
    write_all(path)

    def read() -> None:
        store = ResultStore(path)
        for number in range(625):
            assert store.read(RUNS[number % len(RUNS)].identity) == RUNS[number % len(RUNS)]

    readers = [fork(read) for _ in range(16)]
    store = ResultStore(path)
    for number in range(100):
        store.write(StoredRun(f"more{number}", "finished", {}, {}, "", {}))
    assert [ended(reader) for reader in readers] == [0] * 16


KINDS = ("nfs", "nfs4", "cifs", "smb3", "lustre", "fuse.sshfs", "9p", "ceph", "gpfs", "wekafs", "fuse.gcsfuse")


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_on_the_network_is_known_as_such(kind: str, tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        f"41 22 0:40 / /disks/far\\040away rw,relatime shared:2 - {kind} server:/export rw,vers=4\n"
        "42 41 8:2 / /disks/far\\040away/near rw - xfs /dev/sdb1 rw\n"
    )
    assert network_file_system(Path("/disks/far away/results/results.sqlite"), mounts) == kind
    assert network_file_system(Path("/disks/far away"), mounts) == kind
    for local in ("/disks/far away/near/results.sqlite", "/disks/far awayness", "/results", "/disks"):
        assert network_file_system(Path(local), mounts) == ""


def test_of_two_file_systems_at_one_place_the_later_counts(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("1 0 0:1 / / rw - nfs4 a:/ rw\n2 1 8:1 / / rw - ext4 /dev/sda1 rw\n")
    assert network_file_system(Path("/results"), mounts) == ""
    assert network_file_system(Path("/results"), tmp_path / "no such file") == ""


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All folders lie on the network."""
    monkeypatch.setattr(store_file, "network_file_system", lambda path: "nfs4")
    return


@pytest.mark.usefixtures("far_away")
def test_on_the_network_no_store_is_made(tmp_path: Path) -> None:
    said = call("run", write_toml(tmp_path / "spec.toml", small_spec()), "--out", tmp_path / "out")
    assert (said.code, said.out) == (4, "")
    assert said.err == (
        f"rewardlab: {tmp_path}/out/results.sqlite: got a network file system (nfs4), expected a local one: the locks"
        " of results are not safe over a network; name a folder on a disk of this machine with --out, and copy it"
        " afterwards\n"
    )
    assert list((tmp_path / "out").iterdir()) == []
