"""Jobs on a Dask cluster end as on local processes, with the same words; the cluster is on this machine here."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rewardlab.errors import BadInput, ClusterLost
from rewardlab.lab.engines import DaskEngine, Event, LocalEngine, RunLimits, dask_session
from rewardlab.lab.engines import dask_engine as dask_module
from tests.lab.engines.failing_jobs import do, left_over, noted

LIMITS = RunLimits(attempts=2, silent_seconds=60)
PRELOAD = ["rewardlab.lab.engines"]


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a cluster with one worker of two threads."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, host="127.0.0.1", dashboard_address="127.0.0.1:0", memory_limit=0,
        silence_logs=logging.CRITICAL,
    ) as cluster:  # fmt: skip
        yield cluster.scheduler_address


@pytest.fixture(scope="module")
def nobody() -> Iterator[str]:
    """The address of a cluster without workers."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster:
        yield cluster.scheduler_address


def last(events: list[Event]) -> dict[int, Event]:
    """How each job ended, wherever."""
    return {event.index: replace(event, place="") for event in events if event.kind in ("finished", "failed")}


def test_every_job_ends_as_on_this_machine_and_says_where_it_was_done(scheduler: str) -> None:
    jobs = ["first", "raise", "exit 3", "bad", "odd", "second"]
    events = list(DaskEngine(scheduler, limits=LIMITS).run(do, jobs, PRELOAD))
    assert last(events) == last(list(LocalEngine(2, LIMITS).run(do, jobs, PRELOAD)))
    assert sorted(event.index for event in events if event.kind == "started") == [*range(6)]
    places = [event.place for event in events if event.kind in ("finished", "failed")]
    assert len(places) == 6
    assert all(place.startswith("tcp://127.0.0.1:") and " on " in place for place in places)


def test_progress_and_further_attempts_are_told(scheduler: str, tmp_path: Path) -> None:
    jobs = [f"second-time {tmp_path / 'note'} SIGKILL", "count 5"]
    events = list(DaskEngine(scheduler, limits=LIMITS).run(do, jobs, PRELOAD))
    reason = "its process died (signal SIGKILL); was it out of memory, or killed?"
    assert Event(0, "retried", reason) in events
    assert last(events)[0].detail == reason
    assert Event(1, "progress", 0) in events


def test_no_more_are_taken_than_the_cluster_has_threads(scheduler: str) -> None:
    taken: list[int] = []

    def jobs() -> Iterator[str]:
        for number in range(5):
            taken.append(number)
            yield f"count {number}"

    ended = 0
    for event in DaskEngine(scheduler).run(do, jobs(), PRELOAD):
        ended += event.kind == "finished"
        assert len(taken) <= ended + 2
    assert ended == 5


def test_leaving_early_ends_the_jobs_and_not_the_cluster(scheduler: str, tmp_path: Path) -> None:
    events = DaskEngine(scheduler).run(do, [f"hang {tmp_path}", f"fork {tmp_path} 2"], PRELOAD)
    assert [next(events).kind, next(events).kind] == ["started", "started"]
    deadline = time.monotonic() + 60
    while len(noted(tmp_path)) < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    events.close()
    assert len(noted(tmp_path)) == 4
    assert left_over(noted(tmp_path)) == []
    assert last(list(DaskEngine(scheduler).run(do, ["after"], PRELOAD)))[0].kind == "finished"


def test_a_worker_of_other_versions_does_nothing(scheduler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_session, "numerical_versions", lambda: {"torch": "9.9"})
    failed = last(list(DaskEngine(scheduler).run(do, ["first"], PRELOAD)))[0]
    assert failed.kind == "failed"
    assert failed.payload.startswith("torch at tcp://127.0.0.1:")
    assert failed.payload.endswith(", expected 9.9")


def test_a_job_that_cannot_be_sent_is_a_failure_of_its_own(scheduler: str) -> None:
    class Stubborn:
        def __reduce__(self) -> Any:
            raise TypeError("no")

    found = last(list(DaskEngine(scheduler).run(do, ["first", Stubborn(), "second"], PRELOAD)))
    assert [found[index].kind for index in range(3)] == ["finished", "failed", "finished"]
    assert found[1].payload.startswith("it cannot be sent to a cluster: ")


def test_a_cluster_without_workers_is_waited_for_and_then_named(nobody: str) -> None:
    taken: list[int] = []
    with pytest.raises(ClusterLost, match=r"the Dask scheduler has had no worker for 0\.3 s"):
        list(DaskEngine(nobody, patience_seconds=0.3).run(do, map(taken.append, range(2)), PRELOAD))
    assert taken == []


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_module, "_CONNECT_SECONDS", 0.3)
    with pytest.raises(
        BadInput, match=r"--scheduler: got tcp://127\.0\.0\.1:1, expected a Dask scheduler that answers"
    ):
        list(DaskEngine("tcp://127.0.0.1:1").run(do, ["first"], PRELOAD))
