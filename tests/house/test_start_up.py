"""Starting is quick, because what is slow to load is loaded only where it is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

LEARNERS = {"torch", "stable_baselines3", "sb3_contrib"}
ALL_THAT_IS_SLOW = LEARNERS | {"gymnasium", "matplotlib", "numba", "numpy", "pydantic", "scipy"}


@pytest.mark.parametrize(
    ("arguments", "not_loaded"),
    [
        (["-c", "import rewardlab"], ALL_THAT_IS_SLOW),
        (["-c", "from rewardlab import BadInput"], ALL_THAT_IS_SLOW),
        (["-c", "import rewardlab.mdp, rewardlab.rewards, rewardlab.wrappers"], LEARNERS | {"matplotlib"}),
        (["-c", "import rewardlab_envs"], LEARNERS | {"matplotlib", "scipy"}),
        (
            ["-c", "import gymnasium; gymnasium.make('rewardlab_envs:rewardlab/Delivery-v0').reset(seed=0)"],
            LEARNERS | {"matplotlib"},
        ),
        (["-m", "rewardlab.cli", "--help"], LEARNERS | {"matplotlib", "scipy"}),
        (["-m", "rewardlab.cli", "losses"], LEARNERS | {"matplotlib", "scipy"}),
        (
            ["-c", "from rewardlab.losses.advice import advise; advise('tokens', 'plain', 'overfitting')"],
            LEARNERS | {"matplotlib", "scipy", "gymnasium"},
        ),
    ],
    ids=lambda value: value[1] if isinstance(value, list) else "",
)
def test_what_is_slow_to_load_is_left_alone(arguments: list[str], not_loaded: set[str]) -> None:
    assert _loaded(arguments) & not_loaded == set()


def test_the_probe_sees_what_is_loaded() -> None:
    assert "numpy" in _loaded(["-c", "import numpy"])


def test_the_command_line_prints_its_help() -> None:
    command = [sys.executable, "-m", "rewardlab.cli", "--help"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "usage: rewardlab" in printed
    assert "run" in printed


def _loaded(arguments: list[str]) -> set[str]:
    """The packages that a fresh Python loads in the course of a command."""
    command = [sys.executable, "-X", "importtime", *arguments]
    log = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    imported = (line.rsplit("|", 1)[1].strip() for line in log.splitlines() if line.startswith("import time:"))
    return {name.split(".")[0] for name in imported}
