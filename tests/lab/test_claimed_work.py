"""Several processes at one experiment: each run is done once, and all see the same end."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from pathlib import Path
from typing import Any, final

import pytest

from rewardlab.errors import StoreTaken
from rewardlab.lab import Engine, Event, ResultStore, StoredRun, Submitted, at_work
from rewardlab.lab.claimed_work import Task, do_claimed
from rewardlab.lab.engines.engine import Job, Work
from rewardlab.lab.store import Claims, Member, OwnerWatch, enter, this_process
from tests.command_line import call
from tests.lab.forked import ended, fork
from tests.lab.killed_experiment import TABLES, WithinEngine, drive
from tests.lab.small_experiment import small_spec, write_toml

RUNS = tuple(f"run{number}" for number in range(12))
EXPERIMENT = Submitted("small", {}, tuple(Member("one", seed, run) for seed, run in enumerate(RUNS)))


def tasks() -> list[Task]:
    return [Task(run, {"run": run}, run) for run in RUNS]


def slow_echo(job: Job, on_progress: Callable[[int], None]) -> dict[str, Any]:
    time.sleep(0.005)
    return {"of": job}


def row(task: Task, event: Event, seconds: float) -> StoredRun:
    if event.kind == "failed":
        return StoredRun(task.identity, "failed", task.settings, {}, event.payload, {})
    return StoredRun(task.identity, "finished", task.settings, event.payload, "", {"seconds": seconds})


@final
class FailingEngine(Engine):
    """Every job of it fails."""

    def run(self, work: Work, jobs: Iterable[Job], preload: Sequence[str] = ()) -> Generator[Event]:
        """Fail."""
        for index, _ in enumerate(jobs):
            yield Event(index, "started")
            time.sleep(0.002)
            yield Event(index, "failed", "step 7: got reward nan")


def work_together(path: Path, log: Path, engine: Engine, work: Work = slow_echo) -> int:
    """Do the tasks, note which were begun here, and see that all have ended when this is over."""
    store, begun, told = ResultStore(path), [], []
    with at_work(store, EXPERIMENT) as session:
        for task, event in do_claimed(tasks(), session, engine, work, row):
            if event.kind == "started":
                begun.append(task.identity)
            elif event.kind in ("finished", "failed"):
                told.append(task.identity)
    log.write_text("\n".join(begun), encoding="utf-8")
    all_ended = all(store.read(run) is not None for run in RUNS)
    return 0 if all_ended and sorted(told) == sorted(RUNS) else 5


@pytest.mark.parametrize("repeats", [1, pytest.param(20, marks=pytest.mark.slow)])
def test_ten_processes_do_each_run_once(repeats: int, tmp_path: Path) -> None:
    for repeat in range(repeats):
        folder = tmp_path / str(repeat)
        folder.mkdir()
        children = [
            fork(lambda log=folder / str(number), path=folder / "s.sqlite": work_together(path, log, WithinEngine()))  # type: ignore[misc]
            for number in range(10)
        ]
        assert [ended(child) for child in children] == [0] * 10
        begun = [run for number in range(10) for run in (folder / str(number)).read_text().split()]
        assert sorted(begun) == sorted(RUNS)
        store = ResultStore(folder / "s.sqlite")
        assert [store.read(run).result for run in RUNS] == [{"of": run} for run in RUNS]  # type: ignore[union-attr]
        assert {standing.token for standing in store.standings(RUNS).values()} == {1}


def test_a_run_that_fails_is_tried_once_by_all_that_began_before(tmp_path: Path) -> None:
    store = ResultStore(tmp_path / "s.sqlite")
    for number, run in enumerate(RUNS[:6]):
        store.write(StoredRun(run, "failed", {"run": run}, {}, f"earlier {number}", {}))
    gate = tmp_path / "gate"

    def body(number: int) -> int:
        mine = ResultStore(tmp_path / "s.sqlite")
        with at_work(mine, EXPERIMENT) as session:
            work = do_claimed(tasks(), session, FailingEngine(), slow_echo, row)
            first = next(work, None)
            # All have looked how things stand before any of them comes to an end.
            (tmp_path / f"ready{number}").touch()
            while not gate.exists():
                time.sleep(0.001)
            begun = [task.identity for task, event in [first, *work] if event.kind == "started"]  # type: ignore[misc]
        (tmp_path / f"log{number}").write_text("\n".join(begun))
        return 0

    children = [fork(lambda number=number: body(number)) for number in range(4)]  # type: ignore[misc]
    while not all((tmp_path / f"ready{number}").exists() for number in range(4)):
        time.sleep(0.001)
    gate.touch()
    assert [ended(child) for child in children] == [0] * 4
    begun = [run for number in range(4) for run in (tmp_path / f"log{number}").read_text().split()]
    assert sorted(begun) == sorted(RUNS)


def test_who_waits_for_another_try_does_what_is_given_back(tmp_path: Path) -> None:
    store = ResultStore(tmp_path / "s.sqlite")
    store.write(StoredRun(RUNS[0], "failed", {"run": RUNS[0]}, {}, "earlier", {}))
    with at_work(store, EXPERIMENT) as other, at_work(store, EXPERIMENT) as mine:
        waiting = do_claimed(tasks()[:2], mine, WithinEngine(), slow_echo, row)
        first = next(waiting)
        assert (first[0].identity, first[1].kind) == (RUNS[0], "started")
        waiting.close()
        # The same again, but another one is quicker, and gives up; in its words the run has failed earlier.
        token = store.standings(RUNS[:1])[RUNS[0]].token
        for claim in mine.held.values():
            mine.claims.release(claim)
        quicker = other.claims.take(RUNS[0], {}, token)
        assert quicker is not None
        waiting = do_claimed(tasks()[:2], mine, WithinEngine(), slow_echo, row)
        seen = [event.kind for _, event in [next(waiting), next(waiting), next(waiting)]]
        assert other.claims.release(quicker)
        ends = [(task.identity, event.kind) for task, event in waiting if event.kind in ("finished", "failed")]
    assert seen == ["started", "finished", "waiting"]
    assert ends == [(RUNS[0], "finished")]


def test_who_waits_takes_over_what_a_killed_process_held(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"

    def hold(job: Job, on_progress: Callable[[int], None]) -> dict[str, Any]:
        (tmp_path / "holds").touch()
        time.sleep(60)
        return {}

    holder = fork(lambda: work_together(path, tmp_path / "first", WithinEngine(), hold))
    while not (tmp_path / "holds").exists():
        time.sleep(0.001)
    waiter = fork(lambda: work_together(path, tmp_path / "second", WithinEngine()))
    store = ResultStore(path)
    while any(store.read(run) is None for run in RUNS[1:]):
        time.sleep(0.01)
    assert store.standings(RUNS[:1])[RUNS[0]].state == "running"
    os.killpg(holder, signal.SIGKILL)
    assert ended(holder) == -signal.SIGKILL
    assert ended(waiter) == 0
    assert (tmp_path / "second").read_text().split() == [*RUNS[1:], RUNS[0]]
    assert store.standings(RUNS[:1])[RUNS[0]].token == 2


def test_what_another_has_taken_over_is_its_own_to_end(tmp_path: Path) -> None:
    store = ResultStore(tmp_path / "s.sqlite")

    def steal(job: Job, on_progress: Callable[[int], None]) -> dict[str, Any]:
        if job == RUNS[0]:
            with store.file.writing() as connection:
                connection.execute("UPDATE owners SET started = 'before'")
            thief, watch = this_process(), OwnerWatch()
            enter(store, thief, EXPERIMENT, watch)
            claims = Claims(store, thief, watch)
            claim = claims.take(RUNS[0], {})
            assert claim is not None
            assert claims.end(claim, StoredRun(RUNS[0], "finished", {}, {"of": "the thief"}, "", {}))
        return {"of": job}

    with at_work(store, EXPERIMENT) as session:
        told = {
            task.identity: event.payload
            for task, event in do_claimed(tasks(), session, WithinEngine(), steal, row)
            if event.kind == "finished"
        }
    assert told == {RUNS[0]: {"of": "the thief"}} | {run: {"of": run} for run in RUNS[1:]}


def test_whoever_is_stopped_gives_back_what_it_held(tmp_path: Path) -> None:
    store = ResultStore(tmp_path / "s.sqlite")

    def stop(job: Job, on_progress: Callable[[int], None]) -> dict[str, Any]:
        if job == RUNS[2]:
            raise KeyboardInterrupt
        return {"of": job}

    with pytest.raises(KeyboardInterrupt), at_work(store, EXPERIMENT) as session:
        for _ in do_claimed(tasks(), session, WithinEngine(), stop, row):
            pass
    standings = store.standings(RUNS)
    assert [standings[run].state for run in standings] == ["finished", "finished", "waiting"]
    assert standings[RUNS[2]].attempts == 0
    with store.file.reading() as connection:
        assert connection.execute("SELECT count(*) FROM owners").fetchone() == (0,)


def test_several_processes_make_the_tables_of_one(tmp_path: Path) -> None:
    children = [fork(lambda: drive(str(tmp_path), "", WithinEngine())) for _ in range(4)]
    assert [ended(child) for child in children] == [0] * 4
    alone = tmp_path / "alone"
    assert ended(fork(lambda: drive(str(alone), "", WithinEngine()))) == 0
    for name in TABLES:
        assert (tmp_path / name).read_bytes() == (alone / name).read_bytes()


def content(folder: Path) -> dict[str, str]:
    """The hash of every file of a folder, but not of SQLite's own notes on who reads at the moment."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith("-shm")
    }


def test_another_spec_is_refused_while_one_is_worked_on_and_nothing_is_touched(tmp_path: Path) -> None:
    out = tmp_path / "out"

    def hold() -> int:
        store = ResultStore(out / "results.sqlite")
        with at_work(store, EXPERIMENT):
            (tmp_path / "holds").touch()
            time.sleep(60)
        return 0

    holder = fork(hold)
    while not (tmp_path / "holds").exists():
        time.sleep(0.001)
    before = content(out)
    for name in ("small", "large"):
        said = call("run", write_toml(tmp_path / "spec.toml", small_spec(name=name)), "--out", out)
        assert (said.code, said.out) == (3, "")
        assert said.err == (
            f"rewardlab: {out}: got another experiment, which process {holder} on {this_process().host} is working on,"
            f" expected a folder that nobody else works in, for '{name}'; choose another folder with --out\n"
        )
    assert content(out) == before
    os.killpg(holder, signal.SIGKILL)
    ended(holder)
    said = call("run", write_toml(tmp_path / "spec.toml", small_spec(name="large")), "--out", out)
    assert said.code == 3
    assert said.err == (
        f"rewardlab: {out}: got the results of 'small', expected a folder for 'large'; choose another folder with"
        " --out\n"
    )
    with pytest.raises(StoreTaken), at_work(ResultStore(out / "results.sqlite"), Submitted("large", {}, ())):
        pass
