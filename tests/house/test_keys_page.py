"""docs/keys.md explains every key that the code makes and every file that an experiment leaves."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest
from gymnasium.vector import AutoresetMode

from rewardlab.agents import train
from rewardlab.lab import ResultStore, StoredRun, submission
from rewardlab.lab.provenance import run_provenance
from rewardlab.reports.figures import FIGURE_KINDS
from rewardlab.reports.folder import write_tables
from rewardlab.reports.tensorboard_log import curve_scalars
from rewardlab.wrappers import VectorLedger, amended_terms, bonus, clip, ledger, potential_shaping, scale, transform
from rewardlab.wrappers.ledger_lines import ENVIRONMENT_LINE
from tests.command_line import call
from tests.house.project import ROOT
from tests.lab.small_experiment import plan_of, write_toml

PAGE = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")
EXPLAINED = set(re.findall(r"`([^`\s]+)`", PAGE))
NAMED_BY_OTHERS = {"events", "rewards", "exploits", "ledger", "settings", "packages"}
"""Tables whose keys are names that somebody gave."""

SPEC: dict[str, Any] = {
    "version": 1,
    "name": "keys",
    "seeds": 1,
    "budget_steps": 400,
    "evaluation_episodes": 2,
    "environment": {"id": "rewardlab_envs:rewardlab/Gridworld-v0"},
    "algorithm": {"name": "q_learning", "num_envs": 4},
    "variants": [{"name": "plain", "reward": "sparse"}],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of a run that was really trained."""
    home = tmp_path_factory.mktemp("keys")
    plan = plan_of(SPEC)
    (run,) = plan.runs
    store = ResultStore(home / "results.sqlite")
    origin = run_provenance(run.training, spec_hash="", engine="", seconds=0.0)
    store.write(StoredRun(run.identity, "finished", run.settings, train(run.training, lambda steps: None), "", origin))
    write_tables(store, submission(plan), home)
    return home


def unexplained(names: set[str]) -> set[str]:
    return {name for name in names if name not in EXPLAINED}


@pytest.mark.slow
def test_files(tmp_path: Path) -> None:
    said = call("run", write_toml(tmp_path / "spec.toml", SPEC), "--out", tmp_path / "out", "--workers", "1")
    assert said.code == 0, said
    for kind in set(FIGURE_KINDS) - {"ledger"}:  # of a reward that is sparse there was nothing to pay
        assert call("figure", tmp_path / "out", "--kind", kind).code == 0
    kinds = {re.sub(r"^replay-.*", "replay-*.gif", path.name) for path in (tmp_path / "out").iterdir()}
    assert kinds >= {"results.sqlite", "results.csv", "results.json", "provenance.json", "table.txt", "report.html"}
    assert unexplained(kinds) == set()


def test_columns_of_the_table(folder: Path) -> None:
    with (folder / "results.csv").open(encoding="utf-8") as file:
        columns = next(csv.reader(file))
    assert unexplained({re.sub(r"/.*", "/NAME", column) for column in columns}) == set()


@pytest.mark.parametrize("name", ["results.json", "provenance.json"])
def test_keys_of_a_file(name: str, folder: Path) -> None:
    found = set(_keys(json.loads((folder / name).read_text(encoding="utf-8"))))
    assert len(found) > 15
    assert unexplained(found) == set()


def test_keys_of_provenance_that_few_have() -> None:
    source = (ROOT / "rewardlab" / "lab" / "experiment.py").read_text(encoding="utf-8")
    seldom = set(re.findall(r'provenance\["(\w+)"\]', source))
    assert seldom >= {"resumed", "diverged", "detail"}
    assert unexplained(seldom) == set()


def test_keys_of_an_info() -> None:
    found: set[str] = set()
    for mode in (AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP):
        env = VectorLedger(
            gym.make_vec(
                "rewardlab_envs:rewardlab/Delivery-v0", 2, orders=1, max_episode_steps=2, autoreset_mode=mode.value
            )
        )
        found |= set(env.reset(seed=0)[1])
        for _ in range(2):
            infos = env.step(env.action_space.sample())[4]
            found |= set(infos) | {name for name in infos.get("episode", {}) if not name.startswith("_")}
    assert found >= {"episode", "final_info", "state", "objective"}
    assert unexplained(found) == set()


def test_lines_of_the_ledger() -> None:
    rooms = (amended_terms, bonus, clip, ledger, potential_shaping, scale, transform)
    lines = {value for room in rooms for name, value in vars(room).items() if name.endswith("_LINE")}
    assert lines >= {"shaping", "unaccounted", "clip", ENVIRONMENT_LINE}
    assert unexplained(lines) == set()
    written = set()
    for path in (ROOT / "rewardlab" / "wrappers").rglob("*.py"):
        written |= set(re.findall(r'^\w+_LINE = "(\w+)"', path.read_text(encoding="utf-8"), re.MULTILINE))
    assert written == lines


def test_tags_of_a_log() -> None:
    point = {"steps": 1, "objective": 1.0, "paid": 1.0, "evaluated": 1.0, "length": 1.0, "value_gradient_norm": 1.0}
    result = {"steps": 1, "curve": [point | {"ledger": {"NAME": 1.0}}]}
    result |= {"evaluation": {"objective": 1.0, "paid": 1.0, "steps": 1.0}}
    tags = {tag for _, scalars in curve_scalars(result) for tag in scalars}
    assert len(tags) == 9
    assert unexplained(tags) == set()


def test_keys_of_an_auxiliary_objective() -> None:
    source = (ROOT / "rewardlab" / "agents" / "auxiliary").rglob("*.py")
    measured = [
        found
        for path in source
        for found in re.findall(r"def measured\(.*?return \{(.*?)\}", path.read_text(encoding="utf-8"), re.DOTALL)
    ]
    names = {f"auxiliary/NAME/{key}" for body in measured for key in re.findall(r'"(\w+)":', body)}
    assert len(names) == 4
    assert unexplained(names) == set()


def test_a_key_that_is_missing_is_seen() -> None:
    assert unexplained({"objective", "no_such_key"}) == {"no_such_key"}


def _keys(data: object) -> Iterator[str]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield key
            if key not in NAMED_BY_OTHERS | {"spec"}:
                yield from _keys(value)
    elif isinstance(data, list):
        for value in data:
            yield from _keys(value)
