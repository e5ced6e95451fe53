"""The answer in one sentence: that it claims no more than the numbers do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rewardlab.lab.comparison import NOT_RUN
from rewardlab.reports.page.answer import answer_sentence, failure_sentence
from tests.lab.small_experiment import plan_of, small_spec
from tests.reports.page.made_comparison import Scores, summed_up

BEST = "the exact optimum is 1"
APART = {"low": [0.10, 0.11, 0.12, 0.13, 0.14], "high": [0.50, 0.51, 0.52, 0.53, 0.54]}


def answer_of(achieved: Scores, **settings: Any) -> str:
    return answer_sentence(summed_up(achieved, **settings))


def test_one_that_is_better_on_every_seed() -> None:
    """Differences are 0.4 on each of five seeds, and so is the interval; the middle three achieve 0.52."""
    said = answer_of(APART)
    assert said == f"high achieved most, 0.52 ({BEST}), more than any other on the same seeds."


def test_order_in_the_spec_does_not_matter() -> None:
    """Here the best is the reference itself, and the difference is read from the other side."""
    said = answer_of(dict(reversed(APART.items())))
    assert said == f"high achieved most, 0.52 ({BEST}), more than any other on the same seeds."


def test_paired_seeds_say_more_than_intervals() -> None:
    """Seeds differ by 0.2 from one to the next and variants by 0.01 on each: intervals overlap, differences do not."""
    scores = [0.1, 0.3, 0.5, 0.7, 0.9]
    comparison = summed_up({"a": scores, "b": [score + 0.01 for score in scores]})
    first, second = (variant.metrics["objective"] for variant in comparison.variants)
    assert first.high > second.low
    assert answer_sentence(comparison) == f"b achieved most, 0.51 ({BEST}), more than any other on the same seeds."


def test_one_that_is_better_on_some_seeds_only() -> None:
    said = answer_of({"a": [0.2, 0.5, 0.1, 0.6, 0.3], "b": [0.4, 0.3, 0.4, 0.4, 0.4]})
    assert said == f"b achieved most, 0.4 ({BEST}), and a may be as good."


def test_two_that_are_neither_of_them_the_first_are_paired_as_well() -> None:
    middle = [0.2, 0.5, 0.1, 0.6, 0.3]
    said = answer_of({"base": [0.0, 0.01, 0.02, 0.03, 0.04], "a": middle, "b": [0.4, 0.3, 0.4, 0.4, 0.4]})
    assert said == f"b achieved most, 0.4 ({BEST}), and a may be as good."


def test_a_tie() -> None:
    said = answer_of({"a": [0.5, 0.5], "b": [0.5, 0.5], "c": [0.1, 0.1]})
    assert said == f"a and b achieved the same, 0.5 ({BEST}), more than any other on the same seeds."


def test_thousands_are_written_out() -> None:
    said = answer_of({"a": [1000.0, 1000.0], "b": [-1234.4, -1234.4]})
    assert said.startswith("a achieved most, 1,000 (")


def test_one_variant_is_best_of_nothing() -> None:
    assert answer_of({"alone": [0.5, 0.5, 0.5]}) == f"alone achieved 0.5 [0.5, 0.5] ({BEST})."


def test_one_seed_tells_nothing_of_chance() -> None:
    said = answer_of({"a": [0.5], "b": [0.9]})
    assert said == f"b achieved most, 0.9 ({BEST}), on one seed, which cannot tell a difference from chance."


def test_no_run_has_finished() -> None:
    comparison = summed_up({"a": [None, None]})
    assert answer_sentence(comparison) == "No run has finished yet."
    assert failure_sentence(comparison) == "2 of 2 runs failed: what is shown rests on the others alone."


def test_missing_seeds_are_counted() -> None:
    comparison = summed_up({"a": [0.5, 0.5, 0.5], "b": [None, 0.9, 0.9]})
    said = answer_sentence(comparison)
    assert said == f"b achieved most, 0.9 (on 2 of 3 seeds) ({BEST}), more than any other on the same seeds."
    assert failure_sentence(comparison) == "1 of 6 runs failed: what is shown rests on the others alone."


def test_no_seed_in_both_is_no_comparison() -> None:
    said = answer_of({"a": [0.5, None], "b": [None, 0.9]})
    assert said.startswith(f"b achieved most, 0.9 (on 1 of 2 seeds) ({BEST}), and a may be as good")


def test_an_exploit_is_named_with_both_scores() -> None:
    said = answer_of(APART, exploits={"low": 0.75, "high": 0.49})
    assert said.endswith("; low was paid 1.2 and achieved 0.12: drop at once in 75% of its episodes.")
    assert "high was paid" not in said


def test_who_is_paid_the_objective_is_not_gamed() -> None:
    """On these settings `on_time` is the objective; a bonus on top of it is something else to be paid for."""
    bonus = [{"kind": "bonus", "events": {"picked_up": 5.0}}]
    variants = [
        {"name": "meant", "reward": "on_time"},
        {"name": "bonus", "reward": "on_time", "wrappers": bonus},
    ]
    comparison = summed_up({"meant": [0.5, 0.5], "bonus": [0.1, 0.1]}, exploits={"meant": 1.0, "bonus": 1.0})
    said = answer_sentence(replace(comparison, plan=plan_of(small_spec(variants=variants))))
    assert "meant was paid" not in said
    assert said.endswith("; bonus was paid 1 and achieved 0.1: drop at once in 100% of its episodes.")


def test_many_that_were_gamed_are_counted() -> None:
    names = {f"v{number}": [0.5, 0.5] for number in range(5)}
    assert answer_of(names, exploits=dict.fromkeys(names, 1.0)).endswith("; 2 more were gamed as well.")


def test_a_sweep_of_forty() -> None:
    """Each a thousandth better than the last on both seeds: the best is better, and chosen for that."""
    said = answer_of({f"v{number}": [0.1 + 0.001 * number] * 2 for number in range(40)})
    assert said == (
        f"v39 achieved most, 0.139 ({BEST}), more than any other on the same seeds (the best of 40, chosen by these"
        " very numbers, which flatters it)."
    )


def test_forty_that_may_be_as_good_are_not_all_named() -> None:
    """Each is better than the best on the second of two seeds, so that none is told from it."""
    said = answer_of({"best": [0.9, 0.5]} | {f"v{number}": [0.1, 0.6 + 0.01 * number] for number in range(1, 13)})
    assert f"best achieved most, 0.7 ({BEST}), and v1, v2, v3 and 9 others may be as good (the best of 13," in said


def test_different_environments_are_not_compared() -> None:
    """The second has two parcels, so that more can be had: its best is not the best of all."""
    said = answer_of(
        {"one": [0.9, 0.9], "two": [1.2, 1.2], "one more": [0.5, 0.5]},
        references={"one": None, "two": None, "one more": "one"},
        optima={"two": 2.0},
    )
    assert said.startswith(f"In the environment of one: one achieved most, 0.9 ({BEST}), more than any other")
    assert "In the environment of two: two achieved 1.2 [1.2, 1.2] (the exact optimum is 2)" in said
    assert said.endswith("what was achieved in one says nothing of another.")


@pytest.mark.parametrize("name", ["x" * 100, "\u202eabc"])
def test_names_are_short_and_steer_nothing(name: str) -> None:
    said = answer_of({name: [0.5]})
    assert len(said) < 100
    assert "\u202e" not in said


def test_without_a_catalogue_there_is_no_optimum_and_no_exploit() -> None:
    said = answer_of({"a": [20.0, 30.0], "b": [200.0, 210.0]}, has_catalogue=False)
    assert said == "b achieved most, 205, more than any other on the same seeds."


def test_names_with_commas_are_told_apart() -> None:
    """Bare, the three would read as five."""
    said = answer_of({"ppo, inverse": [0.9, 0.5], "ppo": [0.1, 0.6], "ppo, next": [0.1, 0.61], "a and b": [0.1, 0.62]})
    assert said.startswith(f'"ppo, inverse" achieved most, 0.7 ({BEST}), and ppo, "ppo, next" and "a and b" may be')


def test_runs_that_have_not_run_have_not_failed() -> None:
    comparison = summed_up({"a": [0.5, None, None]})
    variant = replace(comparison.variants[0], failures={1: NOT_RUN, 2: "step 7: got reward nan"})
    said = failure_sentence(replace(comparison, variants=(variant,)))
    assert said == "1 of 3 runs failed and 1 of 3 have not run yet: what is shown rests on the others alone."


def test_one_seed_of_one_of_them_tells_nothing_of_that_one() -> None:
    said = answer_of({"best": [0.9, 0.9, 0.9], "a": [0.5, None, None], "b": [0.1, 0.1, 0.1]})
    assert said == f"best achieved most, 0.9 ({BEST}), and a may be as good."


def test_those_that_share_the_first_place_are_counted_among_all() -> None:
    said = answer_of({"a": [0.5, 0.5], "b": [0.5, 0.5]} | {f"v{number}": [0.1, 0.1] for number in range(4)})
    assert said.startswith(f"a and b achieved the same, 0.5 ({BEST}), more than any other on the same seeds (the best")
    assert "(the best of 6, chosen" in said
