"""How far an experiment is: one run in every state, told apart by who has it and whether that process lives."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from rewardlab.errors import BadInput
from rewardlab.lab import ResultStore, StoredRun, submission
from rewardlab.lab.experiment_status import ExperimentStatus, experiment_status
from rewardlab.lab.found_results import find_stores
from rewardlab.lab.store import Claims, OwnerWatch, enter, this_process
from rewardlab.reports.status_text import status_data, status_lines
from tests.lab.small_experiment import plan_of, small_spec


def status_of(folder: Path) -> ExperimentStatus:
    """Six runs: seeds 0 to 2 of two variants; one finished, one failed, one running, one broken off, two not begun."""
    plan = plan_of(small_spec(seeds=3))
    store, experiment = ResultStore(folder / "results.sqlite"), submission(plan)
    mine, watch = this_process(), OwnerWatch()
    # A process that has ended is lost at once.
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    theirs = replace(mine, process_id=ended.pid, nonce="theirs")
    first, second, third, fourth = (plan.runs[index] for index in range(4))
    store.write(StoredRun(first.identity, "finished", first.settings, {"steps": 4000}, "", {"seconds": 20.0}))
    store.write(StoredRun(second.identity, "failed", second.settings, {}, "step 7: got reward nan", {}))
    for run, owner, steps in ((fourth, theirs, 3000), (third, mine, 1000)):
        enter(store, owner, experiment, watch)
        claim = Claims(store, owner, watch).take(run.identity, run.settings, -1)
        assert claim is not None
        with store.file.writing() as connection:
            connection.execute("UPDATE runs SET steps = ? WHERE identity = ?", (steps, run.identity))
    return experiment_status(store, experiment, OwnerWatch(), time.time())


def test_every_state_is_told_apart(tmp_path: Path) -> None:
    status = status_of(tmp_path)
    assert status.counts == {"finished": 1, "failed": 1, "running": 1, "broken off": 1, "missing": 2}
    assert [run.variant for run in status.runs] == ["hacked"] * 3 + ["repaired"] * 3
    assert len(status.workers) == 1
    # (1 - 1000/4000) + (1 - 3000/4000) + 2 runs are left, each of 20 s, by the one at work.
    assert status.seconds_left == pytest.approx(60.0)


def test_the_lines_say_it_in_words(tmp_path: Path) -> None:
    lines = status_lines(status_of(tmp_path), "results/small")
    assert lines[0] == (
        "small: 1 of 6 runs finished (1 finished, 1 running, 1 broken off, 2 not begun, 1 failed), in results/small"
    )
    assert "works on it, last heard of" in lines[1]
    assert lines[2] == "  about 60 s left, at the pace so far"
    assert any(": running, 1,000 steps (25 %), process " in line for line in lines)
    assert any(": broken off, 3,000 steps (75 %), process " in line for line in lines)
    assert any(line.endswith(" failed: step 7: got reward nan") for line in lines)


def test_the_data_say_the_same(tmp_path: Path) -> None:
    data = status_data(status_of(tmp_path), "here")
    assert data["counts"]["running"] == 1
    assert [run["state"] for run in data["runs"]].count("missing") == 2


def test_where_nobody_works_what_to_do_is_said(tmp_path: Path) -> None:
    store, experiment = ResultStore(tmp_path / "results.sqlite"), submission(plan_of(small_spec()))
    status = experiment_status(store, experiment, OwnerWatch(), time.time())
    assert status.seconds_left is None
    assert status_lines(status, "here")[-1] == "  nobody works on it; the command that began it goes on from here"


def test_stores_are_found_by_name_folder_and_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match="got no results below"):
        find_stores()
    for name in ("one", "two"):
        ResultStore(Path("results") / name / "results.sqlite")
    stores = [Path("results") / name / "results.sqlite" for name in ("one", "two")]
    assert find_stores() == stores
    for text in ("one", "results/one", "results/one/results.sqlite"):
        assert find_stores(text) == stores[:1]
    with pytest.raises(BadInput, match="did you mean 'two'"):
        find_stores("tow")
    with pytest.raises(BadInput, match=r"a folder without a results\.sqlite"):
        find_stores("results")
    assert not Path("tow").exists()
