"""Steps to a threshold: the first point of a row that holds it."""

from __future__ import annotations

import pytest

from rewardlab.lab.statistics import steps_to_threshold


def curve(*evaluated: float) -> list[dict[str, float]]:
    return [{"steps": 10 * (number + 1), "evaluated": value} for number, value in enumerate(evaluated)]


@pytest.mark.parametrize(
    ("evaluated", "expected"),
    [
        ((0, 0, 1, 1, 1, 0), 30),
        ((1, 1, 1), 10),
        ((0, 1, 0, 1, 1, 0, 1), None),  # never three in a row
        ((0, 0, 0, 1, 1), None),  # the training ends too soon to know
        ((0, 0.8, 0.8, 0.9), 20),  # the threshold itself counts
        ((), None),
    ],
)
def test_the_first_of_three_points_in_a_row(evaluated: tuple[float, ...], expected: int | None) -> None:
    assert steps_to_threshold(curve(*evaluated), 0.8) == expected


def test_hold_says_how_many_in_a_row() -> None:
    assert steps_to_threshold(curve(0, 1, 0, 1, 1), 0.8, hold=1) == 20
    assert steps_to_threshold(curve(0, 1, 0, 1, 1), 0.8, hold=2) == 40
