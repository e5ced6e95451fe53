"""`rewardlab new`: what is written, and which names are refused, with nothing written."""

from __future__ import annotations

import ast
import json
import runpy
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import gymnasium
import pytest

from rewardlab.errors import BadInput
from rewardlab.lab.plan import plan_experiment
from rewardlab.lab.spec import read_spec
from rewardlab.scaffolding import name_problems, write_package
from tests.command_line import call

KINDS = ("env", "reward", "wrapper", "loss", "experiment")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of its own, in which packages are written and imported."""
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in ("pond", "fair_pay", "squash"):
            del sys.modules[name]
    gymnasium.registry.pop("pond/Pond-v0", None)


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_is_whole(here: Path, kind: str) -> None:
    said = call("new", kind, "pond")
    assert (said.code, said.err) == (0, "")
    written = sorted(path for path in (here / "pond").rglob("*") if path.is_file())
    assert [str(path.relative_to(here)) for path in written] == said.out.split("\n\n")[0].splitlines()
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert "$" not in text
        if path.suffix == ".py":
            ast.parse(text)
        if path.suffix == ".toml":
            tomllib.loads(text)
        if path.name == "README.md":
            assert 8 <= len(text.splitlines()) <= 20
    if kind == "experiment":
        plan = plan_experiment(read_spec(here / "pond" / "experiment.toml"), "experiment.toml")
        assert len(plan.runs) == 15  # three variants, five seeds


@pytest.mark.parametrize(("kind", "name"), [("env", "pond"), ("reward", "fair_pay"), ("wrapper", "squash")])
def test_what_is_written_conforms(here: Path, monkeypatch: pytest.MonkeyPatch, kind: str, name: str) -> None:
    write_package(kind, name, here)
    monkeypatch.chdir(here / name)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    said = call("check", name, "--json")
    assert said.code == 0, said.out + said.err
    told = json.loads(said.out)["checked"]
    assert {answer["verdict"] for each in told for answer in each["answers"]} == {"ok"}


def held(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Call the tests of a package that was written, all but those of conformance, and say how many there are."""
    monkeypatch.syspath_prepend(folder)
    (path,) = (folder / "tests").glob("test_*.py")
    words = runpy.run_path(str(path))
    own = [words[word] for word in words if word.startswith("test_") and "conform" not in word]
    for test in own:
        test()
    return len(own)


@pytest.mark.parametrize(("kind", "name"), [("env", "pond"), ("reward", "fair_pay"), ("wrapper", "squash")])
def test_its_own_tests_hold(here: Path, monkeypatch: pytest.MonkeyPatch, kind: str, name: str) -> None:
    write_package(kind, name, here)
    assert held(here / name, monkeypatch) == 1


@pytest.mark.slow  # two trainings
@pytest.mark.timeout(900)
def test_the_search_that_its_page_names_finds_the_loophole(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_package("env", "pond", here)
    monkeypatch.syspath_prepend(here / "pond")
    (line,) = (each for each in (here / "pond" / "README.md").read_text().splitlines() if "--search" in each)
    program, *words = line.partition("#")[0].split()
    said = call(*words, "--allow-code", "pond")
    assert (program, said.code) == ("rewardlab", 0)  # samples prove nothing: a caution
    assert "CAUTION exploit (sampled)" in said.words
    assert "known exploit picks_again in 100 % of episodes" in said.words


@pytest.mark.parametrize(
    ("kind", "name", "file", "right", "wrong"),
    [
        ("env", "pond", "environment.py", "self._carried = picked", "self._carried = False"),
        ("env", "pond", "rewards.py", '("picked", picked, 0.5)', '("picked", picked, 0.0)'),
        ("reward", "fair_pay", "reward.py", '("fell", fell, -1.0)', '("fell", fell, 1.0)'),
        ("wrapper", "squash", "wrapper.py", "np.tanh(", "np.sign("),
    ],
    ids=["a hand that picks up nothing", "no loophole", "a fall that pays", "another formula"],
)
def test_its_own_tests_see_a_fault(
    here: Path, monkeypatch: pytest.MonkeyPatch, kind: str, name: str, file: str, right: str, wrong: str
) -> None:
    write_package(kind, name, here)
    source = here / name / name / file
    text = source.read_text(encoding="utf-8")
    assert text.count(right) == 1
    source.write_text(text.replace(right, wrong), encoding="utf-8")
    with pytest.raises(AssertionError):
        held(here / name, monkeypatch)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "got '', expected small letters"),
        ("../pond", "got '../pond', expected small letters, digits and underscores, .*; did you mean 'pond'"),
        ("/pond", "got '/pond', expected small letters"),
        ("pond/fish", "got 'pond/fish', expected small letters, .*; did you mean 'pond_fish'"),
        ("My-Pond", "got 'My-Pond', expected small letters, .*; did you mean 'my_pond'"),
        ("9lives", "got '9lives', expected small letters, digits and underscores, beginning with a letter"),
        ("_pond", "got '_pond', expected small letters"),
        ("p\x00nd", "expected small letters"),
        ("teich\n", "expected small letters"),
        ("müde", "expected small letters"),
        ("class", "got 'class', expected a name that is no word of Python"),
        ("match", "got 'match', expected a name that is no word of Python"),
        ("json", "got 'json', expected a name that is not taken"),
        ("rewardlab", "got 'rewardlab', expected a name that is not taken"),
        ("numpy", "got 'numpy', expected a name that is not taken; a module of that name is there already"),
        ("p" * 41, "got 41 characters, expected at most 40"),
    ],
)
def test_a_wrong_name_is_told_and_nothing_is_written(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(BadInput, match=f"NAME: {message}|NAME: .*{message}"):
        write_package("env", name, tmp_path)
    assert [*tmp_path.iterdir()] == []
    assert len(name_problems(name)) == 1


def test_an_experiment_may_have_the_name_of_a_package(here: Path) -> None:
    assert write_package("experiment", "numpy", here).folder == here / "numpy"


def test_nothing_that_is_there_is_written_over(here: Path) -> None:
    (here / "pond").mkdir()
    (here / "pond" / "kept.txt").write_text("mine", encoding="utf-8")
    said = call("new", "env", "pond")
    assert (said.code, said.out) == (2, "")
    assert "pond, which is there already, expected a name that is new" in said.err
    assert [path.name for path in (here / "pond").iterdir()] == ["kept.txt"]
    (here / "lake").symlink_to(here / "elsewhere")
    assert call("new", "env", "lake").code == 2
    assert not (here / "elsewhere").exists()


def test_a_wrong_kind_and_a_wrong_folder_are_told(here: Path) -> None:
    assert "invalid choice: 'envs'" in call("new", "envs", "pond").err
    said = call("new", "env", "My Pond", "--out", "nowhere")
    assert said.code == 2
    assert [line.partition(":")[2].strip()[:14] for line in said.err.splitlines()] == [
        "NAME: got 'My ",
        "--out: got now",
    ]
    (here / "file").write_text("", encoding="utf-8")
    assert call("new", "env", "pond", "--out", "file").code == 2
