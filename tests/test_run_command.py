"""`rewardlab run` from end to end: what it writes, what it says, and what it does not do twice."""

from __future__ import annotations

import csv
import hashlib
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import Said, call, rows
from tests.lab.small_experiment import plan_of, small_spec, with_variant, write_toml


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Said, Path]:
    """What the first run of the small experiment said, and its folder, which no test may change."""
    folder = tmp_path_factory.mktemp("finished")
    spec = write_toml(folder / "spec.toml", small_spec())
    return call("run", spec, "--out", folder / "out", "--workers", 2), folder / "out"


@pytest.fixture
def copy(finished: tuple[Said, Path], tmp_path: Path) -> Path:
    """A copy of the finished folder."""
    return Path(shutil.copytree(finished[1], tmp_path / "out"))


def run(spec: dict[str, Any], folder: Path, *options: object) -> Said:
    """Run a spec into a folder."""
    return call("run", write_toml(folder.parent / "spec.toml", spec), "--out", folder, *options)


def columns(said: Said) -> dict[str, list[str]]:
    """The table: label to the first line of each variant's cell."""
    table = re.split(r"─ *\n", said.out)[1].partition("\nAfter ")[0]
    lines = [re.split(r"\s{2,}", line.strip()) for line in table.splitlines()]
    return {label: cells for label, *cells in lines if cells and ".." not in label}


def test_it_writes_the_files_that_it_names(finished: tuple[Said, Path]) -> None:
    said, folder = finished
    assert (said.code, said.err) == (0, "")
    *listed, last = said.out.partition("Written:\n")[2].splitlines()
    named = [Path(line.strip()) for line in listed]
    assert [path.name for path in named] == [
        "report.html",
        "table.txt",
        "curves.png",
        "replay-1-hacked.gif",
        "replay-2-repaired.gif",
        "results.csv",
        "results.json",
        "provenance.json",
        "results.sqlite",
    ]
    assert {path for path in folder.iterdir() if not path.name.endswith(("-wal", "-shm"))} == set(named)
    assert all(path.stat().st_size > 0 for path in named)
    table = hashlib.sha256((folder / "results.csv").read_bytes()).hexdigest()
    assert last == f"Hash of the table of results: {table}"


def test_it_tells_how_far_it_is(finished: tuple[Said, Path]) -> None:
    said, _ = finished
    assert said.out.startswith("small: 4 runs, 0 of them finished\n")
    assert {line.partition(":")[0].partition("] ")[2] for line in said.out.splitlines() if line.startswith("[")} == {
        "hacked, seed 0",
        "hacked, seed 1",
        "repaired, seed 0",
        "repaired, seed 1",
    }


def test_the_table_has_every_row(finished: tuple[Said, Path]) -> None:
    found = columns(finished[0])
    assert {
        "paid (own reward)",
        "objective, best 0.98",
        "% of the best",
        "delivered",
        "drop_at_once",
        "farm_pickups",
        "drive_in_circles",
        "on_time",
        "speed",
        "fixed_speed",
        "pickup_bonus",
        "progress_bonus",
    } <= set(found)
    assert found["seeds"] == ["2 of 2", "2 of 2"]
    assert found["paid (own reward)"] == [found["speed"][0], found["fixed_speed"][1]]
    assert found["objective, best 0.98"] == found["on_time"]


def test_the_hacked_courier_is_paid_more_and_achieves_less(finished: tuple[Said, Path]) -> None:
    found = columns(finished[0])
    hacked, repaired = (float(cell) for cell in found["speed"])
    assert hacked > 100 * repaired
    hacked, repaired = (float(cell) for cell in found["objective, best 0.98"])
    assert hacked < 0 < 0.9 < repaired
    assert found["delivered"][1] == "1.00"
    assert int(found["drop_at_once"][0]) > 50
    assert found["drop_at_once"][1] == "0"


@pytest.mark.slow
def test_swapping_the_rewards_of_two_variants_swaps_their_columns(finished: tuple[Said, Path], copy: Path) -> None:
    swapped = small_spec()
    swapped["variants"][0]["reward"], swapped["variants"][1]["reward"] = "fixed_speed", "speed"
    # Trained anew, and not read from the finished runs.
    again = columns(run(swapped, copy.parent / "fresh", "--workers", 2))
    before = columns(finished[0])
    against_the_first = {"minus the first", "beats it, %"}
    assert {label: cells[::-1] for label, cells in again.items() if label not in against_the_first} == {
        label: cells for label, cells in before.items() if label not in against_the_first
    }
    assert against_the_first < set(before)
    assert again["speed"] != before["speed"]


def test_running_again_trains_nothing_and_says_the_same(finished: tuple[Said, Path], copy: Path) -> None:
    before, table = rows(copy), (copy / "table.txt").read_bytes()
    again = run(small_spec(), copy)
    assert again.code == 0
    assert again.out.startswith("small: 4 runs, 4 of them finished\n")
    assert "finished at" not in again.out
    assert columns(again) == columns(finished[0])
    assert rows(copy) == before
    assert (copy / "table.txt").read_bytes() == table


def test_a_renamed_variant_is_not_trained_again(finished: tuple[Said, Path], copy: Path) -> None:
    before = rows(copy)
    again = run(with_variant(name="../<b>$x$[bold]"), copy)
    assert again.out.startswith("small: 4 runs, 4 of them finished\n")
    assert rows(copy) == before
    assert columns(again)["speed"] == columns(finished[0])["speed"]
    assert (copy / "replay-1-b-x-bold.gif").exists()
    assert {path.name for path in copy.parent.iterdir()} == {"out", "spec.toml"}


def test_a_new_seed_and_a_new_variant_train_only_themselves(copy: Path) -> None:
    before = rows(copy)
    more = small_spec(seeds=[0, 1, 5])
    more["variants"].append({"name": "renamed", "reward": "speed"})
    said = run(more, copy, "--workers", 2)
    assert said.out.startswith("small: 6 runs, 4 of them finished\n")
    assert len([line for line in said.out.splitlines() if "finished at" in line]) == 2
    assert columns(said)["seeds"] == ["3 of 3"] * 3
    after = rows(copy)
    assert {identity: after[identity] for identity in before} == before
    assert len(after) == 6


@pytest.mark.slow
def test_results_are_byte_identical_elsewhere_and_with_one_worker(finished: tuple[Said, Path], tmp_path: Path) -> None:
    said = run(small_spec(), tmp_path / "elsewhere", "--workers", 1)
    assert said.code == 0
    for name in ("results.csv", "results.json", "table.txt"):
        assert (tmp_path / "elsewhere" / name).read_bytes() == (finished[1] / name).read_bytes()


def test_seeds_on_the_command_line_replace_those_of_the_file(copy: Path) -> None:
    said = run(small_spec(seeds=[8, 9]), copy, "--seeds", 1)
    assert said.out.startswith("small: 2 runs, 2 of them finished\n")
    assert columns(said)["seeds"] == ["1 of 1", "1 of 1"]


def test_results_hold_every_run_with_every_number(finished: tuple[Said, Path]) -> None:
    with (finished[1] / "results.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    planned = sorted(plan_of(small_spec()).runs, key=lambda run: (run.variant, run.seed))
    assert [(line["variant"], int(line["seed"]), line["run"]) for line in lines] == [
        (run.variant, run.seed, run.identity) for run in planned
    ]
    assert {(line["state"], line["trained_steps"]) for line in lines} == {("finished", "4000")}
    assert all(float(line["rewards/on_time"]) == pytest.approx(float(line["objective"])) for line in lines)
    assert all(float(line["exploits/drop_at_once"]) >= 0 for line in lines)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"seeds": []}, ["4: seeds: got []"]),
        ({"gamma": 0.9, "budget_step": 1}, ["10: gamma: got an unknown key", "11: budget_step: got an unknown key"]),
    ],
)
def test_bad_input_is_told_in_lines_and_nothing_is_written(
    change: dict[str, Any], expected: list[str], tmp_path: Path
) -> None:
    spec = write_toml(tmp_path / "spec.toml", small_spec(**change))
    said = call("run", spec, "--out", tmp_path / "out")
    lines = said.err.splitlines()
    assert (said.code, said.out, len(lines)) == (2, "", len(expected))
    for line, start in zip(lines, expected, strict=True):
        assert line.startswith(f"rewardlab: {spec}:{start}")
    assert [path.name for path in tmp_path.iterdir()] == ["spec.toml"]


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_trained(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    said = run(small_spec(), tmp_path / "out")
    assert (said.code, said.out) == (4, "")
    assert said.err.startswith(f"rewardlab: {tmp_path}/out/results.sqlite: got ")
    assert said.err.endswith("; make this folder writable, or take another one; `rewardlab run` has --out for it\n")
    assert len(said.err.splitlines()) == 1


def test_a_report_that_cannot_be_written_is_told_in_one_line_and_costs_no_result(copy: Path) -> None:
    before = rows(copy)
    (copy / "results.csv").unlink()
    (copy / "results.csv").mkdir()
    said = run(small_spec(), copy)
    assert said.code == 4
    assert re.fullmatch(
        rf"rewardlab: \[Errno 21\] Is a directory: .*{copy}/results.csv'; what is finished is kept\n", said.err
    )
    assert rows(copy) == before
