"""What is counted is never below 0, and so is no interval of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rewardlab.lab.exact_optima import never_negative
from tests.lab.small_experiment import DELIVERY
from tests.reports.finished_experiment import comparison_of


def test_the_model_says_which_events_are_never_below_0() -> None:
    assert {"minutes", "delivered", "dropped"} <= never_negative(DELIVERY, {"orders": 1, "town_map": "DA."})
    assert never_negative("CartPole-v1", {}) == frozenset()


def test_an_interval_of_a_count_ends_at_0(tmp_path: Path) -> None:
    # Three seeds with 0, 0.1 and 0.2 of the objective, and 2.5 times as much of the event: by Student's t alone, the
    # interval of the one is 2.5 times that of the other, and both reach below 0.
    metrics = comparison_of(tmp_path, "one").variants[0].metrics
    assert metrics["objective"].low < 0.0
    assert metrics["event/delivered"].low == 0.0
    assert metrics["event/delivered"].high == pytest.approx(2.5 * metrics["objective"].high)
