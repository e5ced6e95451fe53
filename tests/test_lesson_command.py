"""`rewardlab lesson`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from rewardlab.lessons import CHAPTERS, lesson, lessons
from tests.command_line import call
from tests.house.project import ROOT

WITHOUT_PICTURE = next(one.name for one in lessons() if one.draw is None)


def test_without_a_name_all_are_listed_by_chapter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = call("lesson")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if line != line.rstrip()] == []
    places = [lines.index(chapter) for chapter in CHAPTERS]
    assert places == sorted(places)
    assert [line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "] == [
        one.name for one in lessons()
    ]
    assert said.words.count("(picture)") == sum(one.draw is not None for one in lessons())


def test_a_name_tells_that_lesson() -> None:
    said = call("lesson", "mean-or-median")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == lesson("mean-or-median").lines()


def test_a_lesson_with_a_picture_says_how_to_get_it(tmp_path: Path) -> None:
    assert call("lesson", "huber-table").out.endswith("There is a picture: rewardlab lesson huber-table --out DIR\n")
    said = call("lesson", "huber-table", "--out", tmp_path / "pictures")
    assert said.code == 0
    assert said.out.endswith(f"\nWritten: {tmp_path / 'pictures' / 'huber-table.png'}\n")
    assert (tmp_path / "pictures" / "huber-table.png").read_bytes().startswith(b"\x89PNG")


def test_where_there_is_no_picture_it_says_so(tmp_path: Path) -> None:
    said = call("lesson", WITHOUT_PICTURE, "--out", tmp_path / "pictures")
    assert (said.code, said.err) == (0, "")
    assert said.out.endswith("\nThis lesson has no picture.\n")
    assert list(tmp_path.iterdir()) == []


def test_of_all_only_those_with_a_picture_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    some = [lesson(WITHOUT_PICTURE), lesson("huber-table"), lesson("one-number")]
    monkeypatch.setattr("rewardlab.lessons.lessons", lambda: some)
    said = call("lesson", "--all", "--out", tmp_path)
    written = [line for line in said.out.splitlines() if "picture" in line or "Written" in line]
    assert written == [f"Written: {tmp_path / 'huber-table.png'}"]


def test_all_are_told_one_after_the_other() -> None:
    said = call("lesson", "--all")
    assert said.code == 0
    places = [said.out.index(f"{one.title}\n{'=' * len(one.title)}\n") for one in lessons()]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["mean-or-medain"], ["lesson: got 'mean-or-medain'", "did you mean 'mean-or-median'?"]),
        (["zzz"], ["lesson: got 'zzz'", "`rewardlab lesson` lists them"]),
        (["--out", "x"], ["--out: got no lesson", "expected a name, or --all"]),
        (["huber-table", "--all"], ["--all: got a name too, 'huber-table'", "either a name or --all"]),
        (["huber-table", "--json"], ["unrecognized arguments: --json", "another command has it"]),
        (["--alll"], ["unrecognized arguments: --alll", "did you mean '--all'?"]),
    ],
)
def test_a_slip_is_refused_in_one_line(arguments: list[str], words: list[str]) -> None:
    said = call("lesson", *arguments)
    assert (said.code, said.out) == (2, "")
    (line,) = said.err.splitlines()
    assert all(word in line for word in words)


def test_a_file_where_the_folder_should_be_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    said = call("lesson", "huber-table", "--out", tmp_path / "taken")
    assert (said.code, said.out) == (2, "")
    assert said.err.endswith(f"and '{tmp_path / 'taken'}' is a file, expected a folder\n")


@pytest.mark.parametrize("arguments", [[], ["huber-table"]])
def test_what_is_slow_to_load_is_left_alone(arguments: list[str]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "rewardlab.cli", "lesson", *arguments]
    log = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    loaded = {line.rsplit("|", 1)[1].strip().split(".")[0] for line in log.splitlines() if "|" in line}
    assert "numpy" in loaded
    assert loaded & {"torch", "scipy", "matplotlib"} == set()


def test_the_page_lists_every_lesson_and_shows_one_as_it_is() -> None:
    page = (ROOT / "docs" / "lessons.md").read_text(encoding="utf-8")
    listed = "\n".join(
        f"\n**{chapter}**\n\n" + "\n".join(f"- `{one.name}`: {one.title}" for one in members)
        for chapter, members in CHAPTERS.items()
    )
    assert page.endswith(f"{listed}\n"), f"the end of docs/lessons.md should be{listed}"
    shown = re.search(r"^```text\n(.*?)\n```$", page, re.MULTILINE | re.DOTALL)
    assert shown is not None
    assert shown[1].splitlines() == lesson("share-or-slope").lines()
