"""What the table says of seeds: differences, how long it took whom, how many there are, and how far to trust it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rewardlab.lab import Comparison, ResultStore, StoredRun, chosen_kind, compare, measured_coverage
from rewardlab.reports import as_text, comparison_notes
from tests.lab.small_experiment import plan_of, small_spec
from tests.reports.finished_experiment import result

BEST = 0.979  # of an order that is always delivered


def comparison_of(folder: Path, scores: Mapping[str, Mapping[int, float]], seeds: int, **changes: Any) -> Comparison:
    """Variants whose objective and whose whole learning curve are given for some of the seeds; the others failed."""
    variants = [
        {"name": name, "reward": "speed", "algorithm": {"settings": {"ent_coef": 0.001 * number}}}
        | changes.get(name, {})
        for number, name in enumerate(scores)
    ]
    plan, store = plan_of(small_spec(variants=variants, seeds=seeds)), ResultStore(folder / "results.sqlite")
    for run in plan.runs:
        score = scores[run.variant].get(run.seed)
        if score is None:
            store.write(StoredRun(run.identity, "failed", run.settings, {}, "step 7: got reward nan", {}))
            continue
        found = result(run.seed)
        found["evaluation"]["objective"] = score
        found["evaluation"]["exploits"]["drop_at_once"] = min(score, 1.0)
        found["curve"] = [point | {"evaluated": score} for point in found["curve"]]
        store.write(StoredRun(run.identity, "finished", run.settings, found, "", {"seconds": 1.5}))
    return compare(plan, store)


def cells(text: str, label: str) -> list[list[str]]:
    """The words of the line of a table with that label, and of the one below it."""
    found = text.splitlines()
    (at,) = (index for index, line in enumerate(found) if line.strip().startswith(f"{label} "))
    return [found[at].strip().removeprefix(label).split(), found[at + 1].split()]


def test_the_difference_to_the_first_is_taken_seed_by_seed(tmp_path: Path) -> None:
    # Within the seeds 0.1, 0.2, 0.3, 0.2 and -0.5: the middle three are 0.1, 0.2, 0.2. Better in 4 of 5.
    base = dict(enumerate([0.1, 0.2, 0.3, 0.4, 0.9]))
    other = dict(enumerate([0.2, 0.4, 0.6, 0.6, 0.4]))
    text = as_text(comparison_of(tmp_path, {"base": base, "other": other}, 5))
    values, ends = cells(text, "minus the first")
    assert values == ["-", "0.17"]
    low, high = map(float, ends[0].split(".."))
    assert -0.5 <= low < 0.17 < high <= 0.3
    assert cells(text, "beats it, %") == [["-", "80"], ["38..96"]]
    assert "the objective less that of 'base', seed by seed" in text


def test_only_seeds_that_both_have_are_paired_and_their_number_is_shown(tmp_path: Path) -> None:
    base = {0: 0.1, 1: 0.2, 2: 0.3}
    text = as_text(comparison_of(tmp_path, {"base": base, "other": {1: 0.3, 2: 0.4, 3: 9.0, 4: 9.0}}, 5))
    found = text.splitlines()
    (at,) = (index for index, line in enumerate(found) if line.strip().startswith("minus the first"))
    assert found[at].split()[-1] == "0.10"
    assert found[at + 2].split() == ["2", "of", "4"]
    heading = text.partition("paid")[0]
    assert "3 of 5 seeds" in heading
    assert "4 of 5 seeds" in heading


def test_a_variant_without_a_seed_in_common_has_no_difference(tmp_path: Path) -> None:
    scores = {"base": {0: 0.1}, "other": {1: 0.3}, "third": {0: 0.2, 1: 0.4}}
    assert cells(as_text(comparison_of(tmp_path, scores, 2)), "minus the first")[0] == ["-", "-", "0.10"]


def test_one_variant_alone_is_compared_with_nothing(tmp_path: Path) -> None:
    text = as_text(comparison_of(tmp_path, {"base": {0: 0.1, 1: 0.2}}, 2))
    assert "minus the first" not in text
    assert "Minus the first" not in text


def test_variants_are_compared_within_their_environment(tmp_path: Path) -> None:
    scores = {name: {0: score, 1: score} for name, score in zip("abcd", (0.1, 0.2, 0.4, 0.8), strict=True)}
    longer = {"environment": {"town_map": "D.A."}}
    comparison = comparison_of(tmp_path, scores, 2, c=longer, d=longer)
    assert [variant.reference for variant in comparison.variants] == [None, "a", None, "c"]
    assert cells(as_text(comparison), "minus the first")[0] == ["-", "0.10", "-", "0.40"]
    assert any("that of the first variant in the same environment" in note for note in comparison_notes(comparison))


@pytest.mark.parametrize(
    ("reached", "median", "interval"),
    [
        (0, ">4.00", ""),
        (4, ">4.00", "0.10..>4.00"),  # fewer than half
        (5, "0.10", "0.10..>4.00"),
        (10, "0.10", "0.10..0.10"),
    ],
)
def test_seeds_that_never_got_there_are_censored(reached: int, median: str, interval: str, tmp_path: Path) -> None:
    scores = {"base": {seed: BEST if seed < reached else 0.1 for seed in range(10)}}
    text = as_text(comparison_of(tmp_path, scores, 10))
    values, ends = cells(text, "1000 steps to 80 %")
    assert values == [median]
    assert ends[0] == (interval or "which")
    assert cells(text, "which reached")[0] == [str(reached), "of", "10"]


def test_the_mean_with_the_budget_is_kept_for_those_who_ask(tmp_path: Path) -> None:
    # 4 of 10 at 100 steps and 6 at 4,000: the middle six are 2 of the first and 4 of the second.
    scores = {"base": {seed: BEST if seed < 4 else 0.1 for seed in range(10)}}
    (variant,) = comparison_of(tmp_path, scores, 10).variants
    assert variant.metrics["steps_to_threshold"].value == pytest.approx((2 * 100 + 4 * 4_000) / 6)
    assert variant.time_to_threshold is not None
    assert variant.time_to_threshold.restricted_mean == pytest.approx((4 * 100 + 6 * 4_000) / 10)


@pytest.mark.parametrize("seeds", [2, 5, 11])
def test_the_measured_coverage_stands_beside_the_intervals(seeds: int, tmp_path: Path) -> None:
    comparison = comparison_of(tmp_path, {"base": {seed: 0.01 * seed for seed in range(seeds)}}, seeds)
    (note,) = (note for note in comparison_notes(comparison) if note.startswith("95 % intervals"))
    kind, measured = chosen_kind(seeds), {2: 2, 5: 5, 11: 10}[seeds]
    assert f"from {measured} seeds: {kind}." in note
    shares = measured_coverage(kind, seeds)
    for name in ("normal", "success or failure, 3 in 10 fail"):
        assert f"{100 * shares[name]:.0f}" in note


def test_no_share_of_episodes_is_below_nothing_or_above_all(tmp_path: Path) -> None:
    # Student's interval of two seeds is 12.7 times 0.4 to either side of a half.
    text = as_text(comparison_of(tmp_path, {"base": {0: 0.1, 1: 0.9}}, 2))
    assert cells(text, "drop_at_once") == [["50"], ["0..100"]]
    assert float(cells(text, "objective, best 0.98")[1][0].split("..")[0]) < -4


def test_one_seed_has_a_number_and_no_interval(tmp_path: Path) -> None:
    comparison = comparison_of(tmp_path, {"base": {0: 0.1}, "other": {0: 0.3}}, 1)
    assert "One seed has no interval." in comparison_notes(comparison)
    assert cells(as_text(comparison), "minus the first")[1][0] == "beats"


def test_the_table_is_read_at_80_columns(tmp_path: Path) -> None:
    scores = {name: {seed: 0.01 * seed for seed in range(9)} for name in ("hacked", "bonus", "repaired", "shaped")}
    text = as_text(comparison_of(tmp_path, scores, 10), width=80).partition("\nAfter ")[0]
    assert max(map(len, text.splitlines())) <= 80
    # All four beside each other.
    assert text.count("paid (own reward)") == 1
