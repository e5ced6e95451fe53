"""`rewardlab figure` on results that were written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from rewardlab.lab import submission
from rewardlab.lab.claimed_work import at_work
from rewardlab.lab.store import Member, ResultStore, Submitted
from rewardlab.reports.figures import FIGURE_KINDS
from tests.command_line import call
from tests.reports.finished_experiment import comparison_of


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two variants, three seeds each."""
    folder = tmp_path_factory.mktemp("results")
    comparison = comparison_of(folder, "one", "two")
    with at_work(ResultStore(folder / "results.sqlite"), submission(comparison.plan)):
        pass
    return folder


def test_it_is_drawn_beside_the_results(results: Path) -> None:
    said = call("figure", results)
    assert said.code == 0
    assert said.out == f"Written: {results / 'scores.png'}\n"
    assert (results / "scores.png").is_file()


def test_a_kind_and_a_file_of_ones_own(results: Path, tmp_path: Path) -> None:
    assert call("figure", results, "--kind", "goodhart", "--out", tmp_path / "plane.svg").code == 0
    assert (tmp_path / "plane.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_the_kinds_of_the_command_are_those_that_can_be_drawn(results: Path) -> None:
    assert ", ".join(repr(kind) for kind in FIGURE_KINDS) in call("figure", results, "--kind", "pie").err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--out", "picture.gif"), ".gif"),
        (("--kind", "pie"), "invalid choice: 'pie'"),
    ],
)
def test_what_cannot_be_drawn_is_told_in_a_line(arguments: tuple[str, ...], words: str, results: Path) -> None:
    said = call("figure", results, *arguments)
    assert said.code == 2
    assert words in said.err
    assert len(said.err.splitlines()) == 1


def test_results_that_are_not_there(tmp_path: Path) -> None:
    said = call("figure", tmp_path)
    assert said.code == 2
    assert "results.sqlite" in said.err


def test_a_study_has_one_figure(tmp_path: Path) -> None:
    world = {"name": "ice", "environment": {"id": "rewardlab_envs:rewardlab/BoatRace-v0", "settings": {}}}
    spec = {
        "version": 1, "name": "far", "study": "distances", "question": "", "environments": [world],
        "proxies": 4, "gamma": 0.9, "budget_steps": 10, "seeds": 1, "proxy_seed": 0,
    }  # fmt: skip
    with at_work(ResultStore(tmp_path / "results.sqlite"), Submitted("far", spec, (Member("ice", 0, "0" * 32),))):
        pass
    assert "a study has one figure" in call("figure", tmp_path, "--kind", "scores").err
    assert "nothing that is finished" in call("figure", tmp_path).err
