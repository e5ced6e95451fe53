"""Thresholds: shares counted by hand, undefined ones, ties, and the threshold that costs least."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardlab.errors import BadInput
from rewardlab.losses.thresholds import accuracy, precision, recall, threshold_from_costs, threshold_sweep

SCORES = np.array([0.1, 0.3, 0.3, 0.6, 0.8, 0.8])
LABELS = np.array([0, 1, 0, 0, 1, 1])


def test_never_fraud_is_nearly_always_right_and_finds_none() -> None:
    never, fraud = np.zeros(1000), np.eye(1, 1000)[0]
    assert accuracy(never, fraud) == 0.999
    assert recall(never, fraud) == 0.0
    assert math.isnan(precision(never, fraud))
    assert math.isnan(recall(never, np.zeros(1000)))


def test_shares_counted_by_hand() -> None:
    # From 0.5 on: 0.6 is a false alarm, both 0.8 are hits, one of the 0.3 is a miss.
    assert precision(SCORES, LABELS) == pytest.approx(2 / 3)
    assert recall(SCORES, LABELS) == pytest.approx(2 / 3)
    assert accuracy(SCORES, LABELS) == pytest.approx(4 / 6)
    flags = SCORES >= 0.5
    assert precision(flags, LABELS.astype(bool)) == pytest.approx(2 / 3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_score_at_the_threshold_is_flagged_in_its_own_dtype(dtype: type[np.floating]) -> None:
    # 0.7 in float32 lies below 0.7 in float64, and is a tie all the same.
    scores = np.array([0.7, 0.2], dtype=dtype)
    assert recall(scores, [1, 0], threshold=0.7) == 1
    assert threshold_sweep(scores, [1, 0], [0.7, 0.2]).recall.tolist() == [1, 1]


def test_a_sweep_goes_from_flagging_all_to_flagging_none() -> None:
    sweep = threshold_sweep(SCORES, LABELS)
    assert sweep.thresholds.tolist() == [0.1, 0.3, 0.6, 0.8, math.inf]
    assert sweep.true_positives.tolist() == [3, 3, 2, 2, 0]
    assert sweep.false_positives.tolist() == [3, 2, 1, 0, 0]
    assert sweep.false_negatives.tolist() == [0, 0, 1, 1, 3]
    assert sweep.true_negatives.tolist() == [0, 1, 2, 3, 3]
    np.testing.assert_allclose(sweep.precision, [3 / 6, 3 / 5, 2 / 3, 1, math.nan])
    np.testing.assert_allclose(sweep.recall, [1, 1, 2 / 3, 2 / 3, 0])
    # Three false alarms of 1; two of them; 1 and a miss of 5; a miss; three misses.
    assert sweep.cost(1, 5).tolist() == [3, 2, 6, 5, 15]


@given(st.data())
@settings(max_examples=50)
def test_a_sweep_is_what_counting_gives(data: st.DataObject) -> None:
    cases = data.draw(st.lists(st.tuples(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.booleans()), min_size=1))
    scores, labels = np.array([score for score, _ in cases]), np.array([label for _, label in cases])
    thresholds = data.draw(st.lists(st.floats(-0.5, 1.5), min_size=1, max_size=5))
    sweep = threshold_sweep(scores, labels, thresholds)
    for place, threshold in enumerate(thresholds):
        flags = scores >= threshold
        assert sweep.true_positives[place] == np.sum(flags & labels)
        assert sweep.false_positives[place] == np.sum(flags & ~labels)
        assert sweep.false_negatives[place] == np.sum(~flags & labels)
        assert sweep.true_negatives[place] == np.sum(~flags & ~labels)


def test_a_threshold_from_costs() -> None:
    assert threshold_from_costs(1.0, 19.0) == 0.05
    assert threshold_from_costs(1, 1) == 0.5
    assert threshold_from_costs(0, 1) == 0
    assert threshold_from_costs(1, 0) == 1
    # Only the ratio counts, however large the costs.
    assert threshold_from_costs(1e308, 1e308) == 0.5


@given(st.floats(0.01, 100), st.floats(0.01, 100), st.lists(st.integers(0, 20), min_size=1, max_size=9, unique=True))
@settings(max_examples=50)
def test_no_other_rule_on_a_calibrated_score_costs_less(alarm: float, miss: float, twentieths: list[int]) -> None:
    # Of 20 cases scored k / 20, exactly k are positive. Brute force over every set of scores that one could flag.
    threshold = threshold_from_costs(alarm, miss)
    flag_cost = [(20 - k) * alarm for k in twentieths]
    leave_cost = [k * miss for k in twentieths]
    chosen = sum(
        flag if k / 20 >= threshold else leave for k, flag, leave in zip(twentieths, flag_cost, leave_cost, strict=True)
    )
    rules = itertools.product([True, False], repeat=len(twentieths))
    least = min(sum(f if flag else g for flag, f, g in zip(rule, flag_cost, leave_cost, strict=True)) for rule in rules)
    assert chosen == pytest.approx(least)
    scores = np.repeat(np.array(twentieths) / 20, 20)
    labels = np.concatenate([np.arange(20) < k for k in twentieths])
    assert threshold_sweep(scores, labels).cost(alarm, miss).min() == pytest.approx(least)
    assert threshold_sweep(scores, labels, [threshold]).cost(alarm, miss)[0] == pytest.approx(chosen)


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (lambda: precision([0.2, 0.3], [0, 2]), "1 of 2 elements, the first 2"),
        (lambda: precision([0.2, 0.3], [0, 0.5]), "soft labels"),
        (lambda: recall([-2.0, 3.0], [0, 1]), r"sigmoid\(logits\)"),
        (lambda: recall([np.nan], [1]), "from nan"),
        (lambda: accuracy([], []), "at least one element"),
        (lambda: accuracy([[0.1], [0.2]], [0, 1]), "nothing is broadcast"),
        (lambda: accuracy([0.1], [0], threshold=math.nan), "a NaN"),
        (lambda: threshold_sweep([0.1], [0], [[0.5]]), "in a row"),
        (lambda: threshold_from_costs(-1, 1), "false_positive_cost: got -1"),
        (lambda: threshold_from_costs(1, math.inf), "false_negative_cost: got inf"),
        (lambda: threshold_from_costs(0, 0), "two costs of 0"),
        (lambda: threshold_sweep([0.1], [0]).cost(-1, 1), "false_positive_cost"),
    ],
)
def test_what_makes_no_sense_is_refused(refused: object, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        refused()  # type: ignore[operator]
