"""What `rewardlab new` writes works untouched: in a fresh environment with the built wheel, far from any checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.house.project import ROOT

pytestmark = pytest.mark.slow

_LEFT_BEHIND = shutil.ignore_patterns(".*", "build", "dist", "results", "*.egg-info", "__pycache__", "tests", "docs")
_FULL_ID = "my_garden:my_garden/MyGarden-v0"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a virtual environment into which the wheel is installed, and one package of each kind."""
    folder = tmp_path_factory.mktemp("alone")
    shutil.copytree(ROOT, folder / "source", ignore=_LEFT_BEHIND)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(folder / "source")]
    _run([*pip, *build], folder)
    shutil.rmtree(folder / "source")
    venv.create(folder / "venv")
    home = Path(_run([str(folder / "venv/bin/python"), "-c", "import site; print(site.getsitepackages()[0])"], folder))
    # What rewardlab needs is taken from where the tests run; of a folder that is added so no .pth file is read, and
    # with it not the link to the checkout.
    (home / "needed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    (wheel,) = folder.glob("rewardlab-*.whl")
    into = [*pip, "--python", str(folder / "venv/bin/python"), "install", "--no-deps", "--no-build-isolation"]
    _run([*into, "--ignore-installed", str(wheel)], folder)
    for kind, name in (("env", "my_garden"), ("reward", "fair_pay"), ("wrapper", "squash"), ("loss", "cosh_loss")):
        _rewardlab(folder, "new", kind, name)
        _run([*into, f"./{name}"], folder)
    return folder


def test_it_is_the_wheel_that_is_used(alone: Path) -> None:
    code = "import rewardlab, rewardlab_envs, sys; print(rewardlab.__file__, rewardlab_envs.__file__, *sys.path)"
    where = _run([str(alone / "venv/bin/python"), "-c", code], alone).split()
    assert all(Path(file).is_relative_to(alone / "venv") for file in where[:2])
    assert str(ROOT) not in where


@pytest.mark.parametrize("name", ["my_garden", "fair_pay", "squash", "cosh_loss"])
def test_it_conforms_and_its_own_tests_and_types_hold(alone: Path, name: str) -> None:
    assert _rewardlab(alone, "check", name).rstrip().splitlines()[-1].startswith(f"{name} conforms")
    python = str(alone / "venv/bin/python")
    assert "passed" in _run([python, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider"], alone / name)
    assert "no issues" in _run([python, "-m", "mypy", "--cache-dir", str(alone / "types")], alone / name)
    ruff = str(Path(sys.executable).with_name("ruff"))
    _run([ruff, "check", "--isolated", "--line-length", "120", "--select", "E,F,I,UP,B", "."], alone / name)
    _run([ruff, "format", "--isolated", "--line-length", "120", "--check", "."], alone / name)


def test_the_environment_is_listed_audited_and_compared(alone: Path) -> None:
    assert _FULL_ID in _rewardlab(alone, "list")
    audited = _rewardlab(alone, "audit", _FULL_ID, "--reward", "picks")
    assert "picked: fires in" in audited
    compared = _rewardlab(
        alone, "compare", _FULL_ID, "--reward", "home", "--reward", "picks", "--seeds", "2", "--steps", "3000"
    )
    assert all(f"{name}, seed {seed}: finished" in compared for name in ("home", "picks") for seed in (0, 1))
    assert (alone / "results").is_dir()


def _rewardlab(folder: Path, *arguments: str) -> str:
    return _run([str(folder / "venv/bin/rewardlab"), *arguments], folder)


def _run(command: list[str], folder: Path) -> str:
    # Without what would lead back to the checkout.
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "MYPYPATH")}
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{command}\n{result.stdout}{result.stderr}"
    return result.stdout.strip()
