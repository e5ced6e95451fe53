"""The folder of a report: names of variants are data, and nothing lands outside it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from rewardlab.reports import page
from tests.reports.finished_experiment import comparison_of, report_of

TABLES = ("results.csv", "results.json", "provenance.json")
NAMES = [
    "<img src=x onerror=alert(1)>",
    "../../x",
    "/etc/passwd",
    "CON",
    "a.",
    ". .",
    "日本",
    "x" * 100,
    "A/b\\c:d|e?f*",
]


def test_names_never_reach_the_file_system(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "report"
    comparison = comparison_of(tmp_path / "store", *NAMES, seeds=1)
    files = report_of(comparison, tmp_path / "store", folder, pytest.fail)
    assert {path.name for path in tmp_path.iterdir()} == {"deep", "store"}
    assert {path.name for path in (tmp_path / "deep").iterdir()} == {"report"}
    assert sorted(folder.iterdir()) == sorted(files)
    replays = {int(path.name.split("-")[1]): path for path in folder.glob("*.gif")}
    assert sorted(replays) == list(range(1, len(NAMES) + 1))
    for number, replay in replays.items():
        assert re.fullmatch(rf"replay-{number}-[a-z0-9][a-z0-9-]{{0,39}}\.gif", replay.name)
        assert not replay.stem.endswith("-")


def test_names_that_look_alike_do_not_share_a_file(tmp_path: Path) -> None:
    files = report_of(
        comparison_of(tmp_path, "a b", "a-b", "!", "?", seeds=1), tmp_path, tmp_path / "report", pytest.fail
    )
    replays = [path.name for path in files if path.suffix == ".gif"]
    assert replays == ["replay-1-a-b.gif", "replay-2-a-b.gif", "replay-3-variant.gif", "replay-4-variant.gif"]


def test_a_report_is_the_same_when_it_is_written_again(tmp_path: Path) -> None:
    comparison = comparison_of(tmp_path, "one", "two")
    files = report_of(comparison, tmp_path, tmp_path / "report", pytest.fail)
    before = {path.name: path.read_bytes() for path in files}
    assert files == report_of(comparison, tmp_path, tmp_path / "report", pytest.fail)
    assert {path.name: path.read_bytes() for path in files} == before
    assert [path.name for path in files][:3] == ["report.html", "table.txt", "curves.png"]


def test_without_a_finished_run_there_is_still_a_table(tmp_path: Path) -> None:
    files = report_of(comparison_of(tmp_path, "one", failed=(0, 1, 2)), tmp_path, tmp_path / "report", pytest.fail)
    assert [path.name for path in files] == ["report.html", "table.txt", *TABLES]
    assert "0 of 3" in files[1].read_text(encoding="utf-8")
    header, *lines = files[2].read_text(encoding="utf-8").splitlines()
    assert header == "variant,seed,run,state,trained_steps"
    assert [line.split(",")[0::3] for line in lines] == [["one", "failed"]] * 3


def test_a_replay_that_cannot_be_drawn_costs_nothing_else(tmp_path: Path) -> None:
    comparison = comparison_of(tmp_path, "one", "two", seeds=1)
    first = comparison.variants[0]
    broken = {
        seed: replace(run, result={**run.result, "replay": {"seed": 0, "actions": [77]}})
        for seed, run in first.runs.items()
    }
    told: list[str] = []
    comparison = replace(comparison, variants=(replace(first, runs=broken), comparison.variants[1]))
    files = report_of(comparison, tmp_path, tmp_path / "report", told.append)
    assert [path.name for path in files] == ["report.html", "table.txt", "curves.png", "replay-2-two.gif", *TABLES]
    assert len(told) == 1
    assert told[0].startswith("no replay of one: BadInput: action: got 77")


def test_the_exploit_is_in_the_replay(tmp_path: Path) -> None:
    files = report_of(comparison_of(tmp_path, "one", seeds=1), tmp_path, tmp_path / "report", pytest.fail)
    (replay,) = (path for path in files if path.suffix == ".gif")
    with Image.open(replay) as image:
        assert image.n_frames == 41  # type: ignore[attr-defined]


def test_a_page_that_cannot_be_made_costs_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise LookupError("no template\nhere")

    monkeypatch.setattr(page, "write_page", broken)
    told: list[str] = []
    files = report_of(comparison_of(tmp_path, "one", seeds=1), tmp_path, tmp_path / "report", told.append)
    assert [path.name for path in files] == ["table.txt", "curves.png", "replay-1-one.gif", *TABLES]
    assert told == ["no report.html: LookupError: no template here"]
