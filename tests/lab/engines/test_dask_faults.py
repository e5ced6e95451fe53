"""A cluster that fails: workers that die, a scheduler or a driver that goes, strangers at the door."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rewardlab.errors import BadInput, ClusterLost
from rewardlab.lab.engines import DaskEngine, RunLimits, TlsFiles, make_engine
from rewardlab.lab.engines import dask_engine as dask_module
from tests.lab.engines.dask_processes import ROOT, address_in, dask, with_our_code
from tests.lab.engines.failing_jobs import do, left_over, noted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PRELOAD = ["rewardlab.lab.engines"]

DRIVER = """
import sys
from rewardlab.lab.engines import DaskEngine
from tests.lab.engines.failing_jobs import do

if __name__ == "__main__":
    list(DaskEngine(*sys.argv[2:]).run(do, [f"fork {sys.argv[1]} 4", f"hang {sys.argv[1]}"], ["rewardlab.lab.engines"]))
"""


@pytest.fixture(autouse=True)
def _needs_dask() -> None:
    pytest.importorskip("distributed")


def test_a_job_that_kills_its_workers_is_named_and_the_others_finish() -> None:
    jobs = ["first", "kill-worker", "second", "third"]
    found = {}
    for event in DaskEngine(workers=2, limits=RunLimits(attempts=2)).run(do, jobs, PRELOAD):
        if event.kind in ("finished", "failed"):
            found[event.index] = event
    assert found[1].payload.startswith("2 Dask workers died while doing it, the last of them tcp://127.0.0.1:")
    assert {index for index, event in found.items() if event.kind == "finished"} == {0, 2, 3}


def test_a_cluster_of_ours_is_gone_afterwards(tmp_path: Path) -> None:
    events = DaskEngine(workers=2).run(do, [f"hang {tmp_path}", f"fork {tmp_path} 2"], PRELOAD)
    assert [next(events).kind, next(events).kind] == ["started", "started"]
    _wait_for(4, tmp_path)
    events.close()
    assert left_over(noted(tmp_path)) == []


@pytest.mark.parametrize("joined", [False, True])
def test_no_job_outlives_a_killed_driver(joined: bool, tmp_path: Path) -> None:
    script, notes, address = tmp_path / "driver.py", tmp_path / "notes", tmp_path / "scheduler.json"
    script.write_text(DRIVER)
    notes.mkdir()
    with (
        dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(address)),
        dask("worker", "--scheduler-file", str(address), "--nthreads", "2", "--host", "127.0.0.1"),
    ):
        words = [sys.executable, script, notes, *([address_in(address)] if joined else [])]
        driver = subprocess.Popen(words, cwd=ROOT, env=with_our_code(), start_new_session=True)
        _wait_for(6, notes)
        os.kill(driver.pid, signal.SIGKILL)
        driver.wait()
        assert left_over(noted(notes)) == []


def test_a_scheduler_that_goes_away_is_named(tmp_path: Path) -> None:
    import dask as dask_library

    address = tmp_path / "scheduler.json"
    with (
        dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(address)) as scheduler,
        dask("worker", "--scheduler-file", str(address), "--nthreads", "2", "--host", "127.0.0.1"),
        dask_library.config.set({"distributed.comm.timeouts.connect": "3s"}),
    ):
        events = DaskEngine(address_in(address)).run(do, [f"hang {tmp_path}"], PRELOAD)
        assert next(events).kind == "started"
        os.killpg(scheduler.pid, signal.SIGKILL)
        with pytest.raises(ClusterLost, match="the Dask scheduler went away"):
            list(events)


def test_tls_lets_in_who_has_a_certificate_and_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, strangers = certificates(tmp_path / "ours"), certificates(tmp_path / "strangers")
    words = [f"--tls-ca-file={ours[0]}", f"--tls-cert={ours[1]}", f"--tls-key={ours[2]}"]
    address = tmp_path / "scheduler.json"
    monkeypatch.setattr(dask_module, "_CONNECT_SECONDS", 5.0)
    with (
        dask("scheduler", "--host", "tls://127.0.0.1", "--port", "0", "--scheduler-file", str(address), *words),
        dask("worker", "--scheduler-file", str(address), "--nthreads", "2", "--host", "tls://127.0.0.1", *words),
    ):
        where = address_in(address)
        assert where.startswith("tls://")
        authority, certificate, key = ours
        engine = make_engine("dask", scheduler=where, tls_authority=authority, tls_certificate=certificate, tls_key=key)
        *_, last = engine.run(do, ["first"], PRELOAD)
        assert last.kind == "finished"
        for refused in (DaskEngine(where, tls=TlsFiles(*strangers)), DaskEngine(where.replace("tls", "tcp"))):
            with pytest.raises(BadInput, match="expected a Dask scheduler that answers"):
                list(refused.run(do, ["first"], PRELOAD))


def certificates(folder: Path) -> tuple[Path, Path, Path]:
    """An authority, and a certificate and key that it has signed; made as `docs/scaling.md` says."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make certificates with")
    folder.mkdir()
    for command in (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=rewardlab-authority -keyout ca.key -out ca.pem",
        "openssl req -newkey rsa:2048 -nodes -subj /CN=rewardlab -keyout node.key -out node.csr",
        "openssl x509 -req -in node.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 365 -out node.pem",
    ):
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return folder / "ca.pem", folder / "node.pem", folder / "node.key"


def _wait_for(count: int, folder: Path, seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while len(noted(folder)) < count and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(noted(folder)) == count
