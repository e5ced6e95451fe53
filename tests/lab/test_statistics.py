"""The interquartile mean and its interval: known answers, another library's, and what bad input is told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import trim_mean

from rewardlab.errors import BadInput
from rewardlab.lab import Estimate, chosen_kind, estimate, interquartile_mean
from rewardlab.lab.statistics import IntervalKind

SCORES = st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=30)


@given(SCORES)
def test_it_is_the_trimmed_mean_of_scipy(scores: list[float]) -> None:
    assert interquartile_mean(scores) == pytest.approx(trim_mean(scores, 0.25), rel=1e-12, abs=1e-9)


@pytest.mark.parametrize(
    ("scores", "mean"),
    [
        ([3], 3),
        ([1, 3], 2),
        ([0, 0, 9], 3),  # a quarter of three is no whole score, so none is cut off
        ([100, 1, 2, -50], 1.5),
        ([5, 1, 3, 1000, -1000], 3),  # of five the middle three
        ([0, 0, 1, 2, 3, 4, 50, 50], 2.5),
    ],
)
def test_a_quarter_is_cut_off_at_each_end(scores: list[float], mean: float) -> None:
    assert interquartile_mean(scores) == mean


def test_it_averages_over_the_axis_that_is_named() -> None:
    table = np.array([[0.0, 1.0, 2.0, 100.0], [4.0, 4.0, 8.0, 8.0]])
    assert interquartile_mean(table).tolist() == [1.5, 6.0]
    assert interquartile_mean(table, axis=0).tolist() == [2.0, 2.5, 5.0, 54.0]
    assert table[0, 3] == 100


def test_without_scores_there_is_no_mean() -> None:
    with pytest.raises(BadInput, match="interquartile_mean: got no scores, expected at least one"):
        interquartile_mean([])


def test_an_interval_depends_on_scores_and_generator_alone() -> None:
    scores = np.random.default_rng(0).normal(size=20)
    first, again = (estimate(scores, np.random.default_rng(7)) for _ in range(2))
    assert first == again
    assert first != estimate(scores, np.random.default_rng(8))
    assert first.value == pytest.approx(np.sort(scores)[5:15].mean())
    assert first.count == 20


@given(SCORES, st.integers(0, 2**32), st.sampled_from(["percentile", "expanded percentile", "BCa"]))
@settings(max_examples=60)
def test_an_interval_of_draws_lies_within_the_scores(scores: list[float], seed: int, kind: IntervalKind) -> None:
    found = estimate(scores, np.random.default_rng(seed), resamples=400, kind=kind)
    slack = 1e-9 * (1 + max(map(abs, scores)))
    assert min(scores) - slack <= found.low <= found.high <= max(scores) + slack
    assert min(scores) - slack <= found.value <= max(scores) + slack


@given(SCORES, st.floats(0.01, 100), st.floats(-1e3, 1e3), st.integers(0, 99))
@settings(max_examples=30)
def test_an_interval_moves_and_grows_with_the_scores(scores: list[float], by: float, to: float, seed: int) -> None:
    plain, moved = (
        estimate(values, np.random.default_rng(seed), resamples=200)
        for values in (np.array(scores), by * np.array(scores) + to)
    )
    slack = 1e-9 * (1 + abs(to) + by * max(map(abs, scores)))
    assert moved.kind == plain.kind
    for ours, theirs in zip((moved.low, moved.value, moved.high), (plain.low, plain.value, plain.high), strict=True):
        assert ours == pytest.approx(by * theirs + to, rel=1e-9, abs=10 * slack)


def test_the_kind_is_the_one_that_was_measured_to_be_right() -> None:
    scores = np.random.default_rng(0).normal(size=60)
    for seeds in (2, 3, 5, 9, 10, 20, 60):
        found = estimate(scores[:seeds], np.random.default_rng(1), resamples=100)
        assert found.kind == chosen_kind(seeds)
        assert found == estimate(scores[:seeds], np.random.default_rng(1), resamples=100, kind=chosen_kind(seeds))


def test_two_seeds_are_told_apart_from_knowledge() -> None:
    # Student's t with one degree of freedom: 12.706 standard errors of 0.5 to either side of 1.5.
    found = estimate([1.0, 2.0], np.random.default_rng(0))
    assert (found.low, found.high) == pytest.approx((1.5 - 6.353, 1.5 + 6.353), abs=1e-3)


def test_an_interval_ends_where_scores_must() -> None:
    found = estimate([0.1, 0.9], np.random.default_rng(0), within=(0, 1))
    assert (found.low, found.high) == (0, 1)


def test_n_of_n_stands_beside_the_number() -> None:
    scores = [1.0, 2.0, 3.0, 4.0]
    assert str(estimate(scores, np.random.default_rng(0), planned=5)).endswith("(4 of 5 seeds)")
    assert str(estimate(scores, np.random.default_rng(0))).endswith("(4 seeds)")
    assert str(estimate([0.25], np.random.default_rng(0), planned=2)) == "0.25 (1 of 2 seeds)"


def test_of_one_seed_the_interval_is_its_score() -> None:
    assert estimate([0.25], np.random.default_rng(0)) == Estimate(0.25, 0.25, 0.25, 1, "none")


def test_an_interval_shrinks_with_the_level_and_grows_with_the_spread() -> None:
    scores = np.random.default_rng(0).normal(size=20)
    widths = [
        (found := estimate(spread * scores, np.random.default_rng(1), level=level)).high - found.low
        for spread, level in ((1, 0.5), (1, 0.95), (3, 0.95))
    ]
    assert widths[0] < widths[1] < widths[2] == pytest.approx(3 * widths[1])


def test_an_interval_of_many_scores_has_the_width_that_theory_gives() -> None:
    # The trimmed mean of a normal sample varies by 1.1952 / n at a trim of a quarter (its influence function).
    scores = np.random.default_rng(5).normal(size=4_000)
    found = estimate(scores, np.random.default_rng(6), resamples=2_000)
    expected = 2 * 1.96 * np.sqrt(1.1952 / len(scores))
    assert found.high - found.low == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("scores", [[], [float("nan")], [1.0, float("inf")], [[1.0, 2.0]], 3.0, "abc", [[1], [1, 2]]])
def test_scores_that_are_none_are_refused(scores: object) -> None:
    with pytest.raises(BadInput, match=r"scores: got .*, expected \[R\] finite numbers, one for each seed"):
        estimate(scores, np.random.default_rng(0))  # type: ignore[arg-type]


def test_settings_that_are_none_are_refused_together() -> None:
    with pytest.raises(BadInput) as refused:
        estimate([1.0, 2.0], np.random.default_rng(0), level=95, resamples=0)
    assert [problem.where for problem in refused.value.problems] == ["level", "resamples"]
    with pytest.raises(BadInput, match=r"kind: got 'bca', expected a known kind of interval: .*; did you mean 'BCa'\?"):
        estimate([1.0, 2.0], np.random.default_rng(0), kind="bca")  # type: ignore[arg-type]
    # Also where nothing would have come of them.
    with pytest.raises(BadInput) as refused:
        estimate([1.0], np.random.default_rng(0), kind="bca", resamples=2.5)  # type: ignore[arg-type]
    assert [problem.where for problem in refused.value.problems] == ["resamples", "kind"]
