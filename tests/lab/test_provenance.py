"""Where results come from: the commit of a checkout and whether it was changed, or the version of what is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rewardlab.lab import provenance
from rewardlab.lab.provenance import code_version, library_versions, run_provenance
from tests.lab.small_experiment import plan_of, small_spec

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
RUN = plan_of(small_spec()).runs[0]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that stands for that of the package."""
    place = tmp_path / "checkout" / "rewardlab" / "lab" / "provenance.py"
    place.parent.mkdir(parents=True)
    place.write_text("")
    (tmp_path / "checkout" / "rewardlab" / "__init__.py").write_text("")
    (tmp_path / "checkout" / "envs").mkdir()
    (tmp_path / "checkout" / "envs" / "world.py").write_text("")
    monkeypatch.setattr(provenance, "__file__", str(place))
    code_version.cache_clear()
    yield tmp_path / "checkout"
    code_version.cache_clear()


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    done = subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@needs_git
def test_a_checkout_is_known_by_its_commit(package: Path) -> None:
    git(package, "init", "-q")
    git(package, "add", ".")
    git(package, "commit", "-q", "-m", "all")
    found = code_version()
    assert found == {
        "version": library_versions()["rewardlab"],
        "commit": git(package, "rev-parse", "HEAD"),
        "dirty": False,
    }
    # What is no part of the package does not count.
    (package / "notes.txt").write_text("")
    code_version.cache_clear()
    assert code_version()["dirty"] is False
    (package / "envs" / "world.py").write_text("changed")
    code_version.cache_clear()
    assert code_version() == found | {"dirty": True}


@needs_git
def test_asking_writes_nothing_so_that_a_killed_run_leaves_no_lock_behind(package: Path) -> None:
    git(package, "init", "-q")
    git(package, "add", ".")
    git(package, "commit", "-q", "-m", "all")
    index = package / ".git" / "index"
    # As it stood, but touched since: git status looks into the file, and then would note in the index that it did.
    os.utime(package / "envs" / "world.py", (1, 1))
    before = index.read_bytes()
    assert code_version()["dirty"] is False
    assert index.read_bytes() == before
    git(package, "status")
    assert index.read_bytes() != before


@needs_git
def test_what_is_installed_below_a_strangers_checkout_is_none(package: Path) -> None:
    git(package, "init", "-q")
    (package / ".gitignore").write_text("rewardlab\n")
    git(package, "add", ".")
    git(package, "commit", "-q", "-m", "all but the package")
    assert code_version() == {"version": library_versions()["rewardlab"], "commit": None, "dirty": None}


def test_without_git_there_is_a_version_all_the_same(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert code_version() == {"version": library_versions()["rewardlab"], "commit": None, "dirty": None}


def test_the_versions_are_those_that_are_installed() -> None:
    assert {"gymnasium", "numpy", "rewardlab", "scipy", "stable-baselines3", "torch"} <= set(library_versions())
    assert library_versions()["numpy"] == sys.modules["numpy"].__version__


def test_the_provenance_of_a_run_names_what_its_numbers_depend_on() -> None:
    found = run_provenance(RUN.training, spec_hash="abc", engine="LocalEngine", seconds=1.23456)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert (found["spec_hash"], found["engine"], found["seconds"]) == ("abc", "LocalEngine", 1.235)
    assert found["seeds"]["learner_seed"] == RUN.training.learner_seed
    assert (found["threads"], found["device"]) == (1, "cpu")
    assert set(found["code"]) == {"version", "commit", "dirty"}
