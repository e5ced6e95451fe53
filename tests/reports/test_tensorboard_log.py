"""What TensorBoard is told is what the curve says, read back by TensorBoard itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rewardlab.errors import BadInput
from rewardlab.lab import Event
from rewardlab.reports.tensorboard_log import TensorBoardLog, curve_scalars
from tests.lab.small_experiment import plan_of, with_variant
from tests.reports.finished_experiment import result


def test_each_point_of_the_curve_and_the_evaluation_at_the_end() -> None:
    points = list(curve_scalars(result(2)))
    assert [step for step, _ in points] == [100, 200, 300, 4000]
    assert points[0][1] == {
        "training/objective": 0.2,
        "training/paid": 21.0,
        "probe/objective": 0.2,
        "training/episode_length": 40.0,
        "ledger/speed": 20.0,
        "ledger/shaping": 1.0,
    }
    assert points[-1][1] == {"evaluation/objective": 0.2, "evaluation/paid": 20.0, "evaluation/steps": 40.0}


def test_tensorboard_reads_it_back(tmp_path: Path) -> None:
    accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    log = TensorBoardLog(tmp_path / "logs")
    run = plan_of(with_variant(name="../<b>A name</b>")).runs[0]
    log(run, Event(0, "started"))
    log(run, Event(0, "failed", "step 7"))
    assert list((tmp_path / "logs").iterdir()) == []
    log(run, Event(0, "finished", result(2)))
    (folder,) = (tmp_path / "logs").iterdir()
    assert folder.name == f"b-a-name-b-seed-0-{run.identity[:8]}"
    read = accumulators.EventAccumulator(str(folder)).Reload()
    assert [(point.step, point.value) for point in read.Scalars("training/paid")] == [
        (n, 21.0) for n in (100, 200, 300)
    ]
    assert [point.step for point in read.Scalars("evaluation/objective")] == [4000]


def test_without_tensorboard_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(BadInput, match=r"pip install 'rewardlab\[tensorboard\]'"):
        TensorBoardLog(tmp_path / "logs")
    assert not (tmp_path / "logs").exists()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(BadInput, match="a folder to write into"):
        TensorBoardLog(tmp_path / "file")
