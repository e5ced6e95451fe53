"""The tables of an experiment: what is in the store, all of it, and nothing that differs from one time to the next."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import signal
from pathlib import Path

import pytest

from rewardlab.lab import ResultStore, StoredRun, Submitted, submission
from rewardlab.lab.exports import provenance_lines, result_columns, results_csv, results_json_lines, table_hash
from rewardlab.lab.store import Member
from rewardlab.lab.written_beside import write_text, written_beside
from tests.lab.forked import ended, fork
from tests.lab.small_experiment import plan_of, small_spec

ODD = 'a "b", c\n<i>'
EXPERIMENT = Submitted(
    "small",
    {"seeds": [0, 1]},
    (Member("one", 0, "a0"), Member("one", 1, "a1"), Member(ODD, 0, "b0"), Member("x", 0, "a0")),
)
RESULT = {
    "steps": 4000,
    "curve": [{"steps": 100}],
    "evaluation": {"objective": 0.1 + 0.2, "paid": 10.0, "rewards": {"speed": 1e-17}, "exploits": {}},
}
PROVENANCE = {"seconds": 1.5, "code": {"version": "0.1.0"}}


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    """Two runs that are finished, in the order in which they were not planned, and one that has failed."""
    store = ResultStore(tmp_path / "results.sqlite")
    store.write(StoredRun("a1", "failed", {"seed": 1}, {}, "step 7: got reward nan", PROVENANCE))
    store.write(StoredRun("a0", "finished", {"seed": 0}, RESULT, "", PROVENANCE))
    return store


def test_the_table_has_a_line_for_each_run_and_every_digit(store: ResultStore) -> None:
    text = results_csv(store, EXPERIMENT)
    assert text == (
        "variant,seed,run,state,trained_steps,objective,paid,rewards/speed\n"
        "one,0,a0,finished,4000,0.30000000000000004,10.0,1e-17\n"
        "one,1,a1,failed,,,,\n"
        '"a ""b"", c\n<i>",0,b0,missing,,,,\n'
        "x,0,a0,finished,4000,0.30000000000000004,10.0,1e-17\n"
    )
    lines = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [line["variant"] for line in lines] == ["one", "one", ODD, "x"]
    assert float(lines[0]["objective"]) == RESULT["evaluation"]["objective"]  # type: ignore[index]
    assert table_hash(text) == hashlib.sha256(text.encode()).hexdigest()


def test_the_whole_of_it_is_json(store: ResultStore) -> None:
    whole = json.loads("".join(results_json_lines(store, EXPERIMENT)))
    assert whole["experiment"] == "small"
    assert whole["spec"] == {"seeds": [0, 1]}
    assert whole["spec_hash"] == EXPERIMENT.spec_hash
    assert whole["runs"][0] == {
        "variant": "one",
        "seed": 0,
        "run": "a0",
        "state": "finished",
        "settings": {"seed": 0},
        "result": RESULT,
    }
    assert [run["state"] for run in whole["runs"]] == ["finished", "failed", "missing", "finished"]
    nobody = Submitted("small", {}, ())
    assert json.loads("".join(results_json_lines(store, nobody)))["runs"] == []


def test_what_differs_from_one_time_to_the_next_stands_elsewhere(store: ResultStore, tmp_path: Path) -> None:
    again = ResultStore(tmp_path / "again" / "results.sqlite")
    again.write(StoredRun("a0", "finished", {"seed": 0}, RESULT, "", {"seconds": 77, "resumed": {"from_step": 3}}))
    again.write(StoredRun("a1", "failed", {"seed": 1}, {}, "its process died (signal SIGKILL)", {"seconds": 78}))
    assert results_csv(again, EXPERIMENT) == results_csv(store, EXPERIMENT)
    assert [*results_json_lines(again, EXPERIMENT)] == [*results_json_lines(store, EXPERIMENT)]
    table = results_csv(store, EXPERIMENT)
    origins = json.loads("".join(provenance_lines(store, EXPERIMENT, table)))
    assert origins["table_hash"] == table_hash(table)
    assert [(run["run"], run.get("message")) for run in origins["runs"]] == [
        ("a0", ""),
        ("a1", "step 7: got reward nan"),
        ("b0", None),
        ("a0", ""),
    ]
    assert origins["runs"][1]["provenance"] == PROVENANCE


def test_runs_stand_in_the_order_of_the_spec(store: ResultStore) -> None:
    variants = [{"name": name, "reward": reward} for name, reward in (("z", "speed"), ("a", "on_time"))]
    submitted = submission(plan_of(small_spec(variants=variants, seeds=[5, 2])))
    assert [(member.variant, member.seed) for member in submitted.members] == [("z", 2), ("z", 5), ("a", 2), ("a", 5)]


def test_numbers_of_one_kind_are_told_from_those_of_another(store: ResultStore) -> None:
    run = store.read("a0")
    assert run is not None
    assert result_columns(run) == {"objective": 0.1 + 0.2, "paid": 10.0, "rewards/speed": 1e-17}


def test_a_file_is_there_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "table.txt"
    assert write_text(path, ["one\n", "two\r\n"]) == path
    assert path.read_bytes() == b"one\ntwo\r\n"
    with pytest.raises(ZeroDivisionError):
        write_text(path, ("x" * 10 if number < 3 else str(1 // 0) for number in range(5)))
    with written_beside(path):
        pass  # nothing is written, nothing happens
    assert path.read_bytes() == b"one\ntwo\r\n"
    assert [file.name for file in tmp_path.iterdir()] == ["table.txt"]


def test_what_a_killed_process_left_half_written_is_removed_and_nobody_elses(tmp_path: Path) -> None:
    path = tmp_path / "curves.png"

    def write_and_die() -> None:
        with written_beside(path) as beside:
            beside.write_bytes(b"half")
            os.kill(os.getpid(), signal.SIGKILL)

    assert ended(fork(write_and_die)) == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert left.suffix == ".png"
    with written_beside(tmp_path / "other.png") as mine:
        mine.write_bytes(b"mine")
        with written_beside(path) as beside:
            beside.write_bytes(b"whole")
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {
        "other.png": b"mine",
        "curves.png": b"whole",
    }
