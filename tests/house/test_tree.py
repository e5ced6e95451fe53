"""The files themselves: their names, their length, what may not stand in them, and one version for all."""

from __future__ import annotations

import re
import tomllib
from importlib import resources

import pytest

import rewardlab
from tests.house.project import EXAMPLES, ROOT, files, modules

LONGEST = 400
MACHINE_PATH = re.compile(r"(?<![.\w])/(work|farm|root|tmp|home|opt|mnt)/[a-z]")
INDEX_ADDRESS = re.compile(r"https?://\S*(/simple\b|registry|/wheels?\b)")
DRAWERS = {"util", "utils", "common", "helper", "helpers", "misc"}
TEXT = {".py", ".md", ".toml", ".txt", ".cfg", ".yml", ".yaml", ".sh", ".html", ".css", ".js", ".json", ""}


def test_no_file_names_a_place_of_one_machine() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in files() if path.suffix in TEXT}
    assert {path.name for path in texts} >= {"pyproject.toml", "Makefile", "constraints.txt", "errors.py"}
    assert [
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path, text in texts.items()
        for pattern in (MACHINE_PATH, INDEX_ADDRESS)
        if (found := pattern.search(text))
    ] == []


@pytest.mark.parametrize("root", ["work", "root", "tmp", "home"])
def test_a_place_of_one_machine_would_be_seen(root: str) -> None:
    assert MACHINE_PATH.search(f"see '/{root}/me/rewardlab' for it")
    assert not MACHINE_PATH.search(f"see docs/{root}/me and ../{root}/me")


@pytest.mark.parametrize("end", ["simple/torch", "wheels/torch.whl"])
def test_an_address_of_an_index_would_be_seen(end: str) -> None:
    assert INDEX_ADDRESS.search(f"https://example.org/{end}")


def test_no_file_is_a_drawer() -> None:
    assert [path for path in files() if {path.stem, path.parent.name} & DRAWERS] == []


def test_no_module_is_long() -> None:
    written = modules() | {str(path.relative_to(ROOT)): path for path in EXAMPLES.rglob("*.py")}
    assert "examples/thermostat/thermostat/room.py" in written
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in written.items()}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_one_version_for_all() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    newest = re.search(r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest
    assert newest[1] == declared
    assert rewardlab.__version__ == declared, "the installed package is of another version: run `make setup`"


def test_the_experiments_are_installed() -> None:
    installed = resources.files("rewardlab_experiments")
    written = {path.parent.name for path in (ROOT / "experiments").glob("*/experiment.toml")}
    assert written
    assert {name for name in written if not (installed / name / "experiment.toml").is_file()} == set()
