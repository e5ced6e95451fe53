"""`status`, `results` and `reproduce` on an experiment that a tabular learner finishes in a second."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sqlite3
import sys
from pathlib import Path
from typing import Any, final

import numpy as np
import pytest

from rewardlab.cli import main
from rewardlab.lab.reproducing import differences
from rewardlab.lab.store.stored_run import row_digest
from tests.command_line import call
from tests.lab.small_experiment import write_toml

SPEC: dict[str, Any] = {
    "version": 1,
    "name": "mini",
    "seeds": 2,
    "budget_steps": 2000,
    "evaluation_episodes": 5,
    "environment": {"id": "rewardlab_envs:rewardlab/Gridworld-v0"},
    "algorithm": {"name": "q_learning", "num_envs": 4},
    "variants": [
        {"name": "sparse", "reward": "sparse"},
        {"name": "shaped", "reward": "sparse", "wrappers": [{"kind": "potential_shaping", "potential": "distance"}]},
    ],
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the experiment has run."""
    folder = tmp_path_factory.mktemp("home")
    said = call("run", write_toml(folder / "spec.toml", SPEC), "--out", folder / "results" / "mini", "--workers", "1")
    assert said.code == 0, said
    return folder


@pytest.fixture(autouse=True)
def _there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)


def test_status_of_what_is_finished() -> None:
    said = call("status")
    assert said.code == 0
    assert said.out == "mini: 4 of 4 runs finished (4 finished), in results/mini\n"
    (told,) = json.loads(call("status", "mini", "--json").out)
    assert told["counts"] == {"finished": 4}


def test_results_are_those_of_the_run(home: Path) -> None:
    folder = home / "results" / "mini"
    said = call("results", "mini")
    assert said.code == 0
    assert "re-scored by" in said.out
    for flag, file in (("--csv", "results.csv"), ("--json", "results.json"), ("--provenance", "provenance.json")):
        assert call("results", folder, flag).out == (folder / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("seed", range(2))
def test_a_run_is_reproduced_to_the_bit(seed: int, home: Path) -> None:
    said = call("reproduce", f"shaped:{seed}")
    assert said.code == 0, said
    assert "the same, bit by bit: " in said.out
    lines = (home / "results" / "mini" / "results.csv").read_text(encoding="utf-8").splitlines()
    identity = lines[1 + seed].split(",")[2]
    assert call("reproduce", identity[:6], "--in", "mini").code == 0


def test_a_bound_that_was_moved_is_moved_where_the_run_is_reproduced(tmp_path: Path) -> None:
    """An exit of 1e13 is beyond 1e12, which ends a run."""
    large = [{"name": "large", "reward": {"exits": 1e13}}]
    spec = write_toml(tmp_path / "spec.toml", SPEC | {"name": "large", "seeds": 1, "variants": large})
    ended = call("run", spec, "--out", tmp_path / "ended", "--workers", "1")
    assert ended.code == 1
    assert "diverged: " in ended.words
    said = call("run", spec, "--out", tmp_path / "moved", "--workers", "1", "--largest-number", "1e15")
    assert said.code == 0, said
    assert call("reproduce", "large:0", "--in", tmp_path / "moved").code == 0


def test_a_number_that_was_changed_is_found(home: Path, tmp_path: Path) -> None:
    """Even where its checksum was made to fit."""
    path = tmp_path / "results.sqlite"
    with sqlite3.connect(home / "results" / "mini" / "results.sqlite") as source, sqlite3.connect(path) as copy:
        source.backup(copy)
    source.close()
    columns = "identity, settings, result, message, provenance"
    row = copy.execute(f"SELECT {columns} FROM runs WHERE state = 'finished' ORDER BY identity").fetchone()
    result = json.loads(row[2])
    result["evaluation"]["objective"] = float(np.nextafter(result["evaluation"]["objective"], 9.0))
    text = json.dumps(result, sort_keys=True)
    digest = row_digest(row[0], row[1], text, row[3], row[4])
    copy.execute("UPDATE runs SET result = ?, digest = ? WHERE identity = ?", (text, digest, row[0]))
    copy.commit()
    copy.close()
    said = call("reproduce", row[0], "--in", tmp_path)
    assert said.code == 1
    assert "1 of " in said.out
    assert "evaluation.objective: was " in said.out


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("status", "mani"), "mani: got no folder and no experiment that ran here"),
        (("results", "mani"), "did you mean 'mini'?"),
        (
            ("results", "spec.toml"),
            "spec.toml: got a file that holds no results, expected a folder with a results.sqlite",
        ),
        (("reproduce", "sparse:7"), "RESULT 'sparse:7': got no such run"),
        (("reproduce", "12"), "RESULT '12': got no such run"),
        (("reproduce", "sparse:0", "--in", "nowhere"), "nowhere: got no folder"),
        (("results", "mini", "--csv", "--json"), "not allowed with argument"),
    ],
)
def test_what_is_not_there_is_told(words: tuple[str, ...], line: str) -> None:
    said = call(*words)
    assert said.code == 2
    assert line in said.err
    assert "Traceback" not in said.err


def test_fewer_seeds_are_the_first_of_them(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home / "results" / "mini", tmp_path / "out")
    said = call("run", home / "spec.toml", "--seeds", 1, "--out", tmp_path / "out")
    assert said.code == 0
    assert said.out.startswith("mini: 2 runs, 2 of them finished\n")
    lines = call("results", tmp_path / "out", "--csv").out.splitlines()
    assert [line.split(",")[:2] for line in lines[1:]] == [["sparse", "0"], ["shaped", "0"]]


def test_where_several_may_be_meant_it_is_asked_which(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        shutil.copytree(home / "results" / "mini", tmp_path / "results" / name)
    monkeypatch.chdir(tmp_path)
    said = call("results")
    assert (said.code, said.out) == (2, "")
    assert said.err == "rewardlab: EXPERIMENT: got none, and the results of 2, expected one of one, two\n"
    said = call("reproduce", "sparse:0")
    assert (said.code, said.out) == (2, "")
    folders = "results/one, results/two"
    assert said.err == f"rewardlab: RESULT 'sparse:0': got a run of 2 folders ({folders}), expected one; use --in\n"


def test_all_that_are_not_there_are_told_at_once() -> None:
    said = call("compare-reports", "mini", "mani", "other", "--out", "nowhere/page.html")
    assert (said.code, said.out) == (2, "")
    assert [line.split(": ")[1] for line in said.err.splitlines()] == ["nowhere", "mani", "other"]


def test_an_experiment_that_has_only_begun_shows_what_there_is(home: Path, tmp_path: Path) -> None:
    """One of four runs is taken away, as if it had not been done yet."""
    path = tmp_path / "results.sqlite"
    with sqlite3.connect(home / "results" / "mini" / "results.sqlite") as source, sqlite3.connect(path) as copy:
        source.backup(copy)
    copy.execute("DELETE FROM runs WHERE identity = (SELECT min(identity) FROM runs)")
    copy.commit()
    source.close()
    copy.close()
    assert call("status", tmp_path).out.startswith("mini: 3 of 4 runs finished (3 finished, 1 not begun), in ")
    said = call("results", tmp_path)
    assert said.code == 1
    assert "1 of 2" in said.out
    assert "has not run yet" in said.words
    assert call("results", tmp_path, "--csv").code == 1
    # Two of one name are told apart by their folders.
    page = tmp_path / "page.html"
    assert call("compare-reports", "mini", tmp_path, "--out", page).code == 0
    text = page.read_text(encoding="utf-8")
    assert "mini in results/mini" in text
    assert f"mini in {tmp_path}" in text


@final
class Left(io.StringIO):
    """The pipe of a reader who has left."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("w", encoding="utf-8")

    def fileno(self) -> int:
        return self._file.fileno()

    def write(self, _: str) -> int:
        raise BrokenPipeError

    def close(self) -> None:
        self._file.close()
        super().close()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (
            "run spec.toml --out results/mini",
            141,
            "rewardlab: stopped, since nobody reads any more what it says; what ",
        ),
        ("results mini", 0, ""),
        ("results mini --json", 0, ""),
    ],
)
def test_who_leaves_early_stops_a_training_and_that_is_told(
    words: str, code: int, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)  # the handlers of this process are not ours
    with Left(tmp_path / "left") as left, contextlib.redirect_stderr(io.StringIO()) as err:
        monkeypatch.setattr(sys, "stdout", left)
        assert main(words.split()) == code
        monkeypatch.undo()
    assert err.getvalue().startswith(told)
    assert bool(err.getvalue()) == bool(told)


@pytest.mark.parametrize("words", ["results mini", "results mini --json", "results mini --provenance"])
def test_an_output_that_is_closed_harms_nobody(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)  # the handlers of this process are not ours
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    code = main(words.split())
    opened = [sys.stdin, sys.stdout, sys.stderr]
    monkeypatch.undo()
    for stream in opened:
        stream.close()
    assert code == 0


def test_differences_are_told_at_their_innermost_place() -> None:
    kept = {"a": [1, {"b": 2.0}], "c": 0.1, "d": 1}
    now = {"a": [1, {"b": 2.5}], "c": 0.1, "e": 1}
    found = {(difference.place, difference.kept, difference.now) for difference in differences(kept, now)}
    assert found == {("a[1].b", 2.0, 2.5), ("d", 1, None), ("e", None, 1)}
    # Equal numbers of other types are other bits.
    assert [str(difference) for difference in differences({"x": 1}, {"x": 1.0})] == ["x: was 1, is 1.0"]
    assert differences([1, 2], [1]) != []
