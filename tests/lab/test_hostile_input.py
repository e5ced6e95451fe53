"""What an enemy has written is read, and nothing of it is done: no import, no pickle, no evaluation, no file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.house.project import ROOT
from tests.lab.hostile_reader import FILES, PAYLOADS, PLACES, contents


def seen_by_the_hook(folder: Path, how_much: str) -> dict[str, Any]:
    """Read all of it in a process of its own, where every event of Python's audit is noted."""
    (folder / "evil_module.py").write_text("import os\nos.mkdir('marker')\n", encoding="utf-8")
    command = [sys.executable, "-W", "error", "-m", "tests.lab.hostile_reader", str(folder), how_much]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")
    seen: dict[str, Any] = json.loads(found.stdout)
    return seen


@pytest.mark.parametrize("how_much", ["some", pytest.param("all", marks=pytest.mark.slow)])
def test_nothing_of_it_is_executed(how_much: str, tmp_path: Path) -> None:
    found = seen_by_the_hook(tmp_path, how_much)
    assert found["seen"] == []
    codes = found["codes"]
    assert {code for name, code in codes.items() if not name.startswith("store: ")} == {2}
    assert {code for name, code in codes.items() if name.startswith("store: ")} == {4}
    assert [name for name, is_told in found["named"].items() if not is_told] == []
    # Neither the marker, nor the folder of an experiment that was refused.
    assert found["made"] == ["evil_module.py", "harmless", "kept", "spec.toml", "stored"]
    if how_much == "all":
        assert len(codes) == len(PLACES) * len(PAYLOADS) + 2 * len(contents())
        assert len(found["named"]) == len(FILES) * len(contents())


@pytest.mark.slow
def test_the_hook_would_see_it(tmp_path: Path) -> None:
    found = seen_by_the_hook(tmp_path, "planted")
    assert {line.partition(" ")[0] for line in found["seen"]} == {"import", "pickle.find_class", "compile"}
    assert "marker" in found["made"]
