"""The lessons on training, delivery time and the corrupted record say what is so, worked out here by hand."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.lessons import lesson
from rewardlab.lessons.minimum import lowest
from rewardlab.lessons.penalised_fits import lasso_weights, moments, ridge_weights

TRUE = [20, 21, 22, 23, 24, 900]
PREDICTED = [21, 22, 21, 24, 23, 30]


def rows(name: str) -> list[str]:
    """The lines of a lesson with single spaces."""
    return [" ".join(line.split()) for line in lesson(name).lines()]


def words(name: str) -> str:
    """A lesson in one line."""
    return " ".join(rows(name))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Normal equations of (1, 15), (2, 17), (3, 23), (4, 25), (5, 31): slope 40 / 10, intercept 22.2 - 12.
        ("training-loop", ["0 525.8000 0.0000 0.0000", "1000 0.9600 4.0000 10.2000"]),
        ("one-number", ["squared 16 -8", "absolute 4 -1", "Huber, delta 15 8 -4"]),
        # Both predictions c lower: mean raw error c, mean square 16 + c^2.
        ("signs-cancel", ["26, 34 0 16 4", "16, 24 -10 116 10", "-74, -66 -100 10016 100"]),
        # Huber at 5: 0.5 and 5 (10 - 2.5).
        (
            "size-of-the-penalty",
            [
                "squared 1 100 100 : 1 2 20 10 : 1",
                "absolute 1 10 10 : 1 1 1 1 : 1",
                "Huber, delta 5 0.5 37.5 75 : 1 1 5 5 : 1",
            ],
        ),
        ("squared-growth", ["2 4 1 x 1 x", "10 100 5 x 25 x", "180 32400 90 x 8100 x"]),
        # 186 / 5; weighted (86 + 300) / 7; penalised 37.2 / 1.1.
        ("mean-is-best", ["37.2 986.96", "22 1218"]),
        ("average-of-left-and-right", ["left -10 200", "straight on 0 100", "right 10 200"]),
        ("even-number-of-records", ["22 147.333", "22.5 147.333", "23 147.333", "21 147.667", "24 147.667"]),
        ("thousands-of-normal-errors", ["squared 756900 47,306.25 7,569 1,211.04", "absolute 870 217.5 87 34.8"]),
        ("mean-or-median", ["20, 21, 22, 23, 100 37.2 22 25.25", "20, 21, 22, 23, 1000 217.2 22 25.25"]),
        (
            "pull-near-the-answer",
            [
                "squared 1 4 2 4",
                "absolute 1 2 1 1",
                "Huber, delta 15 0.5 2 1 2",
                "squared 0.000 0.000",
                "absolute 0.100 0.300",
            ],
        ),
        # 756900 of 756905, 870 of 875, 12937.5 of 12940; a sixth of 1740, 1 and 15.
        (
            "share-or-slope",
            [
                "squared 99.9993 % 290 0.333333",
                "absolute 99.4286 % 0.166667 0.166667",
                "Huber, delta 15 99.9807 % 2.5 0.166667",
            ],
        ),
        ("huber-read-literally", ["14 196 98", "15 225 112.5", "just over 15 15 112.5"]),
    ],
)
def test_the_rows_of_a_lesson(name: str, expected: list[str]) -> None:
    assert [row for row in expected if row not in rows(name)] == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("training-loop", "Least squares, solved at once: weight 4.0000, bias 10.2000."),
        ("squared-growth", "as 324 that are ten minutes late"),
        ("mean-is-best", "The slope is 0 at 37.2; the mean is 37.2."),
        ("mean-is-best", "The nearest order took 14.2 minutes more or less"),
        ("mean-is-best", f"three times: {386 / 7:.6g}."),
        ("mean-is-best", f"on the constant: {37.2 / 1.1:.6g}."),
        ("one-record-owns-the-loss", f"sum is 756905, their mean {756905 / 6:.9g}."),
        ("one-record-owns-the-loss", "owns 99.9993 % of it"),
        ("even-number-of-records", "Everything from 22 to 23 costs the same"),
        ("even-number-of-records", f"squared: {1010 / 6:.6g}; Huber, delta 15: 25."),
        ("mean-or-median", "Mean 37.2, median 22."),
        ("huber-table", "delta = 1000 gives 32, half the square"),
        # 0.001 (8 - 0.0005)
        ("huber-table", "delta = 0.001 gives 0.0079995"),
        ("huber-read-literally", "half its square is 378450, where Huber says 12937.5"),
    ],
)
def test_the_sentences_of_a_lesson(name: str, expected: str) -> None:
    assert expected in words(name)


def test_six_deliveries_record_by_record() -> None:
    expected = [
        f"{true} {said} {(said - true) ** 2} {abs(said - true)} {0.5 if true < 900 else 15 * (870 - 7.5):g}"
        for true, said in zip(TRUE, PREDICTED, strict=True)
    ]
    assert [row for row in expected if row not in rows("six-deliveries")] == []
    # (5 + 756900) / 6, (5 + 870) / 6 and (2.5 + 12937.5) / 6.
    assert "mean 126150.8 145.8 2156.7" in rows("six-deliveries")


def test_hubers_table_names_its_branches() -> None:
    table = {2: 2.0, 8: 32.0, 15: 112.5, 20: 187.5, 50: 637.5, 100: 1387.5}
    branch = {error: "quadratic" if error <= 15 else "linear" for error in table}
    expected = [
        f"{error} {cost:.1f} {min(error, 15)} {branch[error]} {error**2} {error}" for error, cost in table.items()
    ]
    assert [row for row in expected if row not in rows("huber-table")] == []
    assert "-870 12937.5 -15 linear 756900 870" in rows("huber-table")


def test_a_lower_loss_decides_worse() -> None:
    low, high = (row for row in rows("lower-loss-worse-decision") if row.startswith(("knows", "sees")))
    rate = 0.001
    assert f"{-rate * np.log(rate) - (1 - rate) * np.log(1 - rate):.6f} 0.9990 0 of 10" in low
    assert f"{-rate * np.log(0.6) - (1 - rate) * np.log(0.98):.6f} 1.0000 10 of 10" in high


def test_the_push_of_l2() -> None:
    features, weights, truth = np.array([[1, 2], [3, 4], [-1, 0.5]]), np.array([0.5, -0.25]), np.array([1, 0, 1])
    error = features @ weights + 0.1 - truth
    loss = (error**2).mean()
    assert f"Mean squared error {loss:.6g}, with the penalty {loss + 0.01 * (weights**2).sum():.6g}." in words(
        "push-of-l2"
    )
    assert f"{loss + 0.01 * (weights**2).sum():.6g}" == "1.16833"
    data = 2 * error @ features / 3
    for weight, slope in zip(weights, data, strict=True):
        assert f"{weight:g} {slope:.6g} {0.02 * weight:g} {slope + 0.02 * weight:.6g}" in rows("push-of-l2")
    assert [f"{slope:.6g}" for slope in data + 0.02 * weights] == ["1.62667", "-0.113333"]
    assert "its slope is -1.21667 with and without" in words("push-of-l2")
    # A step of 0.1 along 2 x 0.01 x weight takes 0.2 % of any weight.
    assert "5 becomes 4.99, 0.1 becomes 0.0998; that takes 0.2, 0.2 % off." in words("push-of-l2")


def test_ridge_keeps_both_and_lasso_often_one() -> None:
    fitted = {
        row.split()[0]: row.split()[-3:] for row in rows("ridge-keeps-lasso-drops") if row[:2] in ("L1", "L2", "no")
    }
    assert "0.000" in fitted["L1"][:2]
    assert "0.000" not in fitted["L2"]
    assert "L2 makes 0 weights 0." in words("ridge-keeps-lasso-drops")
    load, hour = (
        int(words("ridge-keeps-lasso-drops").split(f"{name} in ")[1].split(",")[0].split(".")[0])
        for name in ("load", "time of day")
    )
    # Which of the twins goes is the sample's choice: neither of them is always the one.
    assert min(load, hour) > 10
    assert f"drops one of the pair in {load + hour}" in words("ridge-keeps-lasso-drops")


def test_the_lowest_point_is_found_from_the_slope() -> None:
    assert lowest(lambda at: at - 3.25, -10, 10) == pytest.approx((3.25, 3.25), abs=1e-12)
    # Flat from -1 to 2.
    assert lowest(lambda at: min(at + 1, 0) + max(at - 2, 0), -10, 10) == pytest.approx((-1, 2), abs=1e-12)


@pytest.mark.parametrize("strength", [0.01, 0.3, 1.0])
def test_the_lasso_meets_the_conditions_of_its_minimum(strength: float) -> None:
    random = np.random.default_rng(1)
    shared = random.standard_normal((4, 50, 1))
    features = np.sqrt(0.95) * shared + np.sqrt(0.05) * random.standard_normal((4, 50, 20))
    squares, products = moments(features, features[..., :3].sum(axis=-1) + 3 * random.standard_normal((4, 50)))
    weights = lasso_weights(squares, products, strength)
    # The slope of the data is minus strength x sign where a weight is not 0, and no larger than strength where it is.
    slope = 2 * ((squares @ weights[..., None])[..., 0] - products)
    assert (weights == 0).any()
    np.testing.assert_allclose(slope[weights != 0], -strength * np.sign(weights[weights != 0]), atol=2e-4)
    assert np.abs(slope[weights == 0]).max() < strength + 2e-4
    ridge = ridge_weights(squares, products, strength)
    np.testing.assert_allclose((squares @ ridge[..., None])[..., 0] + strength * ridge, products, atol=1e-10)
