"""Jobs that die, hang or take too much: each is ended, named and counted; what may go better is tried again."""

from __future__ import annotations

import math
import os
from multiprocessing import connection
from pathlib import Path
from typing import Any

import pytest

from rewardlab.errors import BadInput
from rewardlab.lab.engines import Event, LocalEngine, RunLimits, attempt, guardian
from rewardlab.lab.engines import local as local_engine
from tests.lab.engines.failing_jobs import PRELOAD, do, left_over, noted

KINDS = {
    "raise": "KeyError: 'no such\\nkey' (in _raise, line",
    "exit 0": "its process left with code 0 and no result",
    "exit 1": "its process left with code 1 and no result",
    "die SIGSEGV": "its process died (signal SIGSEGV) in _die, line",
    "hang": "it hung: no sign of progress for 4 s (--silence-limit) in _hang, line",
    "slow": "it took longer than the limit of 6 s (--time-limit) in _slow, line",
    "eat": "MiB, more than the limit of 600 MiB (--memory-limit) in _eat, line",
    "fork": "processes at once, more than the limit of 30 (--process-limit)",
}
"""Each kind of failure, and how it is named."""

LIMITS = RunLimits(seconds=6, memory_mib=600, silent_seconds=4, processes=30, attempts=1)


def events_of(jobs: list[str], limits: RunLimits, workers: int = 2) -> list[Event]:
    """What happens to some jobs."""
    return list(LocalEngine(workers, limits).run(do, jobs, PRELOAD))


@pytest.mark.slow
def test_eight_kinds_of_failure_are_named_and_the_others_finish(tmp_path: Path) -> None:
    jobs = [f"{kind} {tmp_path} 50" if kind == "fork" else kind for kind in KINDS]
    mixed = [job for pair in zip(jobs, [f"count {number}" for number in range(8)], strict=True) for job in pair]
    found = {
        event.index: event for event in events_of(mixed, LIMITS, workers=4) if event.kind in ("finished", "failed")
    }
    for index, (kind, named) in enumerate(KINDS.items()):
        assert found[2 * index].kind == "failed", kind
        assert named in found[2 * index].payload, kind
        assert found[2 * index + 1].payload["job"] == f"count {index}"
    assert len(noted(tmp_path)) >= 25
    assert left_over(noted(tmp_path)) == []


def test_a_job_whose_process_died_is_tried_again_and_the_reason_kept(tmp_path: Path) -> None:
    started, retried, finished = events_of([f"second-time {tmp_path / 'note'} SIGKILL"], RunLimits())
    reason = "its process died (signal SIGKILL); was it out of memory, or killed?"
    assert started == Event(0, "started")
    assert retried == Event(0, "retried", reason)
    assert (finished.kind, finished.detail) == ("finished", reason)


def test_it_is_tried_within_a_cap_and_fails_with_all_reasons(tmp_path: Path) -> None:
    *_, failed = events = events_of(["exit 3"], RunLimits(attempts=3))
    assert [event.kind for event in events] == ["started", "retried", "retried", "failed"]
    assert failed.payload == (
        "its process left with code 3 and no result; something in it calls os._exit (in each of 3 attempts)"
    )


@pytest.mark.parametrize("job", ["raise", "failed", "leave 1", "odd"])
def test_what_raised_would_raise_again(job: str) -> None:
    assert [event.kind for event in events_of([job], RunLimits(attempts=3))] == ["started", "failed"]


def test_the_place_is_the_jobs_own_and_not_that_by_which_it_tells_of_its_progress() -> None:
    telling = f'  File "{connection.__file__}", line 384 in _send\n  File "{guardian.__file__}", line 92 in tell\n'
    own = '  File "/x/town.py", line 7 in step\n  File "/x/learner.py", line 70 in learn\n'
    heads = "Thread 0x1 (most recent call first):\n" + telling + "\nCurrent thread 0x2 (most recent call first):\n"
    assert attempt._place_of(heads + telling + own) == " in step, line 7 of town.py"
    assert attempt._place_of(heads + own) == " in step, line 7 of town.py"
    assert attempt._place_of(heads + telling) == " in _send, line 384 of connection.py"
    assert attempt._place_of("") == ""


def test_reasons_that_differ_are_told_one_by_one() -> None:
    assert local_engine._told([]) == ""
    assert local_engine._told(["died"]) == "died"
    assert local_engine._told(["died", "hung"]) == "attempt 1: died; attempt 2: hung"


def test_where_a_silent_job_hung_is_kept() -> None:
    *_, failed = events_of(["hang"], RunLimits(silent_seconds=2, attempts=1))
    assert "Current thread" in failed.detail
    assert "failing_jobs.py" in failed.detail


def test_a_job_that_never_stops_talking_has_limits_too() -> None:
    *_, failed = events_of([f"count {10**9}"], RunLimits(seconds=2))
    assert failed.payload.startswith("it took longer than the limit of 2 s (--time-limit) in ")


def test_no_process_to_be_had_is_tried_again_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(local_engine, "Attempt", refuse)
    events = events_of(["first", "second"], RunLimits(attempts=2))
    assert [(event.index, event.kind) for event in events] == [
        (index, kind) for index in (0, 1) for kind in ("started", "retried", "failed")
    ]
    assert "no process could be started" in events[-1].payload
    assert os.strerror(11) in events[-1].payload


@pytest.mark.parametrize(
    ("limits", "named"),
    [
        ({"seconds": 0}, r"--time-limit: got 0, expected seconds in \[0.1, 1e9\]"),
        ({"memory_mib": math.nan}, r"--memory-limit: got nan, expected MiB in \[1, 1e9\]"),
        ({"silent_seconds": -1.0}, r"--silence-limit: got -1.0"),
        ({"processes": 0}, r"--process-limit: got 0"),
        ({"attempts": 0}, r"--max-retries: got -1, expected a number of further attempts in \[0, 100\]"),
        ({"seconds": math.inf, "attempts": 102}, r"--time-limit: got inf.*\n--max-retries: got 101"),
    ],
)
def test_limits_are_refused_all_at_once(limits: dict[str, Any], named: str) -> None:
    with pytest.raises(BadInput, match=named):
        RunLimits(**limits)


def test_a_limit_that_cannot_be_seen_to_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_engine, "can_read_processes", lambda: False)
    LocalEngine(1, RunLimits(seconds=5))
    with pytest.raises(BadInput, match=r"--memory-limit.*no /proc"):
        LocalEngine(1, RunLimits(memory_mib=500))
