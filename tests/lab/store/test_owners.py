"""Whether an owner is gone: told of real processes, and of silent ones by a clock that the test turns."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardlab.lab.store import Owner, OwnerWatch, has_ended, this_process
from rewardlab.lab.store.owner import has_left, process_mark

needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system tells less of its processes")
SLEEPER = """
import json, sys, time
from dataclasses import asdict
from rewardlab.lab.store.owner import process_mark, this_process
print(json.dumps([asdict(this_process()), process_mark()]), flush=True)
time.sleep(600)
"""


@pytest.fixture
def sleeper() -> subprocess.Popen[str]:  # type: ignore[misc]
    """A process that says who it is, and sleeps."""
    with subprocess.Popen([sys.executable, "-c", SLEEPER], stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def owner_of(process: subprocess.Popen[str]) -> tuple[Owner, str]:
    """What it said."""
    import json

    assert process.stdout is not None
    owner, mark = json.loads(process.stdout.readline())
    return Owner(**owner), mark


@needs_proc
def test_a_process_has_ended_once_it_is_killed_even_before_its_parent_asks(sleeper: subprocess.Popen[str]) -> None:
    owner, mark = owner_of(sleeper)
    assert owner.process_id == sleeper.pid
    assert (has_ended(owner), has_left(mark)) == (False, False)
    sleeper.send_signal(signal.SIGSTOP)
    assert (has_ended(owner), has_left(mark)) == (False, False)
    os.kill(sleeper.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while not has_ended(owner) and time.monotonic() < deadline:
        time.sleep(0.01)
    # It is a zombie now, which still answers signals.
    os.kill(sleeper.pid, 0)
    assert (has_ended(owner), has_left(mark)) == (True, True)
    sleeper.wait()
    assert (has_ended(owner), has_left(mark)) == (True, True)


@needs_proc
def test_who_asks_lives_and_is_told_from_whoever_had_its_number_before() -> None:
    me = this_process()
    assert has_ended(me) is False
    assert has_ended(replace(me, started=str(int(me.started) - 1))) is True
    assert not has_left(process_mark())
    # The name of a file may hold any number.
    assert has_left(f"{process_mark().partition('-')[0]}-{10**30}")


@needs_proc
def test_the_owners_of_an_earlier_start_of_this_machine_are_gone_and_of_elsewhere_nothing_is_known() -> None:
    me = this_process()
    assert has_ended(replace(me, boot="another")) is True
    assert has_ended(replace(me, host="elsewhere", boot="another")) is None
    # A container of this machine counts its processes by itself, under another name or the same.
    assert has_ended(replace(me, space="pid:[1]")) is None
    assert has_ended(replace(me, host="elsewhere", space="pid:[1]")) is None
    assert not has_left(f"1-{os.getpid()}")


def test_where_the_system_tells_little_a_number_must_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rewardlab.lab.store.owner._status", lambda process_id: None)
    monkeypatch.setattr("rewardlab.lab.store.owner._boot", lambda: "")
    monkeypatch.setattr("rewardlab.lab.store.owner._space", lambda: "")
    me = this_process()
    assert (me.boot, me.space, me.started) == ("", "", "")
    # Alive, or another one that has the number now: by its heartbeat it will be known.
    assert has_ended(me) is None
    assert has_ended(replace(me, process_id=2**22 - 1)) is True
    assert has_ended(replace(me, host="elsewhere")) is None


class Clock:
    """Shows what it is set to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


FAR = Owner("elsewhere", "boot", "space", 1, "1", "nonce")


def test_a_silent_owner_is_lost_after_sixty_seconds_of_watching() -> None:
    clock = Clock()
    watch = OwnerWatch(60.0, clock=clock, wall=lambda: 0.0)
    lost = []
    for _ in range(14):
        lost.append(watch.is_lost(FAR, 5.0))
        clock.now += 5
    # Looked at after 0, 5, .., 65 s.
    assert lost == [False] * 12 + [True] * 2
    assert not watch.is_lost(FAR, 6.0)


def test_nobody_is_blamed_for_the_time_in_which_the_watcher_slept() -> None:
    clock = Clock()
    watch = OwnerWatch(60.0, clock=clock, wall=lambda: 0.0)
    assert not watch.is_lost(FAR, 5.0)
    clock.now += 100_000
    assert not watch.is_lost(FAR, 5.0)


@given(beats=st.lists(st.tuples(st.floats(0.1, 30), st.booleans()), max_size=60))
@settings(max_examples=30)
def test_whoever_speaks_often_enough_is_never_lost(beats: list[tuple[float, bool]]) -> None:
    clock, heartbeat, silent = Clock(), 0.0, 0.0
    watch = OwnerWatch(60.0, clock=clock, wall=lambda: 0.0)
    for seconds, speaks in beats:
        clock.now += seconds
        silent = 0.0 if speaks else silent + seconds
        heartbeat += speaks
        if silent < 60:
            assert not watch.is_lost(FAR, heartbeat)


def test_of_another_machine_a_very_old_heartbeat_is_enough() -> None:
    watch = OwnerWatch(60.0, clock=Clock(), wall=lambda: 1000.0)
    assert not watch.is_lost(FAR, 400.5)
    assert watch.is_lost(FAR, 399.5)
    # But not of a process that is seen to be there: the clock may have been set.
    assert not watch.is_lost(this_process(), 0.0)
