"""Calibration: tables counted by hand, intervals that hold as often as they say, and weights that are undone."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardlab.errors import BadInput
from rewardlab.losses.calibration import calibration_table, expected_calibration_error
from rewardlab.losses.class_weights import weighted_optimum


def test_a_table_counted_by_hand() -> None:
    first, second, third, last = calibration_table([0.1, 0.2, 0.25, 0.9, 1.0], [0, 1, 0, 1, 1], bins=4)
    assert (first.low, first.high, first.count) == (0, 0.25, 2)
    assert (first.mean_predicted, first.observed_rate) == (pytest.approx(0.15), 0.5)
    # An edge belongs to the bin above it, and 1 to the last.
    assert (second.count, second.mean_predicted, second.observed_rate) == (1, 0.25, 0)
    assert (last.low, last.high, last.count, last.observed_rate) == (0.75, 1, 2, 1)
    assert (third.count, third.verdict) == (0, "empty")
    assert all(math.isnan(value) for value in (third.mean_predicted, third.observed_rate, third.interval_low))
    # (|0.3 - 1| + |0.25 - 0| + |1.9 - 2|) / 5
    assert expected_calibration_error([0.1, 0.2, 0.25, 0.9, 1.0], [0, 1, 0, 1, 1], bins=4) == pytest.approx(1.05 / 5)


def test_an_edge_is_where_it_is_written() -> None:
    table = calibration_table(np.arange(11) / 10, np.zeros(11))
    assert [row.count for row in table] == [1] * 9 + [2]
    # In single precision 0.7 and 0.9 are a little less than in double.
    single = calibration_table(np.arange(11, dtype=np.float32) / np.float32(10), np.zeros(11))
    assert [row.count for row in single] == [row.count for row in table]
    assert [row.low for row in table] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


def test_the_interval_is_that_of_wilson() -> None:
    # 3 of 10 at z = 1.959964: (0.3 + z^2/20 -+ z sqrt(0.021 + z^2/400)) / (1 + z^2/10)
    (row,) = calibration_table(np.full(10, 0.3), [1] * 3 + [0] * 7, bins=1)
    assert (row.interval_low, row.interval_high) == (
        pytest.approx(0.1077913, abs=5e-8),
        pytest.approx(0.6032219, abs=5e-8),
    )
    (none,) = calibration_table(np.full(10, 0.3), np.zeros(10), bins=1)
    # z^2 / (n + z^2)
    assert (none.interval_low, none.interval_high) == (0, pytest.approx(3.841459 / 13.841459, abs=1e-7))
    (every,) = calibration_table(np.full(10, 0.3), np.ones(10), bins=1)
    assert (every.interval_low, every.interval_high) == (pytest.approx(10 / 13.841459, abs=1e-7), 1)


def test_the_intervals_hold_as_often_as_they_say() -> None:
    generator = np.random.default_rng(0)
    inside = total = 0
    for _ in range(100):
        scores = generator.uniform(size=2000)
        for row in calibration_table(scores, generator.uniform(size=2000) < scores):
            total += 1
            inside += row.verdict == "agrees"
    # 1000 bins at 95 %: the standard error is 0.7 %.
    assert total == 1000
    assert 0.93 <= inside / total <= 0.975


def test_a_weighted_model_agrees_once_its_weight_is_undone() -> None:
    generator = np.random.default_rng(1)
    rates = generator.beta(0.4, 6.0, size=40_000)
    came_true = generator.uniform(size=rates.size) < rates
    outputs = weighted_optimum(rates, 19.0)
    as_it_is = calibration_table(outputs, came_true)
    undone = calibration_table(outputs, came_true, positive_weight=19.0)
    assert all(row.verdict == "too high" for row in as_it_is[1:])
    filled = [row for row in undone if row.count >= 100]
    assert sum(row.verdict == "agrees" for row in filled) >= len(filled) - 1
    gap, gap_undone = (expected_calibration_error(outputs, came_true, positive_weight=weight) for weight in (1.0, 19.0))
    assert gap > 0.3
    assert gap_undone < 0.01


def test_a_score_below_its_rate_is_too_low() -> None:
    (row,) = calibration_table(np.full(100, 0.1), np.arange(100) < 50, bins=1)
    assert row.verdict == "too low"


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1), st.integers(1, 30))
@settings(max_examples=50)
def test_every_case_is_in_one_bin(cases: list[tuple[float, bool]], bins: int) -> None:
    scores, labels = np.array([score for score, _ in cases]), np.array([label for _, label in cases])
    table = calibration_table(scores, labels, bins)
    filled = [row for row in table if row.count]
    assert len(table) == bins
    assert sum(row.count for row in filled) == len(cases)
    assert sum(row.count * row.observed_rate for row in filled) == pytest.approx(labels.sum())
    assert sum(row.count * row.mean_predicted for row in filled) == pytest.approx(scores.sum())
    assert all(row.low - 1e-12 <= row.mean_predicted <= row.high + 1e-12 for row in filled)
    assert all(0 <= row.interval_low <= row.observed_rate <= row.interval_high <= 1 for row in filled)
    gap = sum(row.count * abs(row.observed_rate - row.mean_predicted) for row in filled) / len(cases)
    assert expected_calibration_error(scores, labels, bins) == pytest.approx(gap, abs=1e-12)


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (lambda: calibration_table([0.1], [0], bins=0), "bins: got 0"),
        (lambda: calibration_table([0.1], [0], bins=2.5), "bins: got 2.5"),  # type: ignore[arg-type]
        (lambda: calibration_table([4.2], [1]), r"sigmoid\(logits\)"),
        (lambda: calibration_table([0.2], [1], positive_weight=0), "positive_weight: got 0"),
        (lambda: expected_calibration_error([0.2, 0.3], [1]), "equal shapes"),
    ],
)
def test_what_makes_no_sense_is_refused(refused: object, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        refused()  # type: ignore[operator]
