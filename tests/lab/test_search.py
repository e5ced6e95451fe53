"""The search: what it refuses, that it finds what is best, that it comes to the same end again, and whom it asks."""

from __future__ import annotations

import importlib.util
import math
import statistics
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from rewardlab.errors import BadInput, RunFailed
from rewardlab.lab import ExperimentSpec, parse_spec, plan_experiment
from rewardlab.lab.search import Trial, check_search, search, search_of, with_best
from tests.command_line import call, rows
from tests.lab.small_experiment import small_spec, write_toml

WEIGHT = "variants.shaped.wrappers.0.weight"
SHAPED = {
    "name": "shaped",
    "reward": "fixed_speed",
    "wrappers": [{"kind": "potential_shaping", "potential": "distance"}],
}


def searching(span: dict[str, Any] | None = None, path: str = WEIGHT, **changes: Any) -> dict[str, Any]:
    """The small experiment, with a search for the weight of its shaping."""
    wanted = {"over": {path: span or {"low": 0.1, "high": 10.0, "log": True}}, "trials": 24, "seeds": [7, 8]}
    spec = small_spec(version=2, sweep={"search": wanted | changes})
    spec["variants"][1] = SHAPED
    return spec


def said_of(spec: dict[str, Any]) -> list[str]:
    """What is said about a search before anything runs."""
    with pytest.raises(BadInput) as refused:
        plan_experiment(check_search(parse_spec(spec, "spec"), "spec"), "spec")
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (searching({"low": 2.0, "high": 1.0}), f".over.'{WEIGHT}': got ..., expected low below high"),
        (searching({"low": 0.0, "high": 1.0, "log": True}), f".over.'{WEIGHT}': got ..., expected low above 0, since "),
        (searching({"lwo": 0.0, "high": 1.0}), f".over.'{WEIGHT}'.lwo: got ... high, log, low; did you mean 'low'?"),
        (searching(trails=3), ".trails: got an unknown key, ...; did you mean 'trials'?"),
        (searching(trials=0), ".trials: got 0, expected greater than or equal to 1"),
        (searching(seeds=[1, 7]), ".seeds: got seed 1, on which the result is judged, expected other seeds than those"),
        (
            searching(path="algorithm.settings.gamma"),
            ".over.'algorithm.settings.gamma': got ..., expected variants.NAME",
        ),
        (searching(path="variants.shapd.reward"), ".over.'variants.shapd.reward': got ...; did you mean 'shaped'?"),
        (searching(path="variants.shaped.wrappers.3.weight"), "got a path that ends at 3, expected the path of a key"),
        (
            searching({"low": 0.5, "high": 2.0}, "variants.shaped.algorithm.settings.gae_lambda"),
            ".over.'variants.shaped.algorithm.settings.gae_lambda': got 2.0, expected a number in [0, 1]",
        ),
        (
            searching({"low": 1, "high": 9}, "variants.shaped.algorithm.num_envs"),
            ".over: got the path of algorithm.num_envs, expected keys that take any number in a range",
        ),
        (
            searching(
                over={WEIGHT: {"low": 0, "high": 1}, "variants.hacked.algorithm.settings.gamma": {"low": 0, "high": 1}}
            ),
            ".over: got paths of several variants, expected those of one variant",
        ),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(spec: dict[str, Any], expected: str) -> None:
    (line, *_) = said_of(spec)
    assert line.startswith("spec: sweep.search")
    at = 0
    for part in expected.split("..."):
        assert part in line[at:], line
        at = line.index(part, at) + len(part)


def test_without_optuna_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert said_of(searching()) == [
        "spec: sweep.search: got no Optuna, expected it to be installed; pip install 'rewardlab[tune]'"
    ]


def _achieving(
    best: float, asked: list[ExperimentSpec] | None = None
) -> Callable[..., Mapping[str, list[float | None]]]:
    """An objective that is largest at one weight, and a little other on each seed."""

    def scores(tried: ExperimentSpec) -> dict[str, list[float | None]]:
        if asked is not None:
            asked.append(tried)
        weights = {variant.name: float(variant.wrappers[0]["weight"]) for variant in tried.variants}
        return {
            name: [-abs(math.log(weight / best)) + 0.01 * seed for seed in tried.seeds]
            for name, weight in weights.items()
        }

    return scores


@pytest.mark.parametrize("best", [0.2, 2.0, 9.0])
def test_it_comes_near_what_is_best_and_to_the_same_again(best: float) -> None:
    spec = parse_spec(searching(), "spec")
    trials, again = (list(search(spec, _achieving(best))) for _ in range(2))
    assert trials == again
    assert len(trials) == 24
    far = [abs(math.log(trial.values[WEIGHT] / best)) for trial in trials]
    assert min(far) < math.log(1.25)
    # The first 10 are drawn at random; what comes later lies where the objective is larger.
    assert statistics.median(far[10:]) < statistics.median(far[:10])
    assert all(0.1 <= trial.values[WEIGHT] <= 10.0 for trial in trials)


def test_trials_are_asked_for_in_batches_on_seeds_of_their_own() -> None:
    asked: list[ExperimentSpec] = []
    list(search(parse_spec(searching(trials=10), "spec"), _achieving(1.0, asked)))
    assert [len(tried.variants) for tried in asked] == [4, 4, 2]
    assert {tuple(tried.seeds) for tried in asked} == {(7, 8)}
    assert all(variant.name.startswith("shaped (weight = ") for tried in asked for variant in tried.variants)


def test_what_is_found_is_compared_on_the_seeds_of_the_file_beside_the_others() -> None:
    spec = parse_spec(searching(), "spec")
    trials = [Trial(0, "a", {WEIGHT: 0.5}, (1.0, 2.0)), Trial(1, "b", {WEIGHT: 3.0}, (1.0, 2.1))]
    found = with_best(spec, [*trials, Trial(2, "c", {WEIGHT: 9.0}, (9.0, None))])
    assert [variant.name for variant in found.variants] == ["hacked", "shaped", "shaped (weight = 3.0)"]
    assert found.variants[-1].wrappers[0]["weight"] == 3.0
    assert found.seeds == [0, 1]
    # What is kept of it is read again as the same experiment.
    again = parse_spec(found.model_dump(mode="json"), "kept")
    assert [variant.name for variant in again.variants] == [variant.name for variant in found.variants]
    assert search_of(again) == search_of(spec)


def test_failed_trials_count_for_nothing_and_all_of_them_end_the_search() -> None:
    spec = parse_spec(searching(trials=8), "spec")

    def mostly_failing(tried: ExperimentSpec) -> dict[str, list[float | None]]:
        achieved = _achieving(1.0)(tried)
        return {name: [scores[0], None] for name, scores in achieved.items()}

    trials = list(search(spec, mostly_failing))
    assert [trial.score for trial in trials] == [None] * 8
    with pytest.raises(RunFailed, match="small: no trial of the search has a score"):
        with_best(spec, trials)


def test_the_command_searches_compares_and_trains_nothing_twice(tmp_path: Path) -> None:
    learner = {"name": "q_learning", "num_envs": 4, "settings": {}}
    spec = searching(trials=3, batch=2, seeds=[7]) | {"algorithm": learner, "budget_steps": 200, "seeds": [0]}
    file = write_toml(tmp_path / "spec.toml", spec | {"evaluation_episodes": 2})
    said = call("run", file, "--out", tmp_path / "out", "--workers", 2)
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "small: a search, 3 trials in batches of 2, on 1 seeds of their own"
    trials = [line for line in lines if line.startswith("trial ")]
    assert [line.partition(",")[0] for line in trials] == ["trial 0", "trial 1", "trial 2"]
    found = next(line for line in lines if line.startswith("Found: ")).partition(": ")[2].partition(")")[0] + ")"
    assert f"{found}, seed 0: finished" in said.out
    kept = rows(tmp_path / "out")
    assert len(kept) == 6  # three trials, and three variants on the seed of the file
    table = (tmp_path / "out" / "results.csv").read_bytes()
    assert table.count(b"\n") == 4
    again = call("run", file, "--out", tmp_path / "out", "--workers", 2)
    assert again.code == 0
    assert "finished at" not in again.out
    assert [line for line in again.out.splitlines() if line.startswith("trial ")] == trials
    assert rows(tmp_path / "out") == kept
    assert (tmp_path / "out" / "results.csv").read_bytes() == table


def test_the_bound_of_numbers_holds_in_the_search_too(tmp_path: Path) -> None:
    learner = {"name": "q_learning", "num_envs": 4, "settings": {}}
    spec = searching({"low": 100.0, "high": 200.0}, trials=1, seeds=[7])
    spec |= {"algorithm": learner, "budget_steps": 200, "seeds": [0], "evaluation_episodes": 2}
    file = write_toml(tmp_path / "spec.toml", spec)
    said = call("run", file, "--out", tmp_path / "out", "--workers", 1, "--largest-number", 1)
    assert said.code == 1
    assert said.err == "rewardlab: small: no trial of the search has a score, so there is nothing to compare\n"
    assert "a run failed, so it counts for nothing" in said.out
