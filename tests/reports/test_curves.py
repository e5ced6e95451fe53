"""The figure: what is drawn, at which height, and that names in it stay text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from rewardlab.lab.comparison import Comparison
from rewardlab.reports import draw_curves
from rewardlab.reports.curves import curves_figure
from tests.reports.finished_experiment import comparison_of

BEST = (
    0.979  # two minutes to drive, 0.1 for the drop; on average 0.05 for the pick-up that half of the shifts begin with
)


def axes_of(comparison: Comparison) -> list[Any]:
    """Above what each variant was paid, below what it achieved."""
    figure = curves_figure(comparison)
    assert figure is not None
    return list(figure.axes)


def test_there_is_a_column_for_each_variant_with_a_finished_run(tmp_path: Path) -> None:
    assert [axis.get_title() for axis in axes_of(comparison_of(tmp_path, "one", "two"))] == ["one", "two", "", ""]


def test_more_than_five_stand_in_rows(tmp_path: Path) -> None:
    """Seven variants: four and three, what was paid above what was achieved, and an empty place at the end."""
    names = [f"v{number}" for number in range(7)]
    axes = axes_of(comparison_of(tmp_path, *names, failed=(1,)))
    titles = [axis.get_title() for axis in axes]
    labels = [f"{name}\n2 of 3 seeds" for name in names]
    assert titles == [*labels[:4], *[""] * 4, *labels[4:], "", *[""] * 4]
    assert [bool(axis.get_lines()) for axis in axes] == [True] * 11 + [False] + [True] * 3 + [False]
    assert axes[11].axison is False


def test_the_exact_optimum_is_a_dashed_line_within_the_picture(tmp_path: Path) -> None:
    comparison = comparison_of(tmp_path, "one", "two")
    above, below = axes_of(comparison)[:2], axes_of(comparison)[2:]
    for axis in below:
        (line,) = (line for line in axis.get_lines() if line.get_linestyle() == "--")
        heights = np.unique(line.get_ydata())
        assert heights == pytest.approx([comparison.best_objective(comparison.variants[0])])
        assert axis.get_ylim()[0] < heights[0] < axis.get_ylim()[1]
    assert below[0].get_ylim() == below[1].get_ylim()
    assert [line for axis in above for line in axis.get_lines() if line.get_linestyle() == "--"] == []
    assert comparison.best_objective(comparison.variants[0]) == pytest.approx(BEST, abs=1e-3)


def test_thin_lines_are_seeds_and_the_thick_one_their_mean(tmp_path: Path) -> None:
    paid, achieved = axes_of(comparison_of(tmp_path, "one", seeds=5))
    for axis, unit in ((paid, 10.0), (achieved, 0.1)):
        solid = [line for line in axis.get_lines() if line.get_linestyle() == "-"]
        # What shaping added is taken out again.
        assert [line.get_ydata()[0] for line in solid] == pytest.approx(
            [0, unit, 2 * unit, 3 * unit, 4 * unit, 2 * unit]
        )
        assert solid[-1].get_linewidth() > 2 * solid[0].get_linewidth()
        assert solid[-1].get_xdata().tolist() == [100, 200, 300]


def test_a_run_without_a_curve_is_no_obstacle(tmp_path: Path) -> None:
    comparison = comparison_of(tmp_path, "one", "two", seeds=1)
    first = comparison.variants[0]
    bare = {seed: replace(run, result={**run.result, "curve": []}) for seed, run in first.runs.items()}
    comparison = replace(comparison, variants=(replace(first, runs=bare), comparison.variants[1]))
    assert len(axes_of(comparison)) == 4
    assert draw_curves(comparison, tmp_path / "curves.png") is not None


def test_a_training_of_one_point_is_seen(tmp_path: Path) -> None:
    found = comparison_of(tmp_path, "one")
    first = found.variants[0]
    runs = {
        seed: replace(run, result={**run.result, "curve": run.result["curve"][:1]}) for seed, run in first.runs.items()
    }
    lines = [line for axis in axes_of(replace(found, variants=(replace(first, runs=runs),))) for line in axis.lines]
    points = [line for line in lines if len(line.get_xdata()) == 1]
    assert len(points) == 8  # three seeds and their mean, paid and achieved
    assert {line.get_marker() for line in points} == {"o"}


def test_without_a_finished_run_there_is_no_figure(tmp_path: Path) -> None:
    assert draw_curves(comparison_of(tmp_path, "one", seeds=1, failed=(0,)), tmp_path / "curves.png") is None
    assert not (tmp_path / "curves.png").exists()


def test_names_are_no_formulas(tmp_path: Path) -> None:
    names = ["$x$", r"$\frac{$", "$", "a_b^c", "<b>", "日本 🎉", "x" * 100, r"\$"]
    path = draw_curves(comparison_of(tmp_path, *names, seeds=1), tmp_path / "curves.png")
    assert path == tmp_path / "curves.png"
    with Image.open(path) as image:
        assert image.width > 300
        assert len(image.convert("RGB").getcolors(1 << 24) or ()) > 10


def test_a_drawing_that_can_be_scaled_has_no_date(tmp_path: Path) -> None:
    comparison = comparison_of(tmp_path, "one", seeds=1)
    path = draw_curves(comparison, tmp_path / "curves.svg")
    assert path is not None
    assert "exact optimum" in path.read_text(encoding="utf-8") or "<svg" in path.read_text(encoding="utf-8")
    assert "<dc:date>" not in path.read_text(encoding="utf-8")
