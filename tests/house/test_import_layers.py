"""Left never imports right: the rooms of docs/architecture.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house.import_layers import MAY_IMPORT, faults
from tests.house.project import CODE, ROOT


@pytest.mark.parametrize("package", CODE, ids=lambda package: package.name)
def test_no_room_imports_what_stands_to_its_right(package: Path) -> None:
    assert faults(package) == []


def test_every_room_has_its_place_in_the_layers() -> None:
    inside = (ROOT / "rewardlab").iterdir()
    rooms = {path.stem for path in inside if path.suffix == ".py" or (path.is_dir() and any(path.rglob("*.py")))}
    assert rooms - {"__init__", "__pycache__"} <= set(MAY_IMPORT)


def test_the_order_of_the_rooms_has_no_circle() -> None:
    left = dict(MAY_IMPORT)
    while left:
        free = {room for room, needs in left.items() if not needs & set(left)}
        assert free, f"a circle among {sorted(left)}"
        left = {room: needs for room, needs in left.items() if room not in free}


@pytest.mark.parametrize(
    ("file", "code", "forbidden"),
    [
        ("mdp/model.py", "from rewardlab.lab import Spec", "rewardlab.lab"),
        ("mdp/model.py", "import rewardlab.wrappers.ledger", "rewardlab.wrappers.ledger"),
        ("wrappers/ledger.py", "def f():\n    from rewardlab.mdp import solve", "rewardlab.mdp"),
        ("wrappers/ledger.py", "from ..audit import findings", "rewardlab.audit"),
        ("rewards/__init__.py", "from ..mdp import solve", "rewardlab.mdp"),
        ("losses/huber.py", "import rewardlab.rewards", "rewardlab.rewards"),
        ("audit/search.py", "from rewardlab import agents", "rewardlab.agents"),
        ("lab/runs.py", "from rewardlab import Reward", "rewardlab.Reward"),
        ("lab/runs.py", "import torch.nn as nn", "torch.nn"),
        ("losses/heads.py", "from stable_baselines3 import PPO", "stable_baselines3"),
        ("lab/runs.py", "if True:\n    import sb3_contrib", "sb3_contrib"),
        ("errors.py", "from rewardlab.transitions import Transitions", "rewardlab.transitions"),
        ("cli.py", "import rewardlab_envs", "rewardlab_envs"),
    ],
)
def test_a_forbidden_import_is_found(tmp_path: Path, file: str, code: str, forbidden: str) -> None:
    found = faults(_package(tmp_path / "rewardlab", file, code))
    assert len(found) == 1
    assert f"imports {forbidden}:" in found[0]


@pytest.mark.parametrize("code", ["import torch", "from rewardlab.lab import Spec", "from rewardlab import Reward"])
def test_a_forbidden_import_of_an_environment_is_found(tmp_path: Path, code: str) -> None:
    assert len(faults(_package(tmp_path / "stranger_envs", "grid.py", code))) == 1


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("agents/train.py", "import torch\nfrom stable_baselines3 import PPO\nfrom rewardlab.wrappers import Ledger"),
        ("mdp/solve.py", "import numpy\nfrom rewardlab.mdp.model import FiniteModel\nfrom .model import FiniteModel"),
        ("lab/store.py", "from rewardlab import __version__\nfrom rewardlab import agents"),
        ("__init__.py", "from rewardlab.mdp import solve"),
        ("losses/torch_losses.py", "import torch\nfrom ..errors import BadInput"),
    ],
)
def test_an_allowed_import_is_let_through(tmp_path: Path, file: str, code: str) -> None:
    assert faults(_package(tmp_path / "rewardlab", file, code)) == []


def _package(folder: Path, file: str, code: str) -> Path:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(code, encoding="utf-8")
    return folder
