"""The catalogue of bad inputs, row by row, through the command line: what is said, exit codes, and nothing written.

Rows 41 to 57 are of environments, wrappers and losses, and tested where these are.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rewardlab.lab import ResultStore, at_work, plan_experiment, read_spec, submission
from tests.bad_input import SLIPS, SPEC, Slip
from tests.command_line import Said, call

ROOT = Path(__file__).parent.parent


def said_of(told: str, said: str) -> bool:
    """Whether it is said, where ``...`` stands for anything."""
    return re.fullmatch(".*".join(map(re.escape, told.split("..."))) + ".*", said) is not None


def refused(said: Said, code: int = 2) -> list[str]:
    """The lines that were said by a command that did nothing."""
    assert (said.code, said.out) == (code, "")
    lines = said.err.splitlines()
    assert lines
    assert all(line.startswith("rewardlab: ") for line in lines)
    assert "Traceback" not in said.err
    return [line.removeprefix("rewardlab: ") for line in lines]


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"row {slip.row}")
def test_a_slip_in_a_spec_is_told_with_its_line_and_the_likely_remedy(slip: Slip, tmp_path: Path) -> None:
    path = tmp_path / "spec.toml"
    path.write_text(slip.text, encoding="utf-8")
    begun = time.process_time()
    lines = refused(call("run", path, "--out", tmp_path / "out"))
    assert time.process_time() - begun < 1.0
    assert len(lines) == len(slip.told), lines
    for line, told in zip(lines, slip.told, strict=True):
        place = f"{path}{told}" if told.startswith(":") else f"{path}:{told}"
        assert said_of(place.replace("FILE", str(path)), line), line
    assert list(tmp_path.iterdir()) == [path]


def test_all_problems_are_told_at_once_in_the_order_of_the_rooms(tmp_path: Path) -> None:
    path = tmp_path / "spec.toml"
    text = SPEC.replace("gamma = 0.97", "gamma = 99").replace('"speed"', '"sped"').replace('"distance"', '"distanse"')
    path.write_text(text, encoding="utf-8")
    lines = refused(call("run", path, "--out", tmp_path / "out"))
    assert [line.partition(": ")[0] for line in lines] == [f"{path}:{number}" for number in (13, 19, 23)]
    assert [line.rpartition("; ")[2] for line in lines] == [
        "did you mean 0.99?",
        "did you mean 'speed'?",
        "did you mean 'distance'?",
    ]


def _missing(folder: Path) -> Path:
    return folder / "none.toml"


def _holding(content: bytes, name: str = "spec.toml") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


NO_SPECS = [
    (2, _missing, ": got no file, expected a TOML file, seen from /"),
    (3, lambda folder: folder, ": got a folder, expected a TOML file"),
    (
        3,
        _holding(bytes(range(256))),
        ":2: got a byte that is not UTF-8 at offset 128, in line 2, expected UTF-8 text",
    ),
    (3, _holding(b"\x00\x01"), ":1: got text that is not TOML ("),
    (3, _holding(b"#" * 10_000_001), ": got 10000001 bytes, expected at most 1000000"),
    (
        4,
        _holding(b"x = 1\ny = '\xff'\n"),
        ":2: got a byte that is not UTF-8 at offset 11, in line 2, expected UTF-8",
    ),
    (8, _holding(b"learning_rate: 1e-3\n", "spec.yaml"), ": got a YAML file, expected TOML; rewrite it as .toml"),
    (8, _holding(b"learning_rate: 1e-3\n"), ":1: got text that is not TOML (...; TOML writes key = value"),
]


@pytest.mark.parametrize(
    ("row", "make", "told"),
    NO_SPECS,
)
def test_what_is_no_spec_is_told_in_one_line(row: int, make: Callable[[Path], Path], told: str, tmp_path: Path) -> None:
    path = make(tmp_path)
    before = sorted(tmp_path.iterdir())
    (line,) = refused(call("run", path, "--out", tmp_path / "out"))
    assert line.startswith(str(path))
    assert said_of(told, line.removeprefix(str(path)))
    assert sorted(tmp_path.iterdir()) == before


def test_an_empty_file_is_told_what_every_spec_has(tmp_path: Path) -> None:  # row 3
    lines = refused(call("run", _holding(b"")(tmp_path), "--out", tmp_path / "out"))
    assert [line.removeprefix(f"{tmp_path}/spec.toml:1: ") for line in lines] == [
        f"{key}: got nothing, expected a value: the key is required"
        for key in ("version", "name", "environment", "variants", "seeds", "budget_steps")
    ]


WORDS = [
    (1, ("rnu",), "argument COMMAND: invalid choice: 'rnu' ...; did you mean 'run'?"),
    (38, ("run", "SPEC", "--workers", "0"), "--workers: got 0, expected a number of processes in [1, 256]"),
    (38, ("run", "SPEC", "--workers", "-1"), "--workers: got -1, expected a number of processes in [1, 256]"),
    (38, ("run", "SPEC", "--workers", "1000"), "--workers: got 1000, expected a number of processes in [1, 256]"),
    (38, ("run", "SPEC", "--workers", "two"), "argument --workers: invalid int value: 'two'"),
    (
        39,
        ("run", "SPEC", "--resume"),
        "unrecognized arguments: --resume; it is not needed: `rewardlab run` goes on...",
    ),
    (40, ("run", "SPEC", "--continue"), "unrecognized arguments: --continue; it is not needed: ..."),
]


@pytest.mark.parametrize(
    ("row", "arguments", "told"),
    WORDS,
)
def test_words_of_the_command_line_that_make_no_sense(
    row: int, arguments: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    path = tmp_path / "spec.toml"
    path.write_text(SPEC, encoding="utf-8")
    out = ("--out", str(tmp_path / "out")) if len(arguments) > 1 else ()
    (line,) = refused(call(*(str(path) if word == "SPEC" else word for word in arguments), *out))
    assert said_of(told, line), line
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_meant_as_it_is_written_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "spec.toml"
    # Row 4: a byte order mark. Row 8: 1e-3 is a number in TOML. Row 27: names are data and never paths.
    text = SPEC.replace("n_epochs = 10", "learning_rate = 1e-3")
    for name in ("../x", "/etc", "CON", "a.", "<img src=x onerror=alert(1)>"):  # the last one is row 28
        path.write_bytes(b"\xef\xbb\xbf" + text.replace('"hacked"', f'"{name}"').encode())
        plan = plan_experiment(read_spec(path), str(path))
        assert plan.runs[0].variant == name
        assert plan.runs[0].training.algorithm_settings["learning_rate"] == 0.001


def test_the_steps_that_are_run_are_told_where_whole_rollouts_are_more_than_the_budget(
    tmp_path: Path,
) -> None:  # row 23
    path = tmp_path / "spec.toml"
    learner = '[algorithm]\nname = "q_learning"\nnum_envs = 16\n'
    text = re.sub(r"\[algorithm\].*?(?=\[\[)", learner, SPEC, flags=re.DOTALL)
    text = text.replace("budget_steps = 4000", "budget_steps = 100").replace("seeds = [0, 1]", "seeds = 1")
    path.write_text(text.partition('[[variants]]\nname = "shaped"')[0], encoding="utf-8")
    said = call("run", path, "--out", tmp_path / "out", "--workers", 1)
    assert said.code == 0
    assert "112 steps will be run instead of 100, since whole rollouts are finished\n" in said.out
    assert ",112," in (tmp_path / "out" / "results.csv").read_text(encoding="utf-8")


def _in_the_way(folder: Path) -> None:
    folder.write_text("in the way")


def _no_store(folder: Path) -> None:
    folder.mkdir()
    (folder / "results.sqlite").write_text("no store at all, but a text of some length" * 100)


def _newer_store(folder: Path) -> None:
    ResultStore(folder / "results.sqlite")
    connection = sqlite3.connect(folder / "results.sqlite")
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def _of_another_experiment(folder: Path) -> None:
    spec = folder.parent / "other.toml"
    spec.write_text(SPEC.replace('"small"', '"other"'), encoding="utf-8")
    with at_work(ResultStore(folder / "results.sqlite"), submission(plan_experiment(read_spec(spec), "other"))):
        pass


FOLDERS = [
    (
        37,
        _in_the_way,
        4,
        "/results.sqlite: got ...; make this folder writable, or take another one; `rewardlab run` has --out for it",
    ),
    (
        37,
        _of_another_experiment,
        3,
        ": got the results of 'other', expected a folder for 'small'; choose another folder with --out",
    ),
    (
        63,
        _no_store,
        4,
        "/results.sqlite: got file is not a database, expected a results file as rewardlab wrote it; ...",
    ),
    (63, _newer_store, 4, "/results.sqlite: got version 99, expected a store of version 1 to ...; ..."),
]


@pytest.mark.parametrize(
    ("row", "spoil", "code", "told"),
    FOLDERS,
)
def test_a_folder_that_cannot_hold_the_results_is_told_and_left_alone(
    row: int, spoil: Callable[[Path], None], code: int, told: str, tmp_path: Path
) -> None:
    path, folder = tmp_path / "spec.toml", tmp_path / "out"
    path.write_text(SPEC, encoding="utf-8")
    spoil(folder)
    before = _contents(folder)
    (line,) = refused(call("run", path, "--out", folder), code)
    assert said_of(f"{folder}{told}", line), line
    assert _contents(folder) == before


def _contents(folder: Path) -> dict[str, bytes]:
    files = [folder] if folder.is_file() else [*folder.iterdir()]
    return {file.name: file.read_bytes() for file in files if not file.name.endswith(("-shm", "-wal"))}


def test_of_an_experiment_that_has_not_begun_there_is_a_report_too(tmp_path: Path) -> None:  # row 64
    spec = tmp_path / "spec.toml"
    spec.write_text(SPEC, encoding="utf-8")
    with at_work(ResultStore(tmp_path / "results.sqlite"), submission(plan_experiment(read_spec(spec), "spec"))):
        pass
    assert call("status", tmp_path).out.startswith("small: 0 of 4 runs finished (4 not begun)")
    said = call("results", tmp_path)
    assert (said.code, said.err) == (1, "")
    assert "0 of 2" in said.out
    assert "has not run yet" in said.words
    (line,) = refused(call("results", tmp_path / "nowhere"))
    assert "got no folder" in line


ALONE = {
    23: "test_the_steps_that_are_run_are_told_where_whole_rollouts_are_more_than_the_budget",
    64: "test_of_an_experiment_that_has_not_begun_there_is_a_report_too",
    28: "test_what_is_meant_as_it_is_written_is_accepted",
}
"""Rows that have a test of their own."""

ELSEWHERE = {
    27: ("tests/test_run_command.py", "test_a_renamed_variant_is_not_trained_again"),
    58: ("tests/agents/checkpoints/test_checkpoint_refusals.py", "test_a_missing_one_is_told_with_the_names_that_were"),
    59: ("tests/agents/checkpoints/test_checkpoint_refusals.py", "test_a_damaged_one_is_told_with_both_hashes"),
    60: ("tests/agents/checkpoints/test_checkpoint_refusals.py", "test_one_of_another_run_is_refused_and_left_alone"),
    61: ("tests/agents/checkpoints/test_checkpoint_refusals.py", "test_one_of_another_run_is_refused_and_left_alone"),
    62: ("tests/agents/checkpoints/test_checkpoint_refusals.py", "test_code_is_refused_and_named_and_never_run"),
}
"""Rows that are tested where a checkpoint is read, which no command does."""


def test_every_row_is_tested_somewhere() -> None:
    tables = {slip.row for slip in SLIPS} | {int(str(row[0])) for row in [*NO_SPECS, *WORDS, *FOLDERS]}
    tested = tables | set(ALONE) | set(ELSEWHERE)
    assert {*range(1, 41), *range(58, 65)} - tested == set()
    assert all(name in globals() for name in ALONE.values())
    for file, test in ELSEWHERE.values():
        assert f"def {test}" in (ROOT / file).read_text(encoding="utf-8")
