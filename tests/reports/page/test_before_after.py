"""One page of several experiments: what it says of changes, what it compares, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rewardlab.errors import BadInput
from rewardlab.lab import ResultStore, submission
from rewardlab.lab.statistics import Estimate
from rewardlab.reports.page.before_after import _chart, settings_that_differ, several_page, write_several
from rewardlab.reports.page.scores import scores_chart
from rewardlab.reports.page.several_experiments import ReportedExperiment, changes, changes_sentence
from tests.command_line import call
from tests.reports.page.made_comparison import Scores, made_comparison, summed_up

APART = "no finished seed in both"


def reported(label: str, achieved: Scores, folder: Path = Path("x")) -> ReportedExperiment:
    """Summed up without a store; its plan has the variants of the small experiment, hacked and repaired."""
    comparison = summed_up(achieved)
    return ReportedExperiment(label, comparison, ResultStore(folder / label / "r.sqlite"), submission(comparison.plan))


def said_of(tmp_path: Path, before: Scores, after: Scores) -> str:
    return changes_sentence(changes([reported("a", before, tmp_path), reported("b", after, tmp_path)]))


def test_a_change_on_every_seed(tmp_path: Path) -> None:
    said = said_of(tmp_path, {"hacked": [0.1, 0.2, 0.3]}, {"hacked": [0.2, 0.3, 0.4]})
    assert said == "hacked achieved 0.2 before and 0.3 in b (+0.1 on the 3 seeds that both have, [0.1, 0.1])."


def test_what_may_be_chance_is_no_change(tmp_path: Path) -> None:
    said = said_of(tmp_path, {"hacked": [0.1, 0.2, 0.3]}, {"hacked": [0.3, 0.2, 0.1]})
    assert said == "No change of hacked can be told from chance."


def test_one_seed_is_no_change(tmp_path: Path) -> None:
    assert said_of(tmp_path, {"hacked": [0.1]}, {"hacked": [0.9]}) == "No change of hacked can be told from chance."


def test_only_seeds_that_both_have_are_compared(tmp_path: Path) -> None:
    """On seeds 1 and 2 the difference is 0.1; the 0.9 of seed 0 has nothing beside it."""
    said = said_of(tmp_path, {"hacked": [None, 0.2, 0.3]}, {"hacked": [0.9, 0.3, 0.4]})
    assert "(+0.1 on the 2 seeds that both have, [0.1, 0.1])" in said
    assert said_of(tmp_path, {"hacked": [None, 0.2]}, {"hacked": [0.9, None]}).startswith("No variant has a finished")


def test_the_largest_change_comes_first_and_others_are_counted(tmp_path: Path) -> None:
    said = said_of(
        tmp_path, {"hacked": [0.1, 0.1], "repaired": [0.5, 0.6]}, {"hacked": [0.2, 0.2], "repaired": [0.1, 0.2]}
    )
    assert said.startswith("repaired achieved 0.55 before and 0.15 in b (-0.4 ")
    assert "; hacked achieved 0.1 before" in said


def test_settings_that_differ_are_named_by_their_path() -> None:
    before = {"name": "a", "seeds": [0, 1], "algorithm": {"settings": {"gamma": 0.9, "n_steps": 8}}, "question": ""}
    after = {"name": "a", "seeds": [0, 1, 2], "algorithm": {"settings": {"gamma": 0.99, "n_steps": 8}}, "question": ""}
    assert settings_that_differ([before, after]) == [
        ["seeds", "[0, 1]", "[0, 1, 2]"],
        ["algorithm.settings.gamma", "0.9", "0.99"],
    ]


def test_variants_are_matched_by_name_and_not_by_place() -> None:
    first, second = ({"name": name, "reward": reward} for name, reward in (("a", "speed"), ("b", "on_time")))
    assert settings_that_differ([{"variants": [first, second]}, {"variants": [second, first]}]) == []
    changed = {**second, "reward": "speed"}
    assert settings_that_differ([{"variants": [first, second]}, {"variants": [changed]}]) == [
        ["variants[a].name", "there", "-"],
        ["variants[a].reward", "speed", "-"],
        ["variants[b].reward", "on_time", "speed"],
    ]


def made(folder: Path, label: str, achieved: Scores, **spec: object) -> ReportedExperiment:
    comparison = made_comparison(folder / label, achieved, **spec)  # type: ignore[arg-type]
    store = ResultStore(folder / label / "results.sqlite")
    return ReportedExperiment(label, comparison, store, submission(comparison.plan))


def test_the_page_shows_both(tmp_path: Path) -> None:
    before = made(tmp_path, "before", {"one": [0.1, 0.2], "<b>only</b>": [0.5, 0.5]})
    after = made(tmp_path, "after", {"one": [0.3, None]}, budget_steps=8000)
    text = write_several([before, after], tmp_path / "page.html").read_text(encoding="utf-8")
    assert "No change of one can be told from chance." in text
    assert "after: 1 of 2 runs failed" in text
    assert "Only in before: &lt;b&gt;only&lt;/b&gt;." in text
    assert '<th scope="row">budget_steps</th><td>4000</td><td>8000</td>' in text
    assert text.count("<section") == 6
    assert '<section id="failed">' in text
    assert text == several_page([before, after])


def test_what_cannot_be_compared_is_refused_in_words(tmp_path: Path) -> None:
    one = made(tmp_path, "one", {"a": [0.1]})
    other = made(tmp_path, "other", {"b": [0.1]})
    elsewhere = made(
        tmp_path, "elsewhere", {"a": [9.0]},
        environment={"id": "CartPole-v1", "settings": {}}, changes={"a": {"reward": "environment"}},
    )  # fmt: skip
    larger = made(tmp_path, "larger", {"a": [0.1]}, changes={"a": {"environment": {"orders": 2}}})
    with pytest.raises(BadInput) as refused:
        several_page([one, one, other, elsewhere, larger])
    told = [str(problem) for problem in refused.value.problems]
    assert [problem.where for problem in refused.value.problems] == ["one", "other", "elsewhere", "larger"]
    assert "the same results again" in told[0]
    assert "no variant that one has too" in told[1]
    assert "CartPole-v1" in told[2]
    assert "where the environment has the same settings" in told[3]


def test_the_command_wants_two_and_names_what_is_missing(tmp_path: Path) -> None:
    said = call("compare-reports", tmp_path / "none", "--out", tmp_path / "page.html")
    assert (said.code, said.out) == (2, "")
    made(tmp_path, "one", {"a": [0.1]})
    assert "a folder without a results.sqlite" in call("compare-reports", tmp_path).err
    assert not list(tmp_path.glob("*.html"))


def test_bars_end_where_their_intervals_do(tmp_path: Path) -> None:
    one = reported("a", {"hacked": [0.5, 0.5]}, tmp_path)
    first = one.comparison.variants[0]
    skewed = replace(first, metrics={**first.metrics, "objective": Estimate(0.5, 0.2, 0.6, 2)})
    for chart in (
        _chart([replace(one, comparison=replace(one.comparison, variants=(skewed,)))] * 2, changes([one, one])),
        scores_chart(replace(one.comparison, variants=(skewed,))),
    ):
        bars = [trace["error_x"] for trace in chart.traces if "error_x" in trace]
        assert (bars[-1]["arrayminus"], bars[-1]["array"]) == (pytest.approx([0.3]), pytest.approx([0.1]))
