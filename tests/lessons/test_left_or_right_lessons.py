"""The lessons on left or right say what is so, worked out here with the Gaussian density alone."""

from __future__ import annotations

from math import exp, inf, log, pi, sqrt

import numpy as np
import pytest

from rewardlab.lessons import lesson


def rows(name: str) -> list[str]:
    """The lines of a lesson with single spaces."""
    return [" ".join(line.split()) for line in lesson(name).lines()]


def words(name: str) -> str:
    """A lesson in one line."""
    return " ".join(rows(name))


def nll(place: float, means: tuple[float, ...], spread: float) -> float:
    """Of equally likely hills, near enough for plain densities."""
    densities = [exp(-(((place - mean) / spread) ** 2) / 2) / (spread * sqrt(2 * pi)) for mean in means]
    return -log(sum(densities) / len(densities))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # 100 + m^2; then the variance 400 p (1 - p) of the odds p, and p x 0 + (1 - p) x 400 for left itself.
        (
            "never-straight-on",
            [f"{m} {100 + m * m} 100 + {m * m}" for m in (-10, -5, 0, 5, 10)]
            + [f"{p:g} {10 - 20 * p:.6g} {400 * p * (1 - p):.6g} {400 * (1 - p):.6g}" for p in (0.5, 0.6, 0.8, 0.99)],
        ),
        (
            "mixture-or-mean",
            [
                "mixture, spread 2 2.30523 14.1121 2.30523 2.30523",
                "best Gaussian, 0 and 10 3.72152 3.22152 3.72152 3.72152",
                "narrow Gaussian, 0 and 2 14.1121 1.61209 14.1121 14.1121",
            ],
        ),
        # ln 2 + ln spread + ln(2 pi) / 2.
        (
            "density-is-no-probability",
            [
                f"{s:g} {exp(-log(2 * s) - log(2 * pi) / 2):.6g} {log(2 * s) + log(2 * pi) / 2:.6g} "
                f"{log(200 * s) + log(2 * pi) / 2:.6g}"
                for s in (2, 1, 0.5, 0.1, 0.01)
            ],
        ),
        # 40 m, 80 m and 990 m from the right hill: squares over 2 x 4, beside ln 2 + ln 2 + ln(2 pi) / 2.
        (
            "far-from-both",
            ["10 2.30523 2.30523 0"]
            + [
                f"{place} {plain:.6g} {(place - 10) ** 2 / 8 + log(4) + log(2 * pi) / 2:.6g} {-(place - 10) / 4:.6g}"
                for place, plain in ((50, 200 + log(4) + log(2 * pi) / 2), (90, inf), (1000, inf))
            ],
        ),
    ],
)
def test_the_rows_of_a_lesson(name: str, expected: list[str]) -> None:
    assert [row for row in expected if row not in rows(name)] == []


def test_the_likelihoods_are_those_of_plain_densities() -> None:
    for place in (-10, 0, 10):
        for label, means, spread in (
            ("mixture, spread 2", (-10.0, 10.0), 2),
            ("best Gaussian, 0 and 10", (0.0,), 10),
            ("narrow Gaussian, 0 and 2", (0.0,), 2),
        ):
            row = next(row for row in rows("mixture-or-mean") if row.startswith(label))
            assert f"{nll(place, means, spread):.6g}" in row[len(label) :].split()


def test_no_single_gaussian_costs_less_than_the_best() -> None:
    for mean in (-3.0, 0.0, 3.0):
        for spread in (2.0, 9.0, 10.0, 11.0, 20.0):
            assert (nll(-10, (mean,), spread) + nll(10, (mean,), spread)) / 2 >= 3.72152


def test_the_true_values_of_the_errata() -> None:
    assert "-0.690499" in words("density-is-no-probability")
    assert "shifts all losses by the same, 4.60517" in words("density-is-no-probability")
    assert "1.61209 with it, 1.61209 without" in words("far-from-both")


def test_only_hills_that_differ_part() -> None:
    random = np.random.default_rng(0)
    turns = np.where(random.random(60) < 0.7, -10.0, 10.0) + random.normal(0.0, 2.0, 60)
    same, parted = (row for row in rows("two-equal-hills") if row.startswith(("0, 0 ", "-0.1, 0.1 ")))
    assert f"0, 0 {turns.mean():.3f}, {turns.mean():.3f} 0.500, 0.500" in same
    # Far apart, each hill is the mean of its own side, and weighs as much as it has of the turns.
    left, right = turns[turns < 0], turns[turns > 0]
    numbers = [float(cell.rstrip(",")) for cell in parted.split()[2:]]
    np.testing.assert_allclose(numbers[:2], [left.mean(), right.mean()], atol=0.02)
    np.testing.assert_allclose(numbers[2:4], [left.size / 60, right.size / 60], atol=0.002)
    assert float(same.split()[-1]) > 4 * numbers[4]
