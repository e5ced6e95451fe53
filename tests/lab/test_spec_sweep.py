"""Sweeps: which variants they make, what these are called, that they are the runs one would have written by hand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from rewardlab.errors import BadInput
from rewardlab.lab import parse_spec, plan_experiment, read_spec
from rewardlab.lab.located_problems import told_by_line
from tests.lab.small_experiment import plan_of, small_spec

SHAPED = {
    "name": "v1.5 shaped",
    "reward": "fixed_speed",
    "wrappers": [{"kind": "potential_shaping", "potential": "distance"}],
}
WEIGHT = "variants.v1.5 shaped.wrappers.0.weight"
RATE = "algorithm.settings.learning_rate"


def swept(**sweep: Any) -> dict[str, Any]:
    """The small experiment, its second variant shaped, with a sweep."""
    spec = small_spec(version=2, sweep=sweep)
    spec["variants"][1] = dict(SHAPED)
    return spec


def names_of(spec: dict[str, Any]) -> list[str]:
    """What the variants are called."""
    return [variant.name for variant in parse_spec(spec, "spec").variants]


def lines_of(spec: dict[str, Any]) -> list[str]:
    """What is said about a spec."""
    with pytest.raises(BadInput) as refused:
        plan_of(spec)
    return [str(problem) for problem in refused.value.problems]


def test_a_grid_makes_all_combinations_of_what_concerns_a_variant() -> None:
    assert names_of(swept(grid={RATE: [1e-3, 3e-3], WEIGHT: [0.5, 2]})) == [
        "hacked (learning_rate = 0.001)",
        "hacked (learning_rate = 0.003)",
        "v1.5 shaped (learning_rate = 0.001, weight = 0.5)",
        "v1.5 shaped (learning_rate = 0.001, weight = 2)",
        "v1.5 shaped (learning_rate = 0.003, weight = 0.5)",
        "v1.5 shaped (learning_rate = 0.003, weight = 2)",
    ]


def test_a_list_makes_its_rows_and_leaves_alone_whom_it_does_not_concern() -> None:
    assert names_of(swept(list=[{WEIGHT: 0.5}, {WEIGHT: 2, "variants.v1.5 shaped.reward": "speed"}])) == [
        "hacked",
        "v1.5 shaped (weight = 0.5)",
        "v1.5 shaped (weight = 2, reward = speed)",
    ]
    both = names_of(swept(list=[{RATE: 1e-3, WEIGHT: 0.5}, {RATE: 1e-3, WEIGHT: 2}]))
    assert both[0] == "hacked (learning_rate = 0.001)"  # once, though two rows say so
    assert len(both) == 3


def test_the_runs_are_those_that_one_would_have_written() -> None:
    runs = plan_of(swept(grid={RATE: [1e-3, 3e-3], WEIGHT: [0.5], "environment.settings.orders": [1]})).runs
    by_hand = small_spec()
    by_hand["algorithm"]["settings"]["learning_rate"] = 1e-3
    by_hand["variants"][1] = SHAPED | {"wrappers": [SHAPED["wrappers"][0] | {"weight": 0.5}]}
    own = {run.identity for run in plan_of(by_hand).runs}
    assert own < {run.identity for run in runs}
    assert len({run.identity for run in runs}) == 8  # 2 seeds, 2 rates, hacked and shaped
    # 0.003 is what the file has anyway: sweeping over it finds finished runs.
    assert {run.identity for run in plan_of(small_spec()).runs if run.variant == "hacked"} < {
        run.identity for run in runs
    }


def test_a_name_that_says_too_many_values_is_cut_and_told_apart_by_a_hash() -> None:
    learning = {"gae_lambda": 0.9, "clip_range": 0.2, "max_grad_norm": 0.5, "vf_coef": 0.5, "learning_rate": 1e-3}
    grid = {f"algorithm.settings.{name}": [value] for name, value in learning.items()}
    names = names_of(swept(grid=grid | {"algorithm.settings.ent_coef": [0.01, 0.02]}))
    assert len({*names}) == 4
    for name in names:
        assert len(name) == 100
        assert re.fullmatch(r"(hacked|v1\.5 shaped) \(gae_lambda = 0\.9, clip_range = 0\.2, .*… [0-9a-f]{8}\)", name)
    # A value that is added renames none of the others.
    assert {*names} < {*names_of(swept(grid=grid | {"algorithm.settings.ent_coef": [0.005, 0.01, 0.02]}))}


def test_what_a_variant_has_of_its_own_is_not_swept_with_the_rest() -> None:
    spec = swept(grid={RATE: [1e-3, 2e-3]})
    spec["variants"][0]["algorithm"] = {"settings": {"learning_rate": 0.5}}
    spec["variants"][1]["algorithm"] = {"name": "a2c"}
    spec["variants"].append({"name": "third", "reward": "speed"})
    assert names_of(spec) == ["hacked", "v1.5 shaped", "third (learning_rate = 0.001)", "third (learning_rate = 0.002)"]
    del spec["variants"][2]
    (line,) = lines_of(spec)
    assert line.startswith(f"spec: sweep.grid.'{RATE}': got a key that no variant takes from there")


def test_labels_are_as_short_as_tells_them_apart() -> None:
    spec = swept(grid={WEIGHT: [1], WEIGHT.replace("0", "1"): [2], "variants.v1.5 shaped.reward": ["speed"]})
    spec["variants"][1]["wrappers"] = [*SHAPED["wrappers"], *SHAPED["wrappers"]]
    assert names_of(spec) == ["hacked", "v1.5 shaped (0.weight = 1, 1.weight = 2, reward = speed)"]


@pytest.mark.parametrize(
    "sweep", [{"grid": {RATE: [1e-3, 3e-3], WEIGHT: [0.5, 2]}}, {"list": [{WEIGHT: 0.5, RATE: 1e-3}, {WEIGHT: 2}]}]
)
def test_what_is_kept_of_a_sweep_is_read_again_as_the_same_runs(sweep: dict[str, Any]) -> None:
    plan = plan_of(swept(**sweep))
    again = plan_of(plan.spec.model_dump(mode="json"))
    assert [(run.variant, run.identity) for run in again.runs] == [(run.variant, run.identity) for run in plan.runs]


@pytest.mark.parametrize(
    ("sweep", "expected"),
    [
        ({}, "spec: sweep: got none of them, expected one of grid, list and search"),
        (
            {"grid": {RATE: [1]}, "list": [{RATE: 1}]},
            "spec: sweep: got grid and list, expected one of grid, list and search",
        ),
        ({"grid": {}}, "spec: sweep.grid: got {}, expected at least 1 item"),
        ({"list": [{}]}, "spec: sweep.list[0]: got {}, expected at least 1 item"),
        ({"grid": {RATE: []}}, f"spec: sweep.grid.'{RATE}': got [], expected at least 1 item"),
        ({"grid": {RATE: 3}}, f"spec: sweep.grid.'{RATE}': got 3, expected a list"),
        ({"grid": {RATE: [1e-3, 1e-3]}}, f"spec: sweep.grid.'{RATE}'[1]: got 0.001 again, expected each value once"),
        (
            {"grids": {RATE: [1]}},
            "spec: sweep.grids: got an unknown key, expected one of grid, list, search; did you mea",
        ),
        ({"grid": {"budget_steps": [1]}}, "expected a path that begins with algorithm, environment.settings or vari"),
        ({"grid": {"environment.id": ["a"]}}, "; all variants share it, lest their results mean different things"),
        ({"grid": {"algoritm.num_envs": [1]}}, "; did you mean 'algorithm'?"),
        ({"grid": {"algorithm": [1]}}, "NAME; name a key in it, as in algorithm.settings.gamma"),
        ({"grid": {"algorithm.settings": [1]}}, "NAME; name a key in it, as in algorithm.settings."),
        ({"grid": {"variants.hacked": [1]}}, "shaped'; add a key, as in variants.hacked.reward"),
        ({"grid": {"variants": [1]}}, "got 'variants', expected variants.NAME and a key of that variant"),
        ({"grid": {"variants.hakced.reward": ["speed"]}}, "NAME one of 'hacked', 'v1.5 shaped'; did you mean 'hacked'"),
        ({"grid": {"variants.hacked.name": ["x"]}}, "expected a key of the variant that changes its training"),
        ({"grid": {"variants.hacked.wrappers.0.weight": [1]}}, "got a path that ends at 'wrappers', expected the path"),
        ({"grid": {"variants.v1.5 shaped.wrappers.1.weight": [1]}}, "got a path that ends at 1, expected the path of"),
        ({"grid": {"variants.hacked.reward.x": [1]}}, "got a path that ends at 'x', expected the path of a key"),
        ({"grid": {"algorithm.settings.learning_rat": [1]}}, "expected a known setting of ppo: "),
        ({"grid": {RATE: [-1, 1e-3]}}, f"spec: sweep.grid.'{RATE}'[0]: got -1, expected a finite number above 0"),
        ({"grid": {WEIGHT: ["a"]}}, f"spec: sweep.grid.'{WEIGHT}'[0]: got 'a', expected a finite number"),
        ({"list": [{WEIGHT: 1}, {WEIGHT: "a"}]}, f"spec: sweep.list[1].'{WEIGHT}': got 'a', expected a finite number"),
        ({"grid": {"algorithm.num_envs": [0]}}, "spec: sweep.grid.'algorithm.num_envs'[0]: got 0, expected greater"),
        ({"grid": {f"algorithm.settings.{i}": list(range(100)) for i in "abc"}}, "got 1000000 combinations, expected"),
        (
            {"grid": {"variants.hacked.algorithm.settings": [{}], "variants.hacked.algorithm.settings.gamma": [0.9]}},
            "got a key that is swept twice, expected each key once",
        ),
    ],
)
def test_a_sweep_that_makes_no_sense_is_refused_where_it_is_written(sweep: dict[str, Any], expected: str) -> None:
    lines = lines_of(swept(**sweep))
    assert len(lines) == 1, lines
    assert expected in lines[0]


def test_a_problem_that_all_variants_of_a_sweep_share_is_told_once_and_with_the_line_of_the_file(
    tmp_path: Path,
) -> None:
    path = tmp_path / "x.toml"
    path.write_text(
        'version = 2\nname = "x"\nseeds = 1\nbudget_steps = 100\nenvironment = { id = "CartPole-v1" }\n'
        '[[variants]]\nname = "one"\nreward = "sped"\n'
        '[sweep.grid]\n"algorithm.num_envs" = [\n  4,\n  8,\n  -1,\n]\n',
        encoding="utf-8",
    )
    with pytest.raises(BadInput) as refused:
        read_spec(path)
    assert str(refused.value).startswith(f"{path}:13: sweep.grid.'algorithm.num_envs'[2]: got -1, expected greater")
    path.write_text(path.read_text().replace("-1", "16"))
    with pytest.raises(BadInput) as refused, told_by_line(path):
        plan_experiment(read_spec(path), str(path))
    (problem,) = refused.value.problems
    assert str(problem).startswith(f"{path}:8: variants[0].reward: got 'sped', expected 'environment'")
