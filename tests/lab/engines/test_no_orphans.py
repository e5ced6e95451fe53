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
from tests.lab.engines.failing_jobs import PRELOAD, alive, do, left_over, noted

DRIVER = """
import sys
from rewardlab.lab.engines import LocalEngine
from tests.lab.engines.failing_jobs import do

if __name__ == "__main__":
    list(LocalEngine(2).run(do, [f"fork {sys.argv[1]} 4", f"hang {sys.argv[1]}"], ["rewardlab.lab.engines"]))
"""


def kill(driver: subprocess.Popen[bytes]) -> None:
    """The driver alone."""
    driver.kill()


def kill_group(driver: subprocess.Popen[bytes]) -> None:
    """The driver and all that is still in its group."""
    os.killpg(driver.pid, signal.SIGKILL)


@pytest.mark.parametrize("how", [kill, kill_group])
def test_no_process_outlives_its_driver(
    how: Callable[[subprocess.Popen[bytes]], None], tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    script, notes = tmp_path / "driver.py", tmp_path / "notes"
    script.write_text(DRIVER)
    notes.mkdir()
    path = os.pathsep.join([str(pytestconfig.rootpath), os.environ.get("PYTHONPATH", "")])
    driver = subprocess.Popen(
        [sys.executable, script, notes], start_new_session=True, env={**os.environ, "PYTHONPATH": path}
    )
    try:
        deadline = time.monotonic() + 60
        while len(noted(notes)) < 8 and time.monotonic() < deadline:
            time.sleep(0.02)
        pids = [driver.pid, *family(driver.pid), *noted(notes)]
        assert len(noted(notes)) == 8
        assert len(set(pids)) >= 8 + 4  # the driver, the fork server, and two guardians
        how(driver)
        driver.wait(30)
        assert left_over(pids) == []
    finally:
        for pid in filter(alive, [driver.pid, *noted(notes)]):
            os.kill(pid, signal.SIGKILL)
        driver.wait()


def test_a_job_whose_guardian_is_killed_ends_with_what_it_started(tmp_path: Path) -> None:
    def kill_guardian() -> None:
        deadline = time.monotonic() + 60
        while len(noted(tmp_path)) < 4 and time.monotonic() < deadline:
            time.sleep(0.02)
        for pid in noted(tmp_path):
            parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            if parent not in noted(tmp_path):
                os.kill(parent, signal.SIGKILL)

    killer = threading.Thread(target=kill_guardian)
    killer.start()
    *_, failed = LocalEngine(1, RunLimits(attempts=1)).run(do, [f"fork {tmp_path} 3 stay"], PRELOAD)
    killer.join()
    assert failed.payload == "its process died (signal SIGKILL); was it out of memory, or killed?"
    assert len(noted(tmp_path)) == 4
    assert left_over(noted(tmp_path)) == []
