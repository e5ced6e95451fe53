"""Whoever is killed, nothing is left: neither jobs, nor what they have started, nor what started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rewardlab.lab.engines import LocalEngine, RunLimits
from rewardlab.lab.engines.processes import family
from tests.lab.engines.dask_processes import ROOT, with_our_code
from tests.lab.engines.failing_jobs import PRELOAD, alive, do, left_over, noted

DRIVER = """
import sys
from rewardlab.lab.engines import LocalEngine
from tests.lab.engines.failing_jobs import do

if __name__ == "__main__":
    list(LocalEngine(2).run(do, sys.argv[1:], ["rewardlab.lab.engines"]))
"""


def kill(driver: int, jobs: list[int]) -> None:
    """The driver alone."""
    os.kill(driver, signal.SIGKILL)


def kill_group(driver: int, jobs: list[int]) -> None:
    """The driver and all that is still in its group."""
    os.killpg(driver, signal.SIGKILL)


def kill_with_guardians(driver: int, jobs: list[int]) -> None:
    """The driver, and before it can notice whoever looks after its jobs."""
    guardians = [parent(job) for job in jobs]
    os.kill(driver, signal.SIGSTOP)
    for pid in [*guardians, driver]:
        os.kill(pid, signal.SIGKILL)


def parent(pid: int) -> int:
    """Of a process."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.parametrize(
    ("how", "jobs", "processes"),
    [
        (kill, ["fork {} 4", "hang {}"], 6),
        (kill_group, ["fork {} 4", "hang {}"], 6),
        pytest.param(kill_with_guardians, ["hang {}", "hang {}"], 2, marks=pytest.mark.slow),
    ],
)
def test_no_process_outlives_its_driver(
    how: Callable[[int, list[int]], None], jobs: list[str], processes: int, tmp_path: Path
) -> None:
    script, notes = tmp_path / "driver.py", tmp_path / "notes"
    script.write_text(DRIVER)
    notes.mkdir()
    words = [job.format(notes) for job in jobs]
    driver = subprocess.Popen([sys.executable, script, *words], start_new_session=True, cwd=ROOT, env=with_our_code())
    try:
        _wait_for(processes, notes)
        pids = [*family(driver.pid), *noted(notes)]
        assert len(set(pids)) >= processes + 3  # the fork server, and two guardians
        how(driver.pid, noted(notes))
        driver.wait(30)
        assert left_over(pids) == []
    finally:
        for pid in filter(alive, [driver.pid, *noted(notes)]):
            os.kill(pid, signal.SIGKILL)
        driver.wait()


def test_a_job_whose_guardian_is_killed_ends_with_what_it_started(tmp_path: Path) -> None:
    def kill_guardian() -> None:
        _wait_for(4, tmp_path)
        for pid in noted(tmp_path):
            if parent(pid) not in noted(tmp_path):
                os.kill(parent(pid), signal.SIGKILL)

    killer = threading.Thread(target=kill_guardian)
    killer.start()
    *_, failed = LocalEngine(1, RunLimits(attempts=1)).run(do, [f"fork {tmp_path} 3 stay"], PRELOAD)
    killer.join()
    assert failed.payload == "its process died (signal SIGKILL); was it out of memory, or killed?"
    assert len(noted(tmp_path)) == 4
    assert left_over(noted(tmp_path)) == []


def _wait_for(count: int, folder: Path, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while len(noted(folder)) < count and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(noted(folder)) == count
