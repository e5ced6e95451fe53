"""The main job, as it is shipped: what the README says of it must come out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rewardlab.lab import ResultStore, compare, plan_experiment, read_spec
from rewardlab.lab.shipped import find_spec
from tests.command_line import call

HACKED, NAIVE, REPAIRED, SHAPED = "hacked", "naive bonus", "repaired", "repaired + shaping"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_hacked_courier_is_paid_and_the_repaired_ones_deliver(tmp_path: Path) -> None:
    assert call("run", "delivery", "--out", tmp_path).code == 0
    path = find_spec("delivery")
    comparison = compare(plan_experiment(read_spec(path), str(path)), ResultStore(tmp_path / "results.sqlite"))
    variants = {variant.name: variant for variant in comparison.variants}
    assert all(len(variant.runs) == variant.planned == 5 for variant in variants.values())
    speed = {name: variant.metrics["reward/speed"] for name, variant in variants.items()}
    objective = {name: variant.metrics["objective"] for name, variant in variants.items()}
    best = comparison.best_objective(variants[HACKED])
    assert best is not None
    assert objective[HACKED].value <= 0.05 * best
    assert speed[HACKED].value == max(found.value for found in speed.values())
    for name in (REPAIRED, SHAPED):
        assert objective[name].value >= 0.8 * best
        assert speed[name].value <= 0.2 * speed[HACKED].value
        assert objective[name].low > objective[HACKED].high
        assert speed[name].high < speed[HACKED].low
        assert variants[name].metrics["exploit/drop_at_once"].value < 0.05
    assert variants[HACKED].metrics["exploit/drop_at_once"].low > 0.9
    assert variants[NAIVE].metrics["exploit/drive_in_circles"].low > 0.5
    for suffix in ("table.txt", "curves.png", "results.csv", "replay-1-hacked.gif"):
        assert (tmp_path / suffix).stat().st_size > 0
