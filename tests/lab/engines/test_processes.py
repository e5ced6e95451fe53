"""What is read of processes: known trees, known sizes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from rewardlab.lab.engines.processes import can_read_processes, family, resident_bytes


def write(
    proc: Path, pid: int, parent: int, session: int, state: str = "S", name: str = "python", pages: int = 0
) -> None:
    """A process as Linux tells of it."""
    (proc / str(pid)).mkdir()
    (proc / str(pid) / "stat").write_text(f"{pid} ({name}) {state} {parent} 7 {session} 0 -1")
    (proc / str(pid) / "statm").write_text(f"9999 {pages} 5 1 0 1 0\n")


def test_a_family_is_all_that_descends_and_all_of_the_session(tmp_path: Path) -> None:
    # 10 leads; 11 and 12 descend; 13 has left the session, 14 is its child; 15 lost its parent; 16 is a stranger's.
    write(tmp_path, 1, 0, 1)
    write(tmp_path, 10, 1, 10)
    write(tmp_path, 11, 10, 10)
    write(tmp_path, 12, 11, 10, name="odd (name) R 1 1 1")
    write(tmp_path, 13, 11, 13)
    write(tmp_path, 14, 13, 13)
    write(tmp_path, 15, 1, 10)
    write(tmp_path, 16, 1, 16)
    write(tmp_path, 17, 10, 10, state="Z")
    (tmp_path / "18").mkdir()  # it has just ended
    (tmp_path / "meminfo").touch()
    assert family(10, tmp_path) == [11, 12, 13, 14, 15]
    assert family(16, tmp_path) == []
    assert family(13, tmp_path) == [14]


def test_memory_of_several_counts_shared_pages_once_where_it_matters(tmp_path: Path) -> None:
    page = os.sysconf("SC_PAGE_SIZE")
    write(tmp_path, 20, 1, 20, pages=100)
    write(tmp_path, 21, 1, 20, pages=100)
    assert resident_bytes([20], proc=tmp_path) == 100 * page
    assert resident_bytes([20, 99], proc=tmp_path) == 100 * page  # 99 is gone
    (tmp_path / "20" / "smaps_rollup").write_text(
        "0-1 ---p 0 00:00 0 [rollup]\nRss:  400 kB\nPss:   220 kB\nPss_Anon: 9 kB\n"
    )
    assert resident_bytes([20, 21], proc=tmp_path) == 220 * 1024 + 100 * page  # what cannot be read counts in full
    assert resident_bytes([20, 21], enough=200 * page, proc=tmp_path) == 200 * page


def test_of_this_machine_it_tells_the_truth() -> None:
    assert can_read_processes()
    held = np.ones(2**24)  # 128 MiB
    assert held.nbytes < resident_bytes([os.getpid()]) < held.nbytes + 2**31
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert child.pid in family(os.getpid())
    child.communicate(b"\n")
    assert child.pid not in family(os.getpid())


def test_a_system_without_such_files_is_known(tmp_path: Path) -> None:
    assert not can_read_processes(tmp_path)
