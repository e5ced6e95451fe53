"""What is kept of a run, and what it could go on from."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import Any, final

import pytest

from rewardlab.lab import Engine, Event, ResultStore, StoredRun, at_work, missing_runs, run_experiment, submission
from rewardlab.lab.engines.engine import Job, Work
from tests.lab.small_experiment import plan_of, small_spec

PLAN = plan_of(small_spec(seeds=[0], variants=[{"name": "hacked", "reward": "speed"}]))
RUN = PLAN.runs[0]
RAISED = "Traceback (most recent call last):\n  File ...\nZeroDivisionError: division by zero"


@final
class OneEnd(Engine):
    """Leaves a checkpoint of every run, and ends it as it is told to."""

    def __init__(self, end: Event) -> None:
        self.end = end

    def run(self, work: Work, jobs: Iterable[Job], preload: Sequence[str] = ()) -> Generator[Event]:
        """End every run alike."""
        for index, job in enumerate(jobs):
            yield Event(index, "started")
            job.checkpoints.folder.mkdir(parents=True, exist_ok=True)
            (job.checkpoints.folder / "checkpoint").touch()
            yield Event(index, self.end.kind, self.end.payload, self.end.detail)


def kept(folder: Path, end: Event) -> tuple[StoredRun | None, bool]:
    """The row of a run that ended so, and whether its checkpoints are still there."""
    store = ResultStore(folder / "results.sqlite")
    with at_work(store, submission(PLAN)) as session:
        run_experiment(missing_runs(PLAN, store), session, OneEnd(end), lambda run, event: None)
    return store.read(RUN.identity), (folder / "checkpoints" / RUN.identity / "checkpoint").exists()


def test_what_a_run_was_interrupted_by_is_no_part_of_its_result(tmp_path: Path) -> None:
    resumed = {"from_step": 40, "why": "its process had ended"}
    row, has_checkpoints = kept(tmp_path, Event(0, "finished", {"steps": 7, "resumed": resumed}))
    assert row is not None
    assert (row.state, row.result, row.provenance["resumed"]) == ("finished", {"steps": 7}, resumed)
    assert row.provenance["spec_hash"] == submission(PLAN).spec_hash
    assert not has_checkpoints
    assert not (tmp_path / "checkpoints").exists()


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_result_that_is_no_number_is_none(number: float, tmp_path: Path) -> None:
    row, _ = kept(tmp_path, Event(0, "finished", {"evaluation": {"objective": number}}))
    assert row is not None
    assert (row.state, row.result) == ("failed", {})
    assert "a score is NaN or infinite, expected finite ones" in row.message


@pytest.mark.parametrize(
    ("end", "goes_on"),
    [
        (Event(0, "failed", "its process died (signal SIGKILL)"), True),
        (Event(0, "failed", "its process died (signal SIGSEGV)", "Fatal Python error: Segmentation fault"), True),
        (Event(0, "failed", "ZeroDivisionError: division by zero", RAISED), False),
        (Event(0, "finished", {"diverged": {"message": "step 5: got reward nan"}}), False),
    ],
)
def test_a_run_goes_on_after_what_happened_to_it_and_begins_anew_after_what_it_did(
    end: Event, goes_on: bool, tmp_path: Path
) -> None:
    row, has_checkpoints = kept(tmp_path, end)
    assert row is not None
    assert row.state == "failed"
    assert has_checkpoints is goes_on


def test_checkpoints_of_what_is_finished_are_removed_by_the_next_one_who_comes(tmp_path: Path) -> None:
    kept(tmp_path, Event(0, "finished", {"steps": 7}))
    left: Any = tmp_path / "checkpoints" / RUN.identity
    left.mkdir(parents=True)
    (left / "checkpoint").touch()
    kept(tmp_path, Event(0, "finished", {"steps": 8}))
    assert not (tmp_path / "checkpoints").exists()
