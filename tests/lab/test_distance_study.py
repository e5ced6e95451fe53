"""The study of distances: what it says of proxies that are known, its spec, and that it goes on where it stopped."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.lab.claimed_work import at_work
from rewardlab.lab.distance_study import (
    PREDICTORS,
    Block,
    correlations,
    measure_block,
    planned_blocks,
    predictions,
    run_study,
    study_rows,
)
from rewardlab.lab.engines import LocalEngine
from rewardlab.lab.shipped import shipped_experiments
from rewardlab.lab.store import ResultStore, Submitted
from rewardlab.lab.study_spec import DistanceStudySpec, read_any_spec
from rewardlab.reports.distance_study import draw_study, study_csv, study_lines
from rewardlab.reports.page import study_page
from rewardlab_envs.boat_race import boat_race_task
from tests.command_line import call
from tests.command_line import rows as stored_rows

GRIDWORLD = "rewardlab_envs:rewardlab/Gridworld-v0"
SMALL = f"""
version = 1
name = "small"
study = "distances"
proxies = 7
gamma = 0.9
budget_steps = 400
seeds = 2
[[environments]]
name = "corridor"
environment = {{ id = "{GRIDWORLD}", settings = {{ map = "S..G" }} }}
[[environments]]
name = "boat"
environment = {{ id = "rewardlab_envs:rewardlab/BoatRace-v0" }}
"""


@pytest.fixture
def spec_file(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def blocks_of(path: Path) -> list[Block]:
    spec = read_any_spec(path)
    assert isinstance(spec, DistanceStudySpec)
    return planned_blocks(spec, str(path))


def test_what_predictors_say_of_proxies_that_are_known() -> None:
    task = boat_race_task()
    potential = np.random.default_rng(0).normal(size=8)
    same = predictions(task, 3 * task.objective_table + task.model.shaping_table(potential, 0.97), 0.97)
    # Filled by plain means, EPIC takes shaping for something else where it cannot happen.
    assert same.pop("epic_mean") > 0.01
    # A distance is a root, which makes 1e-8 of a rounding of 1e-16.
    assert [*same.values()] == pytest.approx([0] * len(same), abs=1e-5)
    opposite = predictions(task, -task.objective_table, 0.97)
    assert [opposite[name] for name in PREDICTORS] == pytest.approx([1, 1, 1, 1, 180, 1, 1], abs=1e-5)
    nothing = predictions(task, 0 * task.objective_table, 0.97)
    assert (nothing["angle"], nothing["hackable"], nothing["unsafe"]) == (90, 0, 1)


def test_a_small_study_from_its_file_to_its_report(
    spec_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = call("run", spec_file, "--out", tmp_path / "out", "--workers", 2)
    assert said.code == 0, said.err
    assert "STARC" in said.out
    assert "14 proxies" in said.out
    table = (tmp_path / "out" / "results.csv").read_text(encoding="utf-8")
    assert len(table.splitlines()) == 15
    assert (tmp_path / "out" / "distances.png").stat().st_size > 10_000
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "mean over 2 environments, 14 proxies" in page
    assert 'id="failed"' not in page
    assert "Written: results.csv, distances.png, report.html, results.sqlite in" in said.words
    # Again: nothing is measured anew, and the table is the same to the byte.
    before = stored_rows(tmp_path / "out")
    origin = ResultStore(tmp_path / "out" / "results.sqlite").read(blocks_of(spec_file)[0].identity).provenance
    assert (origin["engine"], origin["threads"], origin["python"]) == ("LocalEngine", 1, platform.python_version())
    again = call("run", spec_file, "--out", tmp_path / "out")
    assert (again.code, again.out.partition("\n")[0]) == (0, "small: 4 blocks, 4 of them finished")
    assert "ended at" not in again.out
    assert (tmp_path / "out" / "results.csv").read_text(encoding="utf-8") == table
    assert stored_rows(tmp_path / "out") == before
    assert call("report", tmp_path / "out", "--out", tmp_path / "again.html").code == 0
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == page
    shown = call("results", tmp_path / "out")
    assert (shown.code, shown.err) == (0, "")
    *told, rest = said.out.split("\n", 5)
    assert told[0] == "small: 4 blocks, 0 of them finished"
    assert [line.partition("]")[0] for line in told[1:]] == ["[1/4", "[2/4", "[3/4", "[4/4"]
    names = {line.partition("] ")[2].partition(": ended at ")[0] for line in told[1:]}
    assert names == {f"{world}, proxies {which}" for world in ("boat", "corridor") for which in ("0 to 4", "5 to 6")}
    assert shown.out == rest.partition("Written: ")[0]
    assert call("results", tmp_path / "out", "--csv").out == table
    refused = call("compare-reports", tmp_path / "out", tmp_path / "out")
    assert refused.code == 2
    assert f"rewardlab report {tmp_path / 'out'}" in refused.err
    refused = call("reproduce", "boat:0", "--in", tmp_path / "out")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("rewardlab: RESULT 'boat:0': got a block of a study, expected a run of an experiment")
    assert len(refused.err.splitlines()) == 1

    # A page that cannot be made costs nothing else.
    def broken(*_: object) -> Path:
        raise LookupError("no template\nhere")

    monkeypatch.setattr(study_page, "write_study_page", broken)
    said = call("run", spec_file, "--out", tmp_path / "out")
    assert said.code == 0, said.err
    assert "no report.html: LookupError: no template here" in said.words
    assert "Written: results.csv, distances.png, results.sqlite in" in said.words


def test_it_goes_on_where_it_stopped_and_cutting_matters_to_no_result(spec_file: Path, tmp_path: Path) -> None:
    blocks = blocks_of(spec_file)
    assert [(block.world, block.first, block.last) for block in blocks] == [
        ("corridor", 0, 5), ("corridor", 5, 7), ("boat", 0, 5), ("boat", 5, 7),
    ]  # fmt: skip
    store = ResultStore(tmp_path / "results.sqlite")
    with at_work(store, Submitted("study", {}, ())) as session:
        assert list(run_study(blocks[:1], session, LocalEngine(1))) == blocks[:1]
    rows, missing = study_rows(blocks, store)
    assert len(rows) == 5
    assert missing == [
        "corridor, proxies 5 to 6: not run", "boat, proxies 0 to 4: not run", "boat, proxies 5 to 6: not run",
    ]  # fmt: skip
    with at_work(store, Submitted("study", {}, ())) as session:
        assert len(list(run_study(blocks, session, LocalEngine(2)))) == len(blocks)
    rows, missing = study_rows(blocks, store)
    assert (len(rows), missing) == (14, [])
    whole = Block(**{**_settings(blocks[0]), "last": 7})
    measured = measure_block(whole, lambda done: None)["rows"]
    assert [{"world": "corridor", **row} for row in measured] == rows[:7]


def _settings(block: Block) -> dict[str, Any]:
    return {name: getattr(block, name) for name in Block.__dataclass_fields__}


def made_up_rows(noise: float) -> list[dict[str, Any]]:
    """Two worlds in which STARC foresees the loss up to noise, and nothing else does."""
    rng = np.random.default_rng(0)
    rows = []
    for world in ("one", "two"):
        for number in range(30):
            distance = number / 30
            row: dict[str, Any] = dict.fromkeys(PREDICTORS, 0.5)
            row |= {"world": world, "proxy": f"{number}", "family": "entries", "starc": distance}
            loss = float(np.clip(distance + noise * rng.normal(), 0, 1))
            rows.append(row | {"exact": loss, "exact_best": loss, "trained": [loss, loss]})
    return rows


def test_correlations_and_their_report(tmp_path: Path) -> None:
    found = correlations(made_up_rows(0.0))
    assert found["starc"]["exact"].value == pytest.approx(1.0, abs=0.01)
    assert found["epic"]["exact"].value == 0.0
    noisy = correlations(made_up_rows(0.3))["starc"]["trained"]
    assert 0.3 < noisy.low < noisy.value < noisy.high < 1.0
    lines = study_lines(made_up_rows(0.3))
    assert any(line.startswith("STARC") and f"{noisy.value:.2f}" in line for line in lines)
    assert draw_study(made_up_rows(0.3), tmp_path / "figure.png").is_file()
    assert study_csv(made_up_rows(0.0)).splitlines()[0].endswith("exact,exact_best,trained_0,trained_1")


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        ("proxies = 7", "proxys = 7", "did you mean 'proxies'?"),
        ("gamma = 0.9", "gamma = 1.0", "gamma: got 1.0"),
        ("seeds = 2", "", "seeds: got nothing"),
        (GRIDWORLD, "CartPole-v1", "settings.map"),
        ('id = "rewardlab_envs:rewardlab/BoatRace-v0"', 'id = "CartPole-v1"', "a finite environment"),
        ("S..G", "S..Q", "environments[0].environment.settings"),
        # Proxies of two environments would be ranked as those of one.
        (
            '"boat"',
            '"corridor"',
            "environments[1].name: got name 'corridor' again, expected each name once; it is also at",
        ),
    ],
)
def test_what_is_wrong_with_a_spec_is_said_before_anything_runs(
    spec_file: Path, tmp_path: Path, wrong: str, right: str, message: str
) -> None:
    spec_file.write_text(SMALL.replace(wrong, right), encoding="utf-8")
    said = call("run", spec_file, "--out", tmp_path / "out")
    assert said.code == 2
    assert message in said.err
    assert not (tmp_path / "out").exists()


def test_options_that_mean_nothing_to_a_study_are_refused_and_not_ignored(spec_file: Path, tmp_path: Path) -> None:
    said = call("run", spec_file, "--largest-number", 9, "--tensorboard", tmp_path / "t", "--seeds", 2000)
    assert (said.code, said.out) == (2, "")
    where = [line.split(": ")[1] for line in said.err.splitlines()]
    assert where == ["--seeds", "--largest-number", "--tensorboard"]


def test_blocks_without_a_result_are_told_by_the_exit_code(
    spec_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rewardlab.lab.distance_study.run_study", lambda *_: iter(()))
    said = call("run", spec_file, "--out", tmp_path / "out")
    assert (said.code, said.err) == (1, "")
    shown = call("results", tmp_path / "out")
    assert shown.code == 1
    assert shown.out.startswith("nothing is finished\ncorridor, proxies 0 to 4: not run\n")
    begun = "small: 4 blocks, 0 of them finished\n"
    assert said.out == f"{begun}{shown.out}Written: report.html, results.sqlite in {tmp_path / 'out'}\n"


STRANGE = """
from gymnasium import register
from rewardlab.mdp import FiniteEnv
from rewardlab_envs.boat_race import boat_race_task

register("Strange-v0", entry_point=lambda **settings: FiniteEnv(boat_race_task(), **settings))
"""


def test_a_module_that_is_allowed_is_imported_for_a_study(
    spec_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "strange_study.py").write_text(STRANGE, encoding="utf-8")
    text = SMALL.replace("rewardlab_envs:rewardlab/BoatRace-v0", "strange_study:Strange-v0")
    spec_file.write_text(text, encoding="utf-8")
    assert "--allow-code strange_study" in call("run", spec_file, "--out", tmp_path / "out").err
    spec = read_any_spec(spec_file)
    assert isinstance(spec, DistanceStudySpec)
    blocks = planned_blocks(spec, "small", allowed_modules=["strange_study"])
    assert measure_block(blocks[-1], lambda steps: None)["rows"]
    monkeypatch.delitem(gym.registry, "Strange-v0")


def test_the_study_that_comes_along_can_be_planned() -> None:
    blocks = blocks_of(shipped_experiments()["distance-predicts-regret"])
    assert sum(block.last - block.first for block in blocks) >= 300
    assert len({block.identity for block in blocks}) == len(blocks)


def test_an_experiment_is_still_read_as_one() -> None:
    assert not isinstance(read_any_spec(shipped_experiments()["delivery"]), DistanceStudySpec)
    with pytest.raises(BadInput, match="no file"):
        read_any_spec(Path("nowhere.toml"))
