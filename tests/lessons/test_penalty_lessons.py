"""The lessons on penalties say what is so, worked out here by powers, by search and by what a minimum must fulfil."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.lessons import lesson
from rewardlab.lessons.diamond_figure import nearest_on_circle, nearest_on_diamond


def rows(name: str) -> list[str]:
    """The lines of a lesson with single spaces."""
    return [" ".join(line.split()) for line in lesson(name).lines()]


def words(name: str) -> str:
    """A lesson in one line."""
    return " ".join(rows(name))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # The squares 1 + 1 and 251,001 + 249,001; a hundredth times the first weight.
        ("weights-that-cancel", ["1, 1 0 +0.01 2 2", "501, -499 0 +5.01 500,002 1,000"]),
        ("squares-and-sizes", ["0 0 0", "0.1 0.01 0.1", "0.5 0.25 0.5", "1 1 1", "2 4 2", "5 25 5"]),
        (
            "pushes-of-both",
            [
                "-5 25 5 -10 -1",
                "-1 1 1 -2 -1",
                "-0.1 0.01 0.1 -0.2 -1",
                "0 0 0 0 0",
                "0.1 0.01 0.1 0.2 1",
                "0.5 0.25 0.5 1 1",
                "1 1 1 2 1",
                "2 4 2 4 1",
                "5 25 5 10 1",
            ],
        ),
        # One step of 0.1 x 0.05: divided by 1.01, or 0.005 less.
        (
            "same-share-of-all",
            [f"{w:g} {w / 1.01:.6g} 0.9901 % {max(0, w - 0.005):.6g} {p} %" for w, p in ((5, 0.1), (1, 0.5), (0.1, 5))]
            + [f"0.002 {0.002 / 1.01:.6g} 0.9901 % 0 100 %"],
        ),
        # 1.6, 0.5 over its length, the root of 2.81; its loss (length - 1)^2. On the diamond 0.6^2 + 0.5^2.
        (
            "circle-and-diamond",
            [
                "no limit 1.6, 0.5 0 2.1 2.81",
                f"circle, squares up to 1 {1.6 / 2.81**0.5:.6g}, {0.5 / 2.81**0.5:.6g} {(2.81**0.5 - 1) ** 2:.6g} "
                f"{2.1 / 2.81**0.5:.6g} 1",
                "diamond, sizes up to 1 1, 0 0.61 1 1",
            ],
        ),
    ],
)
def test_the_rows_of_a_lesson(name: str, expected: list[str]) -> None:
    assert [row for row in expected if row not in rows(name)] == []


def test_a_thousand_steps() -> None:
    table = {tuple(row.split()[:2]): row.split()[2:] for row in rows("thousand-steps") if row[:2] == "0."}
    for (rate, strength), (ridge, before, last, soft, when) in table.items():
        step = float(rate) * float(strength)
        assert float(ridge) == pytest.approx(0.1 * (1 - 2 * step) ** 1000, rel=1e-5)
        if when == "never":
            # A thousand steps of a millionth each have taken a hundredth.
            assert [float(before.rstrip(",")), float(last), float(soft)] == pytest.approx([0.1 - 1000 * step] * 3)
        else:
            # Rounding may leave a trace that takes a step more.
            assert int(when) == pytest.approx(0.1 / step, abs=1)
            assert soft == "0"
            assert max(abs(float(before.rstrip(","))), abs(float(last))) <= step * 1.01
    assert [cells[0] for cells in table.values()][:1] == ["1.68297e-10"]
    assert {"0.0135065", "0.0818714"} <= {cells[0] for cells in table.values()}
    # By sign, none rests but the one whose step happens to land on 0.
    assert [cells[2] for cells in table.values()].count("0") == 1


def test_the_best_points_within_are_those_that_a_search_finds() -> None:
    turns = np.linspace(0, 2 * np.pi, 100_001)
    circle = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    diamond = circle / np.abs(circle).sum(axis=1, keepdims=True)
    for centre in np.array([[1.6, 0.5], [-2.0, 0.1], [0.7, -0.9], [0.0, 3.0], [-1.0, -1.0]]):
        for border, found in ((circle, nearest_on_circle(centre)), (diamond, nearest_on_diamond(centre))):
            best = border[((border - centre) ** 2).sum(axis=1).argmin()]
            np.testing.assert_allclose(found, best, atol=1e-4)
    for inside in np.array([[0.0, 0.0], [0.3, -0.2], [0.5, 0.5]]):
        np.testing.assert_array_equal(nearest_on_circle(inside), inside)
        np.testing.assert_array_equal(nearest_on_diamond(inside), inside)


def test_how_often_a_diamond_gives_a_zero() -> None:
    # A corner is best where the sizes of the centre differ by more than 1.
    turns = np.deg2rad(np.arange(360) + 0.5)
    zeros = int((np.abs(np.abs(2 * np.cos(turns)) - np.abs(2 * np.sin(turns))) >= 1).sum())
    assert f"the diamond gives an exact zero in {zeros}, the circle in 0" in words("circle-and-diamond")
    assert "(0.3, -0.2), is left where it is by both: (0.3, -0.2) and (0.3, -0.2)" in words("circle-and-diamond")


def test_zeros_among_a_thousand_features() -> None:
    table = {row.split(" 0.")[0]: row for row in rows("thousand-features") if " of 980 " in row}
    zeros = {name: int(row.split(" of 980")[0].split()[-1]) for name, row in table.items()}
    kept = {name: int(row.split(" of 20")[0].split()[-1]) for name, row in table.items()}
    error = {name: float(row.split()[-1]) for name, row in table.items()}
    assert set(table) == {"L1, best", "L1, stronger", "L2, best"}
    assert zeros["L2, best"] == 0
    assert 700 < zeros["L1, best"] < zeros["L1, stronger"] < 980
    assert kept == {"L1, best": 20, "L1, stronger": 20, "L2, best": 20}
    # The noise in the target is 1: nothing can be better than that.
    assert 1 < error["L1, best"] < error["L1, stronger"] < error["L2, best"]


def test_the_strength_that_is_best_on_held_back_data_is_in_the_middle() -> None:
    table = [row.split() for row in rows("strength-on-held-back-data") if row[:2] in {"0.", "1.", "2."}]
    seen, held_back = ([float(row[column]) for row in table] for column in (2, 3))
    assert len(table) == 7
    assert table[0][1] == "0"
    assert seen == sorted(seen, reverse=True)
    best = held_back.index(min(held_back))
    assert 0 < best < 6
    assert [row[4:] for row in table] == [["<-", "least"] if place == best else [] for place in range(7)]


def test_the_thousand_weights_are_a_minimum() -> None:
    from rewardlab.lessons import many_features

    data = many_features._data()
    for fit in many_features._lasso_fits(data)[:6]:
        slope = 2 * data.features.T @ (data.features @ fit.weights - data.target) / len(data.target)
        on = fit.weights != 0
        # Where a weight is 0 the slope may be anything up to the strength; elsewhere it is the strength, downhill.
        assert np.abs(slope[~on]).max() <= fit.strength * (1 + 1e-9)
        np.testing.assert_allclose(slope[on], -fit.strength * np.sign(fit.weights[on]), rtol=1e-3)
