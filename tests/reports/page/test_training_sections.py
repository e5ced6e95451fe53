"""The sections about training, from numbers chosen by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rewardlab.lab.comparison import Comparison
from rewardlab.reports.page.curves_over_time import ledger_over_time, variant_curves
from rewardlab.reports.page.goodhart_plane import goodhart_section
from rewardlab.reports.page.learning import learning_section
from rewardlab.reports.page.ledger import ledger_section
from rewardlab.reports.page.scores import scores_section
from tests.reports.finished_experiment import comparison_of
from tests.reports.page.made_comparison import checked


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Two variants with seeds 0, 1 and 2: paid 10 times the seed, and 1 for shaping; achieved a tenth of the seed."""
    return comparison_of(tmp_path_factory.mktemp("store"), "one", "1e5")


def with_curves(comparison: Comparison, *curves: list[dict[str, Any]]) -> Comparison:
    """The first variant alone, its seeds with these curves."""
    first = comparison.variants[0]
    runs = {
        seed: replace(run, result={**run.result, "curve": curve})
        for (seed, run), curve in zip(sorted(first.runs.items()), curves, strict=True)
    }
    return replace(comparison, variants=(replace(first, runs=runs),))


def point(steps: int, objective: float = 0.0, **ledger: float) -> dict[str, Any]:
    return {"steps": steps, "paid": sum(ledger.values()), "objective": objective, "ledger": ledger}


def test_scores_show_each_seed_the_mean_and_the_optimum(found: Comparison) -> None:
    """Of 0, 1 and 2 the interquartile mean is 1; the best that can be achieved is 0.9785 (see test_curves)."""
    (chart,) = checked(scores_section(found)).charts
    paid, paid_mean, _, _, achieved, achieved_mean, _, _ = chart.traces
    assert (paid["x"], paid["xaxis"]) == ([0, 10, 20], "x")
    assert paid["customdata"] == [["one", 0], ["one", 1], ["one", 2]]
    assert (achieved["x"], achieved["xaxis"]) == ([0, 0.1, 0.2], "x2")
    assert (paid_mean["x"], achieved_mean["x"]) == ([10], [0.1])
    assert paid_mean["error_x"]["arrayminus"][0] > 0
    assert [line["x0"] for line in chart.layout["shapes"]] == pytest.approx([0.9785] * 2, abs=1e-3)
    assert {line["xref"] for line in chart.layout["shapes"]} == {"x2"}


def test_a_name_that_looks_like_a_number_is_a_label(found: Comparison) -> None:
    (chart,) = scores_section(found).charts
    axis = chart.layout["yaxis"]
    assert (axis["type"], axis["tickvals"], axis["ticktext"]) == ("linear", [0, 1], ["one", "1e5"])
    assert chart.traces[0]["y"] == [0, 0, 0]


def test_learning_curves_leave_out_what_shaping_added(found: Comparison) -> None:
    (chart,) = checked(learning_section(found)).charts
    thin, thick = chart.traces[:2]
    assert thin["x"] == [100, 200, 300, None] * 3
    assert thin["y"] == [0, 0, 0, None, 10, 10, 10, None, 20, 20, 20, None]
    assert (thick["y"], thick["yaxis"], thick["name"]) == ([10, 10, 10], "y", "one")
    assert [trace["y"][0] for trace in chart.traces if trace["yaxis"] == "y2"] == [0, 0.1, 0, 0.1]


def test_a_training_of_one_point_is_seen(found: Comparison) -> None:
    (chart,) = checked(learning_section(with_curves(comparison_part(found, 1), [point(100, 0.5, paid=1)]))).charts
    assert {trace["mode"] for trace in chart.traces} == {"markers"}
    assert [trace["y"] for trace in chart.traces] == [[1], [0.5]]


def test_the_first_seven_of_many_variants_are_drawn_at_first(found: Comparison) -> None:
    comparison = replace(found, variants=tuple(replace(found.variants[0], name=f"v{number}") for number in range(8)))
    (chart,) = checked(learning_section(comparison)).charts
    shown = {trace["name"]: trace.get("visible", "yes") for trace in chart.traces}
    assert [*shown.values()] == ["yes"] * 7 + ["legendonly"]


def test_seeds_with_other_steps_meet_on_common_ones(found: Comparison) -> None:
    """One seed has episodes at 100 and 300, the other at 200 and 400: what lies between is on the line between."""
    comparison = with_curves(
        comparison_part(found, 2),
        [point(100, 1.0, speed=2.0), point(300, 3.0, speed=6.0)],
        [point(200, 8.0, speed=4.0), point(400, 4.0, speed=0.0)],
    )
    curves = variant_curves(comparison.variants[0])
    assert curves is not None
    assert curves.steps.tolist() == [100, 200, 300, 400]
    np.testing.assert_array_equal(curves.objective, [[1, 2, 3, np.nan], [np.nan, 8, 6, 4]])
    # Where there is one seed alone, it is that one.
    np.testing.assert_array_equal(curves.middle(curves.objective), [1, 5, 4.5, 4])
    over_time = ledger_over_time(comparison.variants[0])
    assert over_time is not None
    assert over_time[0].tolist() == [200, 300]
    assert over_time[1]["speed"].tolist() == [4, 4]


def test_long_curves_are_thinned_to_what_a_screen_shows(found: Comparison) -> None:
    curve = [point(10 * step, float(step), speed=1.0) for step in range(1, 1001)]
    curves = variant_curves(with_curves(comparison_part(found, 1), curve).variants[0])
    assert curves is not None
    assert len(curves.steps) == 60
    assert (curves.steps[0], curves.steps[-1]) == (10, 10_000)
    np.testing.assert_allclose(curves.objective[0], curves.steps / 10)


def test_terms_of_the_ledger_add_up_to_what_was_paid(found: Comparison) -> None:
    """Income of 3 and 1 and a cost of 2 make 2; what is nothing but rounding is no term."""
    curve = [point(100, speed=3.0, arrival=1.0, drop=-2.0, unaccounted=1e-12)]
    (chart,) = checked(ledger_section(with_curves(comparison_part(found, 1), curve))).charts
    bars = {trace["name"]: trace["y"] for trace in chart.traces if trace["type"] == "bar"}
    assert bars == {"arrival": [1], "drop": [-2], "speed": [3]}
    (line,) = (trace for trace in chart.traces if trace["type"] == "scatter")
    assert line["y"] == [2]
    # Plotly stacks what is above zero and what is below apart.
    assert chart.layout["barmode"] == "relative"


def test_the_same_term_looks_the_same_everywhere(found: Comparison) -> None:
    (chart,) = checked(ledger_section(found)).charts
    speed = [trace for trace in chart.traces if trace["name"] == "speed"]
    assert [trace["yaxis"] for trace in speed] == ["y", "y2"]
    assert [trace["showlegend"] for trace in speed] == [True, False]
    assert speed[0]["marker"] == speed[1]["marker"]
    assert [trace["y"] for trace in speed] == [[10, 10, 10]] * 2
    totals = [trace["y"] for trace in chart.traces if trace["name"] == "sum"]
    assert totals == [[11, 11, 11]] * 2


def test_a_path_begins_at_the_hollow_mark_and_ends_at_the_full_one(found: Comparison) -> None:
    curve = [point(100, 0.1, speed=1.0), point(200, 0.9, speed=5.0), point(300, 0.2, speed=9.0)]
    (chart,) = checked(goodhart_section(with_curves(comparison_part(found, 1), curve))).charts
    path, marks = chart.traces
    assert (path["x"], path["y"]) == ([1, 5, 9], [0.1, 0.9, 0.2])
    assert (marks["x"], marks["y"], marks["customdata"]) == ([1, 9], [0.1, 0.2], [100, 300])
    assert marks["marker"]["symbol"] == ["circle-open", "circle"]


def test_without_a_curve_there_is_no_section(found: Comparison) -> None:
    comparison = comparison_part(found, 0)
    assert [make(comparison) for make in (learning_section, ledger_section, goodhart_section)] == [None] * 3
    assert scores_section(comparison).charts == []


def comparison_part(comparison: Comparison, seeds: int) -> Comparison:
    """With its first seeds only."""
    first = comparison.variants[0]
    runs = {seed: run for seed, run in first.runs.items() if seed < seeds}
    return replace(comparison, variants=(replace(first, runs=runs),))
