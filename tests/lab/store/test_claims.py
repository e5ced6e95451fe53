"""Claims: a run is one process's at a time, comes back from the dead, and is ended once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from rewardlab.errors import StoreTaken
from rewardlab.lab.store import (
    Claim,
    Claims,
    Heartbeat,
    Member,
    Owner,
    OwnerWatch,
    ResultStore,
    StoredRun,
    Submitted,
    beat,
    enter,
    leave,
    this_process,
)
from tests.lab.forked import ended, fork

EXPERIMENT = Submitted("small", {"budget_steps": 5}, (Member("one", 0, "a1"), Member("one", 1, "a2")))
FINISHED = StoredRun("a1", "finished", {"seed": 0}, {"score": 0.1}, "", {"seconds": 1.5})
FAILED = replace(FINISHED, state="failed", result={}, message="step 7: got reward nan")
CLAIMER = """
import sys, time
from pathlib import Path
from rewardlab.lab.store import *
store, owner, watch = ResultStore(Path(sys.argv[1])), this_process(), OwnerWatch()
enter(store, owner, Submitted("small", {"budget_steps": 5}, (Member("one", 0, "a1"), Member("one", 1, "a2"))), watch)
claim = Claims(store, owner, watch).take("a1", {"seed": 0})
print(claim, flush=True)
sys.stdin.readline()
kept = Claims(store, owner, watch).end(claim, StoredRun("a1", "finished", {}, {"score": 0.7}, "", {}))
print(kept, flush=True)
"""


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path / "results.sqlite")


class Worker:
    """A process as the store sees it; several live in this one."""

    def __init__(self, store: ResultStore, watch: OwnerWatch | None = None, max_attempts: int = 3) -> None:
        self.store, self.owner, self.watch = store, this_process(), watch or OwnerWatch()
        enter(store, self.owner, EXPERIMENT, self.watch)
        self.claims = Claims(store, self.owner, self.watch, max_attempts=max_attempts)

    def die(self) -> None:
        """End without a word: another process has its number now."""
        with self.store.file.writing() as connection:
            connection.execute("UPDATE owners SET started = 'before' WHERE nonce = ?", (self.owner.nonce,))

    def take(self, identity: str = "a1", failed_token: int = -1) -> Claim | None:
        return self.claims.take(identity, {"seed": 0}, failed_token)


def test_a_run_is_taken_once_and_ended_once(store: ResultStore) -> None:
    first, second = Worker(store), Worker(store)
    claim = first.take()
    assert claim == Claim("a1", 1, 1)
    assert (first.take(), second.take()) == (None, None)
    assert store.read("a1") is None
    assert first.claims.end(claim, FINISHED)
    assert store.read("a1") == FINISHED
    assert not first.claims.end(claim, replace(FINISHED, result={"score": 0.2}))
    assert (first.take(), second.take()) == (None, None)
    assert store.read("a1") == FINISHED


def test_what_a_dead_process_had_taken_is_taken_over_and_not_ended_by_it(store: ResultStore) -> None:
    first, second = Worker(store), Worker(store)
    claim = first.take()
    assert claim is not None
    first.die()
    taken = second.take()
    assert taken == Claim("a1", 2, 2)
    # It was not dead after all.
    assert not first.claims.end(claim, FAILED)
    assert not first.claims.release(claim)
    assert second.claims.end(taken, FINISHED)
    assert store.read("a1") == FINISHED


def test_a_process_that_has_left_holds_nothing(store: ResultStore) -> None:
    first, second = Worker(store), Worker(store)
    assert first.take() is not None
    leave(store, first.owner)
    assert second.take() == Claim("a1", 2, 2)


def test_the_third_attempt_is_the_last(store: ResultStore) -> None:
    for attempt in (1, 2, 3):
        worker = Worker(store)
        assert worker.take() == Claim("a1", attempt, attempt)
        worker.die()
    last = Worker(store)
    assert last.take() is None
    row = store.read("a1")
    assert row is not None
    assert row.state == "failed"
    assert row.message == (
        "it was begun 3 times, and each time the process that trained it was lost, last"
        f" process {os.getpid()} on {last.owner.host}; run again to try it anew"
    )
    # Who runs it again begins to count anew.
    token = store.standings(["a1"])["a1"].token
    assert last.take(failed_token=token) == Claim("a1", token + 1, 1)


def test_of_many_that_saw_it_fail_one_tries_again(store: ResultStore) -> None:
    first, second = Worker(store), Worker(store)
    claim = first.take()
    assert claim is not None
    assert first.claims.end(claim, FAILED)
    assert first.take() is None
    again = first.take(failed_token=1)
    assert again == Claim("a1", 2, 1)
    assert first.claims.end(again, replace(FAILED, message="step 9: got reward inf"))
    # It has failed anew since this one looked.
    assert second.take(failed_token=1) is None


def test_who_waits_for_another_try_takes_the_run_that_is_given_back(store: ResultStore) -> None:
    first, second = Worker(store), Worker(store)
    claim = first.take()
    assert claim is not None
    assert first.claims.end(claim, FAILED)
    # Both want to try again; the second waits for the first, which is stopped in the middle of it.
    again = first.take(failed_token=1)
    assert again is not None
    assert second.take(failed_token=1) is None
    assert first.claims.release(again)
    assert store.read("a1") == FAILED
    assert second.take(failed_token=1) == Claim("a1", 3, 1)


def test_those_who_do_steps_of_one_search_do_not_keep_each_other_out(store: ResultStore) -> None:
    watch = OwnerWatch()
    enter(store, this_process(), replace(EXPERIMENT, part_of="a search"), watch)
    ahead = replace(EXPERIMENT, spec={"budget_steps": 6}, part_of="a search")
    enter(store, this_process(), ahead, watch)
    for other in (replace(ahead, part_of=""), replace(ahead, part_of="another")):
        with pytest.raises(StoreTaken, match="another experiment, which process"):
            enter(store, this_process(), other, watch)


def test_a_claim_from_before_ends_nothing_also_if_the_same_process_has_the_run_again(store: ResultStore) -> None:
    worker = Worker(store)
    before = worker.take()
    assert before is not None
    assert worker.claims.release(before)
    again = worker.take()
    assert again is not None
    assert not worker.claims.end(before, FAILED)
    assert not worker.claims.release(before)
    assert worker.claims.end(again, FINISHED)
    assert store.read("a1") == FINISHED


def test_what_is_given_back_stands_as_before(store: ResultStore) -> None:
    worker = Worker(store)
    claim = worker.take()
    assert claim is not None
    assert worker.claims.release(claim)
    assert store.read("a1") is None
    assert store.standings(["a1"])["a1"].state == "waiting"
    claim = worker.take()
    assert claim == Claim("a1", 2, 1)
    assert worker.claims.end(claim, FAILED)
    claim = worker.take(failed_token=2)
    assert claim is not None
    assert store.read("a1") is None
    assert worker.claims.release(claim)
    assert store.read("a1") == FAILED


def test_the_silent_are_given_up_and_cannot_end_what_they_had(store: ResultStore) -> None:
    now = [0.0]
    first = Worker(store)
    second = Worker(store, OwnerWatch(30.0, clock=lambda: now[0]))
    claim = first.take()
    assert claim is not None
    for _ in range(6):
        assert second.take() is None
        now[0] += 5
    beat(store, first.owner, EXPERIMENT, {"a1": 123})
    assert second.take() is None
    assert store.standings(["a1"])["a1"].steps == 123
    for _ in range(6):
        now[0] += 5
        taken = second.take()
    assert taken == Claim("a1", 2, 2)
    assert not first.claims.end(claim, FINISHED)


def test_a_heartbeat_says_how_far_a_run_is_until_it_stops(store: ResultStore) -> None:
    worker = Worker(store)
    assert worker.take() is not None
    steps = {"a1": 7}
    with Heartbeat(store, worker.owner, EXPERIMENT, lambda: steps, seconds=0.02):
        deadline = time.monotonic() + 10
        while store.standings(["a1"])["a1"].steps != 7 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert store.standings(["a1"])["a1"].steps == 7
    assert "heartbeat" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system tells less of its processes")
def test_a_killed_process_is_followed_at_once_and_a_stopped_one_when_it_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "results.sqlite"
    store = ResultStore(path)
    stopped = subprocess.Popen(
        [sys.executable, "-c", CLAIMER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert stopped.stdout is not None
    assert stopped.stdout.readline() == "Claim(identity='a1', token=1, attempts=1)\n"
    stopped.send_signal(signal.SIGSTOP)
    now = [0.0]
    worker = Worker(store, OwnerWatch(30.0, clock=lambda: now[0]))
    assert worker.take() is None
    for _ in range(6):
        now[0] += 5
        claim = worker.take()
    assert claim == Claim("a1", 2, 2)
    stopped.send_signal(signal.SIGCONT)
    assert stopped.communicate("end it\n")[0] == "False\n"
    assert worker.claims.end(claim, FINISHED)
    assert store.read("a1") == FINISHED
    with subprocess.Popen(
        [sys.executable, "-c", CLAIMER.replace('"a1", {', '"a2", {'), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "Claim(identity='a2', token=1, attempts=1)\n"
        assert worker.take("a2") is None
        killed.kill()
        killed.wait()
        assert worker.take("a2") == Claim("a2", 2, 2)


@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_the_lock_of_a_killed_process_is_free_within_a_second(kills: int, store: ResultStore) -> None:
    def hold() -> None:
        mine = ResultStore(store.path)
        with mine.file.writing() as connection:
            connection.execute("DELETE FROM runs")
            os.kill(os.getpid(), signal.SIGKILL)

    store.write(FINISHED)
    for number in range(kills):
        assert ended(fork(hold)) == -signal.SIGKILL
        begun = time.monotonic()
        store.write(replace(FINISHED, identity=f"b{number}"))
        assert time.monotonic() - begun < 1.0
    assert store.read("a1") == FINISHED


def test_a_folder_is_about_one_experiment(store: ResultStore) -> None:
    Worker(store)
    before = store.submitted()
    assert before == [EXPERIMENT]
    other = replace(EXPERIMENT, name="large")
    with pytest.raises(StoreTaken) as refused:
        enter(store, this_process(), other, OwnerWatch())
    assert str(refused.value) == (
        f"{store.path.parent}: got another experiment, which process {os.getpid()} on {this_process().host} is working"
        " on, expected a folder that nobody else works in, for 'large'; choose another folder with --out"
    )
    with store.file.writing() as connection:
        connection.execute("DELETE FROM owners")
    with pytest.raises(StoreTaken) as refused:
        enter(store, this_process(), other, OwnerWatch())
    assert str(refused.value) == (
        f"{store.path.parent}: got the results of 'small', expected a folder for 'large'; choose another folder with"
        " --out"
    )
    assert store.submitted() == before


def test_an_experiment_changes_only_while_nobody_works_on_it(store: ResultStore) -> None:
    changed = replace(EXPERIMENT, spec={"budget_steps": 6}, members=EXPERIMENT.members[:1])
    assert changed.spec_hash != EXPERIMENT.spec_hash
    worker = Worker(store)
    with pytest.raises(StoreTaken, match="which process"):
        enter(store, this_process(), changed, OwnerWatch())
    Worker(store)
    worker.die()
    with pytest.raises(StoreTaken, match="which process"):
        enter(store, this_process(), changed, OwnerWatch())
    with store.file.writing() as connection:
        connection.execute("UPDATE owners SET started = 'before'")
    enter(store, this_process(), changed, OwnerWatch())
    assert store.submitted() == [changed]


def test_the_dead_are_forgotten_once_nothing_of_theirs_is_left(store: ResultStore) -> None:
    idle, busy = Worker(store), Worker(store)
    assert busy.take() is not None
    idle.die()
    busy.die()
    worker = Worker(store)
    with store.file.reading() as connection:
        known = {nonce for (nonce,) in connection.execute("SELECT nonce FROM owners")}
    assert known == {busy.owner.nonce, worker.owner.nonce}


def test_an_owner_is_named_by_process_and_machine() -> None:
    assert str(Owner("host", "boot", "space", 1, "2", "nonce")) == "process 1 on host"
