"""Jobs in processes of their own: each ends in one event that says how, and none takes another with it."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rewardlab.errors import BadInput, Problem, RunFailed
from rewardlab.lab.engines import Event, LocalEngine, check_workers

Progress = Callable[[int], None]
PRELOAD = ["rewardlab.agents.preload", "rewardlab.lab"]


def do(job: str, on_progress: Progress) -> dict[str, Any]:
    """One job of each kind, named by a word."""
    kind, _, argument = job.partition(" ")
    if kind == "bad":
        raise BadInput(Problem("here", "this", "that\n  and more"), Problem("there", "x", "y"))
    if kind == "failed":
        raise RunFailed("step 7: got reward nan")
    if kind == "raise":
        raise KeyError("no such\nkey")
    if kind == "leave":
        sys.exit(int(argument))
    if kind == "exit":
        os._exit(int(argument))
    if kind == "die":
        os.kill(os.getpid(), signal.Signals[argument])
    if kind == "torn":
        # Half a message: the header promises a thousand bytes.
        os.write(on_progress.__closure__[0].cell_contents.fileno(), struct.pack("!i", 1000) + b"half")  # type: ignore[attr-defined]
        os._exit(4)
    if kind == "odd":
        return {"not": lambda: "picklable"}
    if kind == "sleep":
        Path(argument).write_text(str(os.getpid()))
        time.sleep(60)
    if kind == "count":
        for number in range(int(argument)):
            on_progress(number)
    return {"job": job, "big": "x" * (5_000_000 if kind == "big" else 1)}


def ends(jobs: list[str], workers: int = 2) -> dict[int, tuple[str, Any]]:
    """The last event of each job; every job has started once and ended once."""
    events = list(LocalEngine(workers).run(do, jobs, PRELOAD))
    for kinds in (("started",), ("finished", "failed")):
        assert sorted(event.index for event in events if event.kind in kinds) == list(range(len(jobs)))
    return {event.index: (event.kind, event.payload) for event in events if event.kind in ("finished", "failed")}


@pytest.mark.parametrize(
    ("job", "line"),
    [
        ("bad", "here: got this, expected that and more there: got x, expected y"),
        ("failed", "step 7: got reward nan"),
        ("raise", r"KeyError: 'no such\nkey' (in do, line ... of test_local_engine.py)"),
        ("leave 5", "its process died (code 5); was it out of memory, or killed?"),
        ("exit 0", "its process died (code 0); was it out of memory, or killed?"),
        ("exit 3", "its process died (code 3); was it out of memory, or killed?"),
        ("die SIGKILL", "its process died (signal SIGKILL); was it out of memory, or killed?"),
        ("die SIGSEGV", "its process died (signal SIGSEGV); was it out of memory, or killed?"),
        ("torn", "its process died (code 4); was it out of memory, or killed?"),
    ],
)
def test_a_job_that_fails_says_how_and_its_siblings_finish(job: str, line: str) -> None:
    found = ends(["first", job, "second", "third"])
    kind, said = found[1]
    assert (kind, re.sub(r"line \d+ of", "line ... of", said)) == ("failed", line)
    assert {index for index, (kind, _) in found.items() if kind == "finished"} == {0, 2, 3}


def test_a_result_that_cannot_be_sent_is_a_failure() -> None:
    kind, line = ends(["odd"])[0]
    assert kind == "failed"
    assert "pickle" in line


def test_results_come_back_whatever_their_size() -> None:
    found = ends(["big"])
    assert len(found[0][1]["big"]) == 5_000_000


def test_progress_is_told_in_order_and_all_of_it() -> None:
    events = list(LocalEngine(2).run(do, ["count 3000", "count 2000"], PRELOAD))
    for index, count in enumerate((3000, 2000)):
        told = [event.payload for event in events if event.index == index and event.kind == "progress"]
        assert told == list(range(count))


@pytest.mark.parametrize("workers", [1, 2, 16])
def test_results_do_not_depend_on_the_number_of_workers(workers: int) -> None:
    jobs = [f"job{number}" for number in range(6)]
    assert ends(jobs, workers) == {index: ("finished", {"job": job, "big": "x"}) for index, job in enumerate(jobs)}


def test_no_more_run_at_once_than_there_are_workers() -> None:
    running, most = set[int](), 0
    for event in LocalEngine(2).run(do, [f"job{number}" for number in range(5)], PRELOAD):
        (running.add if event.kind == "started" else running.discard)(event.index)
        most = max(most, len(running))
    assert most == 2


def test_nothing_to_do_is_done_at_once() -> None:
    assert list(LocalEngine(2).run(do, [], PRELOAD)) == []


def test_leaving_early_leaves_no_process_behind(tmp_path: Path) -> None:
    notes = [tmp_path / "one", tmp_path / "two"]
    events = LocalEngine(2).run(do, [f"sleep {note}" for note in notes], PRELOAD)
    assert [next(events).kind, next(events).kind] == ["started", "started"]
    deadline = time.monotonic() + 30
    while not all(note.exists() and note.read_text() for note in notes) and time.monotonic() < deadline:
        time.sleep(0.02)
    begun = time.monotonic()
    events.close()
    assert time.monotonic() - begun < 20  # the jobs would sleep for a minute
    assert multiprocessing.active_children() == []
    for note in notes:
        with pytest.raises(ProcessLookupError):
            os.kill(int(note.read_text()), 0)


def test_workers_are_counted_and_bounded() -> None:
    assert check_workers(3) == 3
    assert 1 <= check_workers(None) <= (os.cpu_count() or 1)
    for workers in (0, -1, 257, 1000):
        with pytest.raises(BadInput, match=rf"--workers: got {workers}, expected a number of processes in \[1, 256\]"):
            check_workers(workers)


def test_an_event_tells_its_job_and_kind() -> None:
    assert Event(2, "started").payload is None
