"""Jobs in processes of their own: each ends in one event that says how, and none takes another with it."""

from __future__ import annotations

import multiprocessing
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rewardlab.errors import BadInput
from rewardlab.lab.engines import Event, LocalEngine, RunLimits, check_workers
from tests.lab.engines.failing_jobs import PRELOAD, alive, do, noted

ONCE = RunLimits(attempts=1)


def ends(jobs: list[Any], workers: int = 2, limits: RunLimits = ONCE) -> dict[int, Event]:
    """The last event of each job; every job has started once and ended once."""
    events = list(LocalEngine(workers, limits).run(do, jobs, PRELOAD))
    for kinds in (("started",), ("finished", "failed")):
        assert sorted(event.index for event in events if event.kind in kinds) == list(range(len(jobs)))
    return {event.index: event for event in events if event.kind in ("finished", "failed")}


@pytest.mark.parametrize(
    ("job", "line", "behind"),
    [
        ("bad", "here: got this, expected that and more there: got x, expected y", "in _bad"),
        ("failed", "step 7: got reward nan", "in _failed"),
        ("raise", r"KeyError: 'no such\nkey' (in _raise, line ... of failing_jobs.py)", "in _raise"),
        ("leave 0", "SystemExit: 0 (in _leave, line ... of failing_jobs.py)", "in _leave"),
        ("exit 0", "its process left with code 0 and no result; something in it calls os._exit", ""),
        ("exit 3", "its process left with code 3 and no result; something in it calls os._exit", ""),
        ("torn", "its process left with code 4 and no result; something in it calls os._exit", ""),
        ("die SIGKILL", "its process died (signal SIGKILL); was it out of memory, or killed?", ""),
        ("die SIGTERM", "its process died (signal SIGTERM); was it out of memory, or killed?", ""),
        (
            "crash",
            "its process died (signal SIGSEGV) in string_at, line ... of __init__.py; compiled code crashed",
            "in _crash",
        ),
    ],
)
def test_a_job_that_fails_says_how_and_its_siblings_finish(job: str, line: str, behind: str) -> None:
    found = ends(["first", job, "second"])
    assert (found[1].kind, re.sub(r"line \d+ of", "line ... of", found[1].payload)) == ("failed", line)
    assert behind in found[1].detail
    assert bool(behind) == bool(found[1].detail)
    assert {index for index, event in found.items() if event.kind == "finished"} == {0, 2}


def test_a_result_that_cannot_be_sent_is_a_failure() -> None:
    end = ends(["odd"])[0]
    assert end.kind == "failed"
    assert "pickle" in end.payload


def test_a_job_that_cannot_be_sent_is_a_failure_of_its_own() -> None:
    found = ends(["first", threading.Lock(), "second"])
    assert [found[index].kind for index in range(3)] == ["finished", "failed", "finished"]
    assert found[1].payload.startswith("it cannot be sent to a process: TypeError: cannot pickle")


def test_results_come_back_whatever_their_size() -> None:
    assert len(ends(["big"])[0].payload["big"]) == 5_000_000


def test_progress_is_told_in_order_and_all_of_it() -> None:
    events = list(LocalEngine(2).run(do, ["count 3000", "count 2000"], PRELOAD))
    for index, count in enumerate((3000, 2000)):
        told = [event.payload for event in events if event.index == index and event.kind == "progress"]
        assert told == list(range(count))


@pytest.mark.parametrize("workers", [1, 4])
def test_results_do_not_depend_on_the_number_of_workers(workers: int) -> None:
    jobs = [f"job{number}" for number in range(5)]
    found = ends(jobs, workers)
    assert found == {index: Event(index, "finished", {"job": job, "big": "x"}) for index, job in enumerate(jobs)}


def test_no_more_run_at_once_than_there_are_workers_and_none_is_taken_before() -> None:
    taken: list[int] = []

    def jobs() -> Iterator[str]:
        for number in range(5):
            taken.append(number)
            yield f"job{number}"

    running, ended, most = set[int](), 0, 0
    for event in LocalEngine(2).run(do, jobs(), PRELOAD):
        (running.add if event.kind == "started" else running.discard)(event.index)
        ended += event.kind == "finished"
        most = max(most, len(running))
        assert len(taken) <= ended + 2
    assert most == 2


def test_nothing_to_do_is_done_at_once() -> None:
    assert list(LocalEngine(2).run(do, [], PRELOAD)) == []


def test_leaving_early_leaves_no_process_behind(tmp_path: Path) -> None:
    events = LocalEngine(2).run(do, [f"hang {tmp_path}", f"fork {tmp_path} 3"], PRELOAD)
    assert [next(events).kind, next(events).kind] == ["started", "started"]
    deadline = time.monotonic() + 60
    while len(noted(tmp_path)) < 5 and time.monotonic() < deadline:
        time.sleep(0.02)
    begun = time.monotonic()
    events.close()
    assert time.monotonic() - begun < 20
    assert multiprocessing.active_children() == []
    pids = noted(tmp_path)
    assert len(pids) == 5  # the two jobs, and three children, one of them a daemon
    assert [pid for pid in pids if alive(pid)] == []


def test_workers_are_counted_and_bounded() -> None:
    assert check_workers(3) == 3
    assert 1 <= check_workers(None) <= (os.cpu_count() or 1)
    for workers in (0, -1, 257, 1000):
        with pytest.raises(BadInput, match=rf"--workers: got {workers}, expected a number of processes in \[1, 256\]"):
            check_workers(workers)


def test_an_event_tells_its_job_and_kind() -> None:
    assert (Event(2, "started").payload, Event(2, "started").detail) == (None, "")
