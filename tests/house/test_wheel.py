"""What is installed from the wheel is complete: both packages, their types, and the experiments."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.project import ROOT

pytestmark = pytest.mark.slow  # and it needs a package index, which the others do not


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel of this tree is unpacked, by way of the source archive."""
    folder = tmp_path_factory.mktemp("wheel")
    built, target = folder / "dist", folder / "site"
    _run([sys.executable, "-m", "build", "--outdir", str(built), str(ROOT)], folder)
    (wheel,) = built.glob("*.whl")
    _run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(target), str(wheel)], folder)
    return target


def test_it_holds_every_module_type_marker_and_experiment(installed: Path) -> None:
    written = {
        *(path.relative_to(ROOT) for path in (ROOT / "rewardlab").rglob("*.py")),
        *(path.relative_to(ROOT / "envs") for path in (ROOT / "envs" / "rewardlab_envs").rglob("*.py")),
        *(Path("rewardlab_experiments") / path.relative_to(ROOT / "experiments") for path in _experiments()),
        Path("rewardlab/py.typed"),
        Path("rewardlab_envs/py.typed"),
    }
    assert {path for path in written if not (installed / path).is_file()} == set()


def test_it_lists_its_experiments_far_from_the_tree(installed: Path, tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(installed)}
    where = _run([sys.executable, "-c", "import rewardlab; print(rewardlab.__file__)"], tmp_path, environment)
    assert str(installed) in where
    listed = _run([sys.executable, "-m", "rewardlab.cli", "list"], tmp_path, environment)
    assert {path.parent.name for path in _experiments()} <= set(listed.split())


def _experiments() -> list[Path]:
    return [*(ROOT / "experiments").glob("*/experiment.toml")]


def _run(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> str:
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout
