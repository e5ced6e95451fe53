"""What is made of the runs of an experiment: its metrics, whom each variant is compared with, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rewardlab.lab import Plan, ResultStore, StoredRun, VariantSummary, compare
from tests.lab.small_experiment import plan_of, small_spec

LONGER = {"environment": {"town_map": "D.A."}}


def result_of(objective: float, curve: list[dict[str, Any]], **evaluation: Any) -> dict[str, Any]:
    scores = {"objective": objective, "paid": 1.0, "steps": 5.0, "rewards": {}, "exploits": {}, "events": {}}
    return {"steps": 400, "curve": curve, "evaluation": scores | evaluation}


def point(steps: int, objective: float = 0.0, **more: float) -> dict[str, Any]:
    return {"steps": steps, "objective": objective, "evaluated": 0.0, **more}


def planned(*variants: dict[str, Any], seeds: int = 2) -> Plan:
    named = [{"name": f"v{number}", "reward": "speed"} | variant for number, variant in enumerate(variants)]
    return plan_of(small_spec(variants=named, seeds=seeds))


def summed_up(folder: Path, plan: Plan, results: dict[tuple[str, int], dict[str, Any]]) -> list[VariantSummary]:
    store = ResultStore(folder / "results.sqlite")
    for run in plan.runs:
        if (run.variant, run.seed) in results:
            found = results[run.variant, run.seed]
            store.write(StoredRun(run.identity, "finished", run.settings, found, "", {"seconds": 2.5}))
    return [*compare(plan, store).variants]


def test_late_training_is_the_last_quarter_and_the_gradient_the_whole(tmp_path: Path) -> None:
    curve = [point(50 * place, place, value_gradient_norm=2.0 * place) for place in range(1, 9)]
    (found,) = summed_up(tmp_path, planned({}, seeds=1), {("v0", 0): result_of(0.0, curve)})
    # Of 8 points the last two, 7 and 8; and twice the mean of 1 to 8.
    assert found.metrics["late_training"].value == 7.5
    assert found.metrics["value_gradient_norm"].value == 9.0
    assert found.metrics["seconds"].value == 2.5


@pytest.mark.parametrize(("points", "late"), [(1, 1.0), (3, 3.0), (7, 7.0), (8, 7.5)])
def test_of_few_points_the_last_is_late(points: int, late: float, tmp_path: Path) -> None:
    curve = [point(50 * place, place) for place in range(1, points + 1)]
    (found,) = summed_up(tmp_path, planned({}, seeds=1), {("v0", 0): result_of(0.0, curve)})
    assert found.metrics["late_training"].value == late
    assert "value_gradient_norm" not in found.metrics


def test_without_a_curve_nothing_is_said_of_training(tmp_path: Path) -> None:
    (found,) = summed_up(tmp_path, planned({}, seeds=1), {("v0", 0): result_of(0.5, [])})
    assert "late_training" not in found.metrics
    assert (found.reached, found.metrics["steps_to_threshold"].value) == (0, 400.0)


def test_an_event_counts_over_the_seeds_that_have_it_and_shares_end_at_one(tmp_path: Path) -> None:
    shown = [{"events": {"delivered": 3.0}, "exploits": {"drop_at_once": share}} for share in (1.0, 0.9, 0.2)]
    shown[1]["events"] = {}
    results = {("v0", seed): result_of(0.0, [], **scores) for seed, scores in enumerate(shown)}
    (found,) = summed_up(tmp_path, planned({}, seeds=4), results)
    assert (found.metrics["event/delivered"].count, found.metrics["event/delivered"].planned) == (2, 4)
    assert found.metrics["event/delivered"].value == 3.0
    # Student's interval of 1, 0.9 and 0.2 reaches from below 0 to above 1.
    assert (found.metrics["exploit/drop_at_once"].low, found.metrics["exploit/drop_at_once"].high) == (0.0, 1.0)
    assert found.failures == {3: "has not run yet"}


def test_each_is_compared_with_the_first_in_its_environment_over_the_seeds_of_both(tmp_path: Path) -> None:
    plan = planned({}, LONGER, {"reward": "on_time"}, LONGER | {"reward": "on_time"})
    scores = {("v0", 0): 0.1, ("v1", 0): 0.2, ("v1", 1): 0.3, ("v2", 0): 0.4, ("v2", 1): 9.0, ("v3", 1): 0.8}
    found = summed_up(tmp_path, plan, {key: result_of(score, []) for key, score in scores.items()})
    assert [each.reference for each in found] == [None, None, "v0", "v1"]
    pairs = [each.against_reference for each in found]
    assert pairs[:2] == [None, None]
    assert [(pair.seeds, round(pair.difference.value, 9)) for pair in pairs[2:] if pair] == [((0,), 0.3), ((1,), 0.5)]
