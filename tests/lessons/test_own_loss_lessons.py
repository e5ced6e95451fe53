"""The lessons on a loss of one's own say what is so, worked out here without our losses."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest

from rewardlab.lessons import lesson


def rows(name: str) -> list[str]:
    """The lines of a lesson with single spaces."""
    return [" ".join(line.split()) for line in lesson(name).lines()]


def words(name: str) -> str:
    """A lesson in one line."""
    return " ".join(rows(name))


def chance(logit: float) -> float:
    """Of a moderate logit."""
    return 1 / (1 + exp(-logit))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "weights-and-l2",
            [
                "0 2.52306 2.52306 0 0 0.189202",
                "100 1.46101 1.26933 0.191679 0.61916 0.619074",
                "200 1.461 1.27051 0.190492 0.617238 0.617237",
                "299 1.461 1.27052 0.190478 0.617217 0.617217",
                "300 1.461 1.27052 0.190478 0.617217 0.617217",
            ],
        ),
        (
            "where-it-rests",
            [
                "0 5.16991 -0.634674 0.552246 0 +0 +0",
                "0.05 1.98953 0.426806 0.756573 0.197911 -0.198953 +0.198953",
                "0.5 0.617217 1.04332 1.27052 0.190478 -0.617217 +0.617217",
                "5 0.0858443 1.41644 1.66283 0.0368463 -0.858443 +0.858443",
            ],
        ),
        ("switch-to-l1", ["0 2.52306 2.52306 0 0 0.189202", "299 1.56323 1.11622 0.447005 0.894011 0.89401"]),
        ("sign-steps-never-rest", ["proximal 500 of 500 0 to 0"]),
        # -log p, and that times 0.25 (1 - p)^2.
        (
            "better-means-lower",
            [
                f"{z} {chance(z):.6g} {-log(chance(z)):.6g} {-0.25 * (1 - chance(z)) ** 2 * log(chance(z)):.6g}"
                for z in (-5, -1, 0, 1, 5)
            ],
        ),
        (
            "untrained-model",
            [
                f"cross-entropy {log(2):.6g}",
                f"cross-entropy, 5 % fraud of weight 19 {1.9 * log(2):.6g}",
                f"softmax over 10 classes {log(10):.6g}",
                f"focal, gamma 2, no alpha {log(2) / 4:.6g}",
                f"focal, alpha 0.25 on everything {log(2) / 16:.6g}",
                f"focal, alpha 0.25 by class {log(2) / 8:.6g}",
            ],
        ),
        (
            "pull-of-one-fraud",
            [
                "1 -0.7 0.3 2.33333 1 x 2.33333",
                "10 -7 0.3 23.3333 10 x 2.33333",
                "19 -13.3 0.3 44.3333 19 x 2.33333",
            ],
        ),
        # 15^2 / 2 and beyond it 15 for each unit; before it half the square.
        (
            "joined-branches",
            [
                f"14.999 {14.999**2 / 2:.6g} 14.999 {14.999**2 / 2:.6g}",
                "15 112.5 15 112.5",
                f"15.001 {112.5 + 15 * 0.001:.6g} 15 15.001",
            ],
        ),
    ],
)
def test_the_rows_of_a_lesson(name: str, expected: list[str]) -> None:
    assert [row for row in expected if row not in rows(name)] == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("weights-and-l2", "200 amounts, 66 of them labelled fraud"),
        ("weights-and-l2", "The penalty is greatest in step 16, 0.239015"),
        # (66 x 9 + 134) / 200, and 134 / 66.
        ("weights-and-l2", "the mean weight, 3.64. The counts alone would ask for a weight of 2.0303"),
        ("switch-to-l1", "Its optimum is w = 0.893975, b = 0.891672."),
        ("switch-to-l1", "from a strength of 0.895288 on"),
        ("switch-to-l1", "with the bias at its best there, 1.48904."),
        ("five-frauds-as-described", "-47.5, the legitimate with +47.5: nothing moves, and the loss stays 1.31698."),
    ],
)
def test_the_sentences_of_a_lesson(name: str, expected: str) -> None:
    assert expected in words(name)


def test_the_program_with_plain_numpy() -> None:
    random = np.random.RandomState(0)
    amounts = random.randn(200)
    truth = (amounts + random.randn(200) * 0.5 > 0.5).astype(float)
    weights = np.where(truth == 1, 9.0, 1.0)
    told = {row.split()[0]: row for row in rows("weights-and-l2") if row[:1].isdigit() and len(row.split()) == 6}
    w = b = 0.0
    for step in range(301):
        p = 1 / (1 + np.exp(-(w * amounts + b)))
        loss = -(weights * np.where(truth == 1, np.log(p), np.log(1 - p))).mean()
        before, penalty = w, 0.5 * w * w
        miss = weights * (p - truth) / 200
        w -= 0.1 * ((miss * amounts).sum() + w)
        b -= 0.1 * miss.sum()
        if step in (0, 100, 200, 299, 300):
            numbers = (loss + penalty, loss, penalty, before, w)
            assert told[str(step)] == " ".join([str(step), *(f"{number:.6g}" for number in numbers)])


def test_a_hundred_logits_with_plain_numpy() -> None:
    truth = np.array([1.0] * 5 + [0.0] * 95)
    logits = np.zeros(100)
    told = [row for row in rows("five-frauds-as-coded") if len(row.split()) == 5]
    for step in range(201):
        p = 1 / (1 + np.exp(-logits))
        weights = np.where(truth == 1, 19.0, 1.0)
        loss = -(weights * np.where(truth == 1, np.log(p), np.log(1 - p))).mean()
        logits = logits - 0.5 * weights * (p - truth) / 100
        if step in (0, 50, 100, 150, 199, 200):
            after = 1 / (1 + np.exp(-logits))
            assert f"{step} {loss:.6g} {p[0]:.6f} {after[0]:.6f} {after[-1]:.6f}" in told


def test_the_true_values_of_the_errata() -> None:
    table = {row.split()[0]: row.split()[1:] for row in rows("five-frauds-as-coded") if len(row.split()) == 5}
    assert [table[step][0] for step in ("0", "50", "100", "150")] == ["1.31698", "0.799994", "0.659697", "0.581246"]
    assert [table[step][2] for step in ("0", "50", "100", "150")] == ["0.511873", "0.815119", "0.895028", "0.927962"]
    assert table["200"][0] == "0.52466"
    assert table["200"][2] == "0.945496"
    assert (table["0"][3], table["199"][3]) == ("0.499375", "0.391004")
    told = words("better-means-lower").split()
    assert {"1.23498", "7.52023e-08", "0.0433217"} <= set(told)


def test_steps_by_sign_stay_in_a_band() -> None:
    row = next(row.split() for row in rows("sign-steps-never-rest") if row.startswith("by sign"))
    assert row[2:5] == ["0", "of", "500"]
    assert (float(row[5]), float(row[7])) == pytest.approx((-0.0820, 0.274), abs=5e-4)


def test_one_logit_for_all() -> None:
    table = {row.split()[0]: row.split()[1:] for row in rows("five-frauds-as-described") if len(row.split()) == 5}
    for weight in (1, 10, 19, 40):
        best = f"{5 * weight / (5 * weight + 95):.6f}"
        assert table[str(weight)][0] == "0.500000"
        assert table[str(weight)][2:] == [best, best]
    assert table["19"] == ["0.500000"] * 4
    assert table["10"][3] == "0.344828"


def test_no_slope_below_gamma_one_is_lost() -> None:
    table = [[float(cell) for cell in row.split()] for row in rows("gamma-below-one") if len(row.split()) == 3]
    assert [row[0] for row in table] == [0, 5, 10, 20, 40]
    for logit, chain, slope in table:
        # With q = 1 - p, tiny: -0.5 root(q) p (-log p) - q^1.5 from d/dz of -root(q) log p.
        q = 1 / (1 + exp(logit))
        assert slope == pytest.approx(0.5 * q**0.5 * (1 - q) * np.log1p(-q) - q**1.5, rel=1e-5)
        assert chain == pytest.approx(slope, rel=1e-3) if logit < 20 else chain != chain
