"""What is odd in a learning curve is told, and what is usual is not."""

from __future__ import annotations

from typing import Any

import pytest

from rewardlab.lab.training_notes import LEAST_POINTS, training_notes


def curve(objective: Any = lambda i: i, paid: Any = lambda i: i, gradient: Any = lambda i: 1.0) -> list[dict[str, Any]]:
    return [
        {
            "objective": float(objective(i)),
            "evaluated": float(objective(i)),
            "paid": float(paid(i)),
            "length": 10.0,
            "value_gradient_norm": float(gradient(i)),
        }
        for i in range(40)
    ]


def test_nothing_is_said_of_a_usual_one() -> None:
    assert training_notes(curve()) == []


def test_a_stall_is_told() -> None:
    (note,) = training_notes(curve(objective=lambda i: 0))
    assert note.startswith("nothing changed: ")


def test_one_change_is_no_stall() -> None:
    points = curve(objective=lambda i: 0)
    points[-1]["evaluated"] = 1.0
    assert training_notes(points) == []


@pytest.mark.parametrize("sign", [1, -1])
def test_a_reward_that_grows_by_orders_is_told(sign: int) -> None:
    # The medians of the first ten points and of the last, of which each episode has ten steps.
    (note,) = training_notes(curve(paid=lambda i: sign * (10 if i < 20 else 10_020)))
    assert note == "the reward of a step grew from 1 to 1e+03: is something not scaled, or does it diverge?"
    assert training_notes(curve(paid=lambda i: sign * (10 if i < 20 else 9_990))) == []


def test_a_gradient_that_explodes_is_told() -> None:
    # The median of ten is the mean of the middle two: (10^1 + 10^1.25) / 2 and (10^8.5 + 10^8.75) / 2.
    (note,) = training_notes(curve(gradient=lambda i: 10.0 ** (i / 4)))
    assert note.startswith("the gradient at the value head grew from 14 to 4.4e+08: ")


def test_a_reward_found_late_is_no_growth() -> None:
    assert training_notes(curve(paid=lambda i: 0 if i < 30 else 100)) == []


def test_short_curves_and_those_without_gradients_are_read() -> None:
    assert training_notes(curve(objective=lambda i: 0)[: LEAST_POINTS - 1]) == []
    points = [{key: part for key, part in point.items() if key != "value_gradient_norm"} for point in curve()]
    assert training_notes(points) == []
