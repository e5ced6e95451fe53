"""Figures for papers: what is drawn and where, the same bytes each time, and refusals in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from rewardlab.errors import BadInput
from rewardlab.lab.comparison import Comparison
from rewardlab.lab.statistics import Estimate
from rewardlab.reports.figures import FIGURE_KINDS, ledger_figure, score_figure, training_plane, write_figure
from tests.reports.finished_experiment import comparison_of


def panels(figure: Any) -> list[Any]:
    assert figure is not None
    return list(figure.axes)


def test_seeds_are_points_and_their_mean_stands_beside_with_its_interval(tmp_path: Path) -> None:
    """Five seeds paid 0, 10, 20, 30, 40: the middle three of them are 20 in the mean; a tenth of that is 0 to 0.4."""
    paid, achieved = panels(score_figure(comparison_of(tmp_path, "one", "two", seeds=5)))
    for axis, unit in ((paid, 10.0), (achieved, 0.1)):
        seeds = [line for line in axis.get_lines() if line.get_markersize() == 4]
        assert len(seeds) == 2
        for line in seeds:
            assert list(line.get_xdata()) == pytest.approx([0, unit, 2 * unit, 3 * unit, 4 * unit])
        means = [line for line in axis.get_lines() if line.get_markeredgecolor() == "white"]
        assert [line.get_xdata()[0] for line in means] == pytest.approx([2 * unit] * 2)
    assert [text.get_text() for text in paid.texts] == ["20 [0, 40]"] * 2
    assert [label.get_text() for label in paid.get_yticklabels()] == ["one", "two"]


def test_an_interval_ends_where_it_ends_on_either_side(tmp_path: Path) -> None:
    found = comparison_of(tmp_path, "one")
    first = found.variants[0]
    skewed = replace(first, metrics={**first.metrics, "paid": Estimate(20.0, 5.0, 22.0, 3)})
    paid, _ = panels(score_figure(replace(found, variants=(skewed,))))
    (segment,) = paid.collections[0].get_segments()
    assert [end[0] for end in segment] == pytest.approx([5, 22])


def test_the_exact_optimum_is_a_line_in_the_panel_of_the_objective_alone(tmp_path: Path) -> None:
    comparison = comparison_of(tmp_path, "one", "two")
    paid, achieved = panels(score_figure(comparison))
    best = comparison.best_objective(comparison.variants[0])
    drawn = [line for line in achieved.get_lines() if line.get_linestyle() == "--"]
    assert [list(line.get_xdata()) for line in drawn] == [[best, best]] * 2
    assert [line for line in paid.get_lines() if line.get_linestyle() == "--"] == []
    assert any("exact optimum" in text.get_text() for text in achieved.texts)


def test_thousands_are_no_powers_of_ten(tmp_path: Path) -> None:
    """Of 202 seeds the middle 102 are paid 1,005 in the mean: ten times 100.5."""
    paid, _ = panels(score_figure(comparison_of(tmp_path, "one", seeds=202)))
    assert paid.texts[0].get_text().startswith("1,005 [")


def test_missing_seeds_are_told(tmp_path: Path) -> None:
    paid, _ = panels(score_figure(comparison_of(tmp_path, "one", failed=(1,))))
    assert [label.get_text() for label in paid.get_yticklabels()] == ["one\n2 of 3 seeds"]


def test_the_way_of_a_training_leaves_shaping_out(tmp_path: Path) -> None:
    """The learner of seed s saw 10 s + 1, of which 1 was shaping: of three seeds the mean is at (10, 0.1)."""
    (panel,) = panels(training_plane(comparison_of(tmp_path, "one", seeds=3)))
    (way,) = (line for line in panel.get_lines() if line.get_linewidth() > 2)
    assert list(way.get_xdata()) == pytest.approx([10, 10, 10])
    assert list(way.get_ydata()) == pytest.approx([0.1, 0.1, 0.1])


def test_a_way_begins_at_the_ring_and_ends_at_the_disc(tmp_path: Path) -> None:
    """Paid 3, of which 1 is shaping, and achieved 1 at first; 6 and 0.5 at last."""
    points = [
        {"steps": 100, "paid": 3.0, "objective": 1.0, "ledger": {"shaping": 1.0, "speed": 2.0}},
        {"steps": 200, "paid": 6.0, "objective": 0.5, "ledger": {"speed": 4.0, "late": 2.0}},
    ]
    (panel,) = panels(training_plane(_with_curve(tmp_path, points)))
    marks = {line.get_markerfacecolor(): line for line in panel.get_lines() if line.get_marker() == "o"}
    ring = marks.pop("white")
    (disc,) = marks.values()
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == pytest.approx((2, 1))
    assert (disc.get_xdata()[0], disc.get_ydata()[0]) == pytest.approx((6, 0.5))
    # A term that a point does not name paid nothing then.
    (panel,) = panels(ledger_figure(_with_curve(tmp_path, points)))
    lines = {line.get_label(): list(line.get_ydata()) for line in panel.get_lines()}
    assert lines == {"shaping": [1, 0], "speed": [2, 4], "late": [0, 2]}


def _with_curve(folder: Path, points: list[dict[str, Any]]) -> Comparison:
    found = comparison_of(folder, "one", seeds=1)
    first = found.variants[0]
    runs = {seed: replace(run, result={**run.result, "curve": points}) for seed, run in first.runs.items()}
    return replace(found, variants=(replace(first, runs=runs),))


def test_the_ledger_has_a_line_for_each_term_with_a_stroke_of_its_own(tmp_path: Path) -> None:
    (panel,) = panels(ledger_figure(comparison_of(tmp_path, "one", seeds=3)))
    lines = {line.get_label(): line for line in panel.get_lines()}
    assert {name: list(line.get_ydata()) for name, line in lines.items()} == {"speed": [10] * 3, "shaping": [1] * 3}
    assert lines["speed"].get_linestyle() != lines["shaping"].get_linestyle()


@pytest.mark.parametrize(
    "kind", ["scores", *(pytest.param(kind, marks=pytest.mark.slow) for kind in FIGURE_KINDS if kind != "scores")]
)
def test_drawn_twice_it_has_the_same_bytes_and_no_date(kind: str, tmp_path: Path) -> None:
    comparison = comparison_of(tmp_path, "one", "$other$", seeds=1)
    first, second = (write_figure(comparison, kind, tmp_path / f"{name}.svg").read_bytes() for name in ("a", "b"))
    assert first == second
    assert b"<dc:date>" not in first
    assert first.count(b"<path") > 50


@pytest.mark.parametrize("ending", ["pdf", pytest.param("png", marks=pytest.mark.slow)])
def test_it_may_be_written_otherwise(ending: str, tmp_path: Path) -> None:
    path = write_figure(comparison_of(tmp_path, "one", seeds=1), "scores", tmp_path / f"a.{ending}")
    if ending == "png":
        with Image.open(path) as image:
            assert len(image.convert("RGB").getcolors(1 << 24) or ()) > 10
    else:
        assert path.read_bytes().startswith(b"%PDF")
        assert b"CreationDate" not in path.read_bytes()


def test_runs_without_a_curve_are_scored_and_have_no_way(tmp_path: Path) -> None:
    found = comparison_of(tmp_path, "one", seeds=2)
    first = found.variants[0]
    bare = {seed: replace(run, result={**run.result, "curve": []}) for seed, run in first.runs.items()}
    comparison: Comparison = replace(found, variants=(replace(first, runs=bare),))
    assert score_figure(comparison) is not None
    assert training_plane(comparison) is None
    assert ledger_figure(comparison) is None
    with pytest.raises(BadInput, match="too short a training for a curve"):
        write_figure(comparison, "ledger", tmp_path / "a.svg")


@pytest.mark.parametrize("kind", FIGURE_KINDS)
def test_where_nothing_is_finished_nothing_is_written(kind: str, tmp_path: Path) -> None:
    comparison = comparison_of(tmp_path, "one", seeds=1, failed=(0,))
    with pytest.raises(BadInput, match="no finished run"):
        write_figure(comparison, kind, tmp_path / "a.svg")
    assert not (tmp_path / "a.svg").exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.gif", r"the ending '\.gif', expected one of \.pdf, \.png, \.svg"),
        ("a", "no ending"),
        ("none/a.svg", "no folder"),
        ("folder.svg", "a folder, expected a file"),
    ],
)
def test_a_path_that_cannot_be_written_is_refused_first(name: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "folder.svg").mkdir()
    with pytest.raises(BadInput, match=words):
        write_figure(comparison_of(tmp_path, "one", seeds=1), "scores", tmp_path / name)
