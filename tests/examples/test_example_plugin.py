"""The package in examples/ is installed as a stranger's is, and does what a stranger's should."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_line import COMMAND
from tests.house.project import ROOT

THERMOSTAT = "thermostat:thermostat/Thermostat-v0"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of a process in which the package is installed, of a copy, for pip writes beside the sources."""
    source = shutil.copytree(ROOT / "examples" / "thermostat", tmp_path_factory.mktemp("source") / "thermostat")
    packages = tmp_path_factory.mktemp("site-packages")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q", "--no-index", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", "--target", packages, source], check=True)
    return {**os.environ, "PYTHONPATH": str(packages)}


def said(installed: dict[str, str], *command: str | Path, folder: Path) -> tuple[int, str]:
    done = subprocess.run(command, env=installed, cwd=folder, capture_output=True, text=True, timeout=100)
    return done.returncode, done.stdout + done.stderr


def test_its_own_tests_pass(installed: dict[str, str], tmp_path: Path) -> None:
    tests = shutil.copytree(ROOT / "examples" / "thermostat" / "tests", tmp_path / "tests")
    pytest_here = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", tests]
    code, out = said(installed, *pytest_here, folder=tmp_path)
    assert code == 0, out
    assert "6 passed" in out


def test_it_is_listed_without_being_imported(installed: dict[str, str], tmp_path: Path) -> None:
    code, out = said(installed, *COMMAND, "list", folder=tmp_path)
    assert code == 0
    assert THERMOSTAT in out


@pytest.mark.parametrize(("reward", "code", "verdict"), [("sensor", 1, "UNSAFE"), ("sensor_in_the_dark", 0, "SAFE")])
def test_the_audit_knows_its_rewards(
    reward: str, code: int, verdict: str, installed: dict[str, str], tmp_path: Path
) -> None:
    found, out = said(installed, *COMMAND, "audit", THERMOSTAT, "--reward", reward, folder=tmp_path)
    assert found == code
    assert f"\n{verdict}: " in out
    assert ("warms_the_sensor" in out) == (verdict == "UNSAFE")


@pytest.mark.slow  # three trainings in processes of their own
def test_its_experiment_comes_out_as_its_page_says(installed: dict[str, str], tmp_path: Path) -> None:
    experiment = ROOT / "examples" / "thermostat" / "experiment.toml"
    code, out = said(installed, *COMMAND, "run", experiment, "--seeds", "3", folder=tmp_path)
    assert code == 0
    rows = {line.split("  ")[0].strip(): line.split() for line in out.splitlines() if line.strip()}
    assert rows["objective, best 52.9"][-3] == "0"
    assert all(float(number) > 52 for number in rows["objective, best 52.9"][-2:])
