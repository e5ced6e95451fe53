"""Whatever processes do to a store, and however they die: one row a run, one holder, one end, and none is changed."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from rewardlab.lab.store import (
    Claim,
    Claims,
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

RUNS = ("a1", "a2", "a3")
EXPERIMENT = Submitted("small", {}, tuple(Member("one", seed, run) for seed, run in enumerate(RUNS)))
MAX_ATTEMPTS = 2
# In memory where that is to be had: this is about what is written, not about the disk.
MEMORY = Path("/dev/shm")
run_names = st.sampled_from(RUNS)
which = st.integers(0, 5)


@dataclass
class Process:
    """One that works on the experiment, and what it believes to hold."""

    owner: Owner
    claims: Claims
    held: dict[str, Claim] = field(default_factory=dict)
    lives: bool = True


class StoreMachine(RuleBasedStateMachine):
    """Processes and runs as they should be, beside the store as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.store = ResultStore(self.folder / "results.sqlite")
        self.processes: list[Process] = []
        self.holders: dict[str, Process] = {}  # of each run that is running
        self.attempts = dict.fromkeys(RUNS, 0)
        self.ended: dict[str, StoredRun] = {}
        self.tokens = dict.fromkeys(RUNS, 0)
        self.given_back: set[str] = set()
        self.count = 0

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def any_of(self, number: int) -> Process:
        return self.processes[number % len(self.processes)]

    @precondition(lambda self: len(self.processes) < 6)
    @rule()
    def begin(self) -> None:
        owner, watch = this_process(), OwnerWatch()
        enter(self.store, owner, EXPERIMENT, watch)
        self.processes.append(Process(owner, Claims(self.store, owner, watch, max_attempts=MAX_ATTEMPTS)))

    @precondition(lambda self: self.processes)
    @rule(number=which, run=run_names, retries=st.booleans())
    def claim(self, number: int, run: str, retries: bool) -> None:
        process = self.any_of(number)
        standing = self.store.standings([run]).get(run)
        token = standing.token if retries and standing is not None else -1
        claim = process.claims.take(run, {"run": run}, token)
        holder, end = self.holders.get(run), self.ended.get(run)
        is_orphan = holder is not None and not holder.lives
        if is_orphan and self.attempts[run] >= MAX_ATTEMPTS:
            assert claim is None
            failed = self.store.read(run)
            assert failed is not None
            assert failed.message.startswith(f"it was begun {MAX_ATTEMPTS} times")
            self.ended[run], self.attempts[run] = failed, 0
            del self.holders[run]
        elif is_orphan or (
            # What had failed and was given back was not tried again: whoever waits for that may have it.
            holder is None and (end is None or (end.state == "failed" and (retries or run in self.given_back)))
        ):
            assert claim is not None
            self.given_back.discard(run)
            assert claim.token > self.tokens[run]
            self.tokens[run] = claim.token
            self.attempts[run] += 1
            assert claim.attempts == self.attempts[run]
            self.holders[run] = process
            process.held[run] = claim
        else:
            assert claim is None

    @precondition(lambda self: any(process.held for process in self.processes))
    @rule(data=st.data(), works=st.booleans())
    def end(self, data: st.DataObject, works: bool) -> None:
        process = data.draw(st.sampled_from([process for process in self.processes if process.held]))
        run = data.draw(st.sampled_from(sorted(process.held)))
        self.count += 1
        row = (
            StoredRun(run, "finished", {"run": run}, {"count": self.count}, "", {})
            if works
            else StoredRun(run, "failed", {"run": run}, {}, f"for the {self.count}th reason", {})
        )
        is_kept = process.claims.end(process.held.pop(run), row)
        # Also one that was given up for dead may come back and try.
        assert is_kept == (self.holders.get(run) is process)
        if is_kept:
            self.ended[run], self.attempts[run] = row, 0
            del self.holders[run]

    @precondition(lambda self: any(process.held for process in self.processes))
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        process = data.draw(st.sampled_from([process for process in self.processes if process.held]))
        run = data.draw(st.sampled_from(sorted(process.held)))
        is_released = process.claims.release(process.held.pop(run))
        assert is_released == (self.holders.get(run) is process)
        if is_released:
            self.attempts[run] -= 1
            self.given_back.add(run)
            del self.holders[run]

    @precondition(lambda self: self.processes)
    @rule(number=which)
    def speak(self, number: int) -> None:
        process = self.any_of(number)
        if process.lives:
            beat(self.store, process.owner, EXPERIMENT, dict.fromkeys(process.held, 7))

    @precondition(lambda self: self.processes)
    @rule(number=which)
    def crash(self, number: int) -> None:
        process = self.any_of(number)
        process.lives = False
        with self.store.file.writing() as connection:
            connection.execute("UPDATE owners SET started = 'before' WHERE nonce = ?", (process.owner.nonce,))

    @precondition(lambda self: self.processes)
    @rule(number=which)
    def go(self, number: int) -> None:
        process = self.any_of(number)
        process.lives = False
        leave(self.store, process.owner)

    @rule()
    def reopen(self) -> None:
        path = self.store.path
        self.store = ResultStore(path)
        for process in self.processes:
            process.claims = Claims(self.store, process.owner, OwnerWatch(), max_attempts=MAX_ATTEMPTS)

    @invariant()
    def what_has_ended_is_as_it_was_kept(self) -> None:
        for run in RUNS:
            expected = None if run in self.holders else self.ended.get(run)
            assert self.store.read(run) == expected

    @invariant()
    def what_runs_is_held_by_one(self) -> None:
        connection = sqlite3.connect(self.store.path)
        rows = connection.execute("SELECT identity, state, owner, attempts FROM runs").fetchall()
        connection.close()
        assert len({row[0] for row in rows}) == len(rows)
        running = {identity: owner for identity, state, owner, _ in rows if state == "running"}
        assert running == {run: process.owner.nonce for run, process in self.holders.items()}
        assert {identity: attempts for identity, _, _, attempts in rows if attempts} == {
            run: count for run, count in self.attempts.items() if count
        }


@pytest.mark.parametrize(
    ("sequences", "steps"), [(12, 25), pytest.param(500, 50, marks=[pytest.mark.slow, pytest.mark.timeout(1200)])]
)
def test_the_laws_of_the_store(sequences: int, steps: int) -> None:
    quiet: Any = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        StoreMachine,
        settings=settings(
            max_examples=sequences, stateful_step_count=steps, suppress_health_check=quiet, deadline=None
        ),
    )
