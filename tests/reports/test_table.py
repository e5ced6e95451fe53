"""The table and the file of numbers: every number in its place, every failure told, names as they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rewardlab.lab import ResultStore, StoredRun, compare
from rewardlab.reports import as_text, comparison_notes
from tests.lab.small_experiment import plan_of, small_spec
from tests.reports.finished_experiment import comparison_of, result, stored

HOSTILE = ["<img src=x onerror=alert(1)>", "[bold]", "[/x]", "$x$", "../../x", "a" * 100, "=1+1", "ü 日本", '"a",b']


def lines(text: str, label: str) -> list[str]:
    """The line of a table with that label and the one below it, without the label, words apart."""
    found = text.splitlines()
    (at,) = (index for index, line in enumerate(found) if line.strip().startswith(f"{label} "))
    return [" ".join(found[at].strip().removeprefix(label).split()), found[at + 1].strip()]


def test_numbers_stand_where_they_belong(tmp_path: Path) -> None:
    text = as_text(comparison_of(tmp_path, "one", seeds=5))
    # The middle three of 0, 10, 20, 30, 40; whichever five are drawn, their middle is within 0 and 40.
    assert lines(text, "paid (own reward)")[0] == "20.0"
    low, high = map(float, lines(text, "paid (own reward)")[1].split(".."))
    assert 0 <= low < 20 < high <= 40
    assert lines(text, "objective, best 0.98")[0] == "0.20"
    assert lines(text, "% of the best")[0] == str(round(100 * 0.2 / 0.979))
    assert lines(text, "delivered")[0] == "0.50"
    assert lines(text, "drop_at_once") == ["50", "50..50"]
    assert lines(text, "seeds")[0] == "5 of 5"


def test_the_steps_that_were_trained_are_told_where_they_are_more_than_was_asked_for(tmp_path: Path) -> None:
    found = comparison_of(tmp_path, "one")  # each of its runs took 4,000 steps
    for budget, said in (
        (4000, "After 4,000 steps of training each policy"),
        (2000, "After 2,000 steps (4,000, since whole rollouts are finished) of training each policy"),
    ):
        spec = found.plan.spec.model_copy(update={"budget_steps": budget})
        notes = comparison_notes(replace(found, plan=replace(found.plan, spec=spec)))
        assert notes[0].startswith(said)


def test_what_is_learned_beside_the_task_is_shown_with_its_cost(tmp_path: Path) -> None:
    reward = {"objective": "reward_prediction", "loss": "squared_error", "weight": 0.1}
    variants = [{"name": "plain", "reward": "speed"}, {"name": "helped", "reward": "speed", "auxiliary": [reward]}]
    plan = plan_of(small_spec(variants=variants))
    text = as_text(compare(plan, stored(plan, tmp_path, ())))
    found = [line.split() for line in lines(text, "seconds a run")]
    assert found == [["1.50"] * 2, ["1.50..1.50"] * 2]
    assert "seconds" not in as_text(comparison_of(tmp_path, "one"))


def test_failed_seeds_are_counted_and_named_and_enter_no_mean(tmp_path: Path) -> None:
    comparison = comparison_of(tmp_path, "one", "two", seeds=4, failed=(0, 3))
    text = as_text(comparison)
    assert lines(text, "seeds")[0] == "2 of 4 2 of 4"
    assert lines(text, "paid (own reward)")[0] == "15.0 15.0"
    for name in ("one", "two"):
        for seed in (0, 3):
            assert f"{name}, seed {seed}: step 7: got reward nan" in comparison_notes(comparison)


def test_what_some_seeds_have_no_number_for_says_of_how_many_it_is(tmp_path: Path) -> None:
    # Seeds 0 to 3, of which 0 has no parcel delivered where one was dropped: 1, 2 and 3 times a quarter remain.
    plan = plan_of(small_spec(seeds=4, variants=[{"name": "one", "reward": "speed"}]))
    assert plan.catalogue is not None
    plan = replace(plan, catalogue=replace(plan.catalogue, averaged_where={"delivered": "dropped"}))
    store = ResultStore(tmp_path / "results.sqlite")
    for run in plan.runs:
        found = result(run.seed)
        found["evaluation"]["events"] = {"delivered": 0.25 * run.seed} if run.seed else {}
        store.write(StoredRun(run.identity, "finished", run.settings, found, "", {"seconds": 1.5}))
    text = as_text(compare(plan, store))
    assert lines(text, "delivered if dropped")[0] == "0.50"
    assert "3 of 4" in text
    assert lines(text, "seeds")[0] == "4 of 4"


def test_a_long_label_takes_no_column_of_the_table_away(tmp_path: Path) -> None:
    # As long as those of mini chess, whose tables lost their last columns.
    comparison = comparison_of(tmp_path, *"abcd", seeds=1)
    assert comparison.plan.catalogue is not None
    catalogue = replace(comparison.plan.catalogue, averaged_where={"delivered": "retreat_minutes"})
    comparison = replace(comparison, plan=replace(comparison.plan, catalogue=catalogue))
    text = as_text(comparison, width=80)
    assert "delivered if retreat_minutes" in text
    assert sum(line.count("1 of 1") for line in text.splitlines()) == 4


def test_without_a_finished_seed_there_are_dashes(tmp_path: Path) -> None:
    text = as_text(comparison_of(tmp_path, "one", seeds=2, failed=(0, 1)))
    assert lines(text, "paid (own reward)")[0] == "-"
    assert lines(text, "seeds")[0] == "0 of 2"


def test_every_variant_is_seen_however_many_there_are(tmp_path: Path) -> None:
    names = [f"variant {number}" for number in range(12)]
    text = as_text(comparison_of(tmp_path, *names, seeds=1), width=80)
    assert max(map(len, text.partition("\nAfter ")[0].splitlines())) <= 80
    assert [name for name in names if name not in text] == []
    assert text.count("1 of 1") >= 12


@pytest.mark.parametrize("name", HOSTILE)
def test_names_stay_text(name: str, tmp_path: Path) -> None:
    comparison = comparison_of(tmp_path, name, seeds=2, failed=(1,))
    assert f"{name}, seed 1: step 7: got reward nan" in as_text(comparison, width=400)
    assert name in as_text(comparison, width=400).partition("paid")[0]
