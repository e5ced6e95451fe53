"""A checkpoint is whole or named as damaged, whatever happens to its bytes or to the process that writes it."""

from __future__ import annotations

import errno
import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rewardlab.agents import train
from rewardlab.agents.checkpoints import (
    Checkpoint,
    CheckpointKeeper,
    CheckpointSettings,
    RunMark,
    read_checkpoint,
    write_checkpoint,
)
from rewardlab.errors import BadInput, RunFailed
from tests.agents.checkpoints.broken_off import break_off, hashed, present, quiet, training
from tests.lab.store.test_full_disk import on_a_small_disk

MARK = RunMark.of({"algorithm": "q_learning"}, {"numpy": "2"})
FILES = ("manifest.json", "state.json", "tensors.safetensors")


def state(number: int) -> dict[str, Any]:
    return {"number": number, "rows": [0.5, float("nan")], "table": np.arange(number, dtype=np.float32)}


def keeper(folder: Path, **settings: float) -> CheckpointKeeper:
    return CheckpointKeeper(
        CheckpointSettings(folder, **{"every_seconds": 0.0, "largest_share": 1.0, **settings}), MARK
    )


def test_the_newest_is_gone_on_from_and_the_last_two_are_kept(tmp_path: Path) -> None:
    first = keeper(tmp_path)
    assert (first.state, first.resumed) == (None, None)
    for steps in (10, 20, 30):
        first.write(steps, state(steps))
    assert [path.name for path in present(CheckpointSettings(tmp_path))] == ["000000000020", "000000000030"]
    second = keeper(tmp_path)
    assert repr(second.state) == repr(state(30))
    assert second.resumed == {"from_step": 30, "why": "its process ended before it was done"}
    second.write(40, state(40))
    assert [path.name for path in present(CheckpointSettings(tmp_path))] == ["000000000030", "000000000040"]


def test_it_is_time_for_one_by_the_clock_and_by_what_writing_costs(tmp_path: Path) -> None:
    assert not keeper(tmp_path, every_seconds=3600.0).is_due(10)
    often = keeper(tmp_path)
    assert often.is_due(10)
    assert not often.is_due(0)
    often.write(10, state(1))
    assert not often.is_due(10)
    assert often.is_due(20)
    seldom = keeper(tmp_path, largest_share=1e-6)
    seldom.write(30, state(1))
    assert not seldom.is_due(40)


@pytest.mark.parametrize("settings", [{"every_seconds": -1.0}, {"every_seconds": float("nan")}, {"largest_share": 0.0}])
def test_settings_out_of_their_range_are_refused(settings: dict[str, float], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=next(iter(settings))):
        CheckpointSettings(tmp_path, **settings)


def damage(path: Path, rng: np.random.Generator) -> str:
    """Flip a byte of a file, or cut it short, or take it away; what was done."""
    content = bytearray(path.read_bytes())
    place = int(rng.integers(len(content)))
    what = ["flip", "cut", "flip and cut", "remove"][rng.choice(4, p=[0.5, 0.4, 0.08, 0.02])]
    if "flip" in what:
        content[place] ^= int(rng.integers(1, 256))
    if "cut" in what:
        del content[int(rng.integers(len(content))) :]
    if what == "remove":
        path.unlink()
    else:
        path.write_bytes(bytes(content))
    return f"{what} at {place}"


@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.slow)])
def test_what_is_damaged_is_named_and_the_one_before_is_taken(count: int, tmp_path: Path) -> None:
    run, settings = training("q_learning", "gridworld", 600), CheckpointSettings(tmp_path / "run", 0.0, 1.0)
    break_off(run, settings, 400)
    before, newest = present(settings)
    mark = _mark_of(newest)
    whole = {path: repr(read_checkpoint(path).state) for path in (before, newest)}
    assert whole[before] != whole[newest]
    rng = np.random.default_rng(count)
    for number in range(count):
        copied = CheckpointSettings(tmp_path / "copy", 0.0, 1.0)
        shutil.copytree(settings.folder, copied.folder)
        name = FILES[number % 3]
        done = damage(copied.folder / newest.name / name, rng)
        found = CheckpointKeeper(copied, mark)
        assert found.resumed is not None
        if newest.name in found.resumed["why"]:
            assert repr(found.state) == whole[before], done
            assert f"{newest.name}/{name}" in found.resumed["why"] or "no file" in found.resumed["why"]
        else:
            # Such as another space in the manifest: all that is read is as it was written.
            assert repr(found.state) == whole[newest], done
        shutil.rmtree(copied.folder)


def test_damaged_ones_leave_the_result_as_it_is(tmp_path: Path) -> None:
    run, settings = training("q_learning", "gridworld", 600), CheckpointSettings(tmp_path / "run", 0.01, 1.0)
    uninterrupted = train(run, quiet)
    for damaged in (1, 2):
        shutil.rmtree(settings.folder, ignore_errors=True)
        break_off(run, settings, 400)
        paths = present(settings)[-damaged:]
        for path in paths:
            with (path / "tensors.safetensors").open("r+b") as file:
                file.truncate(100)
        result = train(run, quiet, settings)
        assert all(path.name in result["resumed"]["why"] for path in paths)
        assert (result["resumed"]["from_step"] == 0) == (damaged == 2)
        assert hashed(result) == hashed(uninterrupted)
        # What was damaged is gone, and does not push out what is whole.
        assert len([read_checkpoint(path) for path in present(settings)]) in (1, 2)


def test_every_call_that_writes_may_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = _Failing()
    for module, name in ((os, "fsync"), (os, "rename"), (os, "mkdir"), (io, "open")):
        monkeypatch.setattr(module, name, failing.instead_of(getattr(module, name)))
    for number in range(1, 100):
        folder = tmp_path / str(number)
        first = keeper(folder)
        for steps in (10, 20):
            first.write(steps, state(steps))
        failing.at = number
        message = _refusal(lambda first=first: first.write(30, state(30)))
        all_were_made, failing.at = failing.at > 0, 0
        found = keeper(folder)
        assert found.resumed is not None
        assert repr(found.state) == repr(state(found.resumed["from_step"]))
        assert found.resumed["from_step"] >= 20
        found.write(40, state(40))
        assert len([*folder.iterdir()]) == 3, "something was left behind"
        if all_were_made:
            break
        assert "a checkpoint cannot be written: No space left on device (" in message
        assert message.endswith("once that is mended, run again: it goes on from step 20")
    # A folder, three files, each on the disk, their folder, its new name, and the folder of that.
    assert number == 1 + 3 + 3 + 1 + 2 + 1 + 1


def test_a_process_that_is_killed_while_it_writes_leaves_whole_ones(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom rewardlab.agents.checkpoints import *\n"
        "settings = CheckpointSettings(Path(sys.argv[1]), 0.0, 1.0)\n"
        f"one = CheckpointKeeper(settings, RunMark.of({dict(MARK.settings)}, {dict(MARK.made_with)}))\n"
        "for steps in range(1, 10**9):\n    one.write(steps, {'rows': [*range(2000)]})\n    print(steps, flush=True)\n"
    )
    for delay in np.random.default_rng(1).uniform(0.0, 0.1, 3):
        folder = tmp_path / f"{delay}"
        with subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(delay)
            process.kill()
            written = [1, *map(int, process.stdout.read().split("\n")[:-1])]
        found = keeper(folder)
        assert found.resumed is not None
        # The last may be on the disk before it was reported.
        assert found.resumed["from_step"] - written[-1] in (0, 1)
        assert found.resumed["why"] == "its process ended before it was done"


FULL_DISK = """
import numpy as np
from rewardlab.agents.checkpoints import *
from rewardlab.errors import RunFailed

settings, mark = CheckpointSettings(disk / "run", 0.0, 1.0), RunMark.of({}, {})
rows = np.arange(50_000, dtype=np.float64)
CheckpointKeeper(settings, mark).write(1, {"rows": rows})
for left in (0, 1, 4, 8, 16, 50, 100, 200, 300, 380):
    filler = disk / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(disk).free - left * 1024))
    keeper = CheckpointKeeper(settings, mark)
    try:
        keeper.write(2, {"rows": rows + 1})
        print("there was room")
    except RunFailed as fault:
        assert f"000000000002: {CANNOT_BE_WRITTEN}: No space left on device (" in str(fault), fault
        assert "run again: it goes on from step 1" in str(fault), fault
    filler.unlink()
    again = CheckpointKeeper(settings, mark)
    assert again.resumed["from_step"] == 1 and (again.state["rows"] == rows).all()
    print("kept")
again.write(2, {"rows": rows + 1})
assert CheckpointKeeper(settings, mark).resumed["from_step"] == 2
"""


def test_a_full_disk_leaves_the_last_one_whole(tmp_path: Path) -> None:
    assert on_a_small_disk(FULL_DISK, tmp_path).split() == ["kept"] * 10


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFailed, match=r"file/run: a checkpoint cannot be written: Not a directory"):
        keeper(tmp_path / "file" / "run")


def test_writing_over_one_that_is_there_replaces_it(tmp_path: Path) -> None:
    for number in (1, 2):
        write_checkpoint(tmp_path / "one", Checkpoint(MARK.head(5), state(number)))
    assert repr(read_checkpoint(tmp_path / "one").state) == repr(state(2))
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


class _Failing:
    """Counts calls, and fails the one of a number."""

    def __init__(self) -> None:
        self.at = 0

    def instead_of(self, function: Any) -> Any:
        def called(*arguments: Any, **settings: Any) -> Any:
            if self.at > 0:
                self.at -= 1
                if self.at == 0:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return function(*arguments, **settings)

        return called


def _refusal(call: Callable[[], None]) -> str:
    try:
        call()
    except RunFailed as fault:
        return str(fault)
    return ""


def _mark_of(checkpoint: Path) -> RunMark:
    head = read_checkpoint(checkpoint).head
    return RunMark(head["settings"], head["made_with"])
