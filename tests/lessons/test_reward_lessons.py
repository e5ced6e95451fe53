"""The lessons on rewards say what is so, worked out here with powers, roots and counting."""

from __future__ import annotations

from itertools import product
from math import log, sqrt

import numpy as np
import pytest

from rewardlab.lessons import lesson


def rows(name: str) -> list[str]:
    """The lines of a lesson with single spaces."""
    return [" ".join(line.split()) for line in lesson(name).lines()]


def words(name: str) -> str:
    """A lesson in one line."""
    return " ".join(rows(name))


def downhill(start: float, end: float) -> str:
    """Shaping of a step between distances from the goal."""
    return f"{-0.99 * end + start:+.6g}"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "reward-for-speed",
            [
                f"{m:g} {how} {1 / m:.6g} {10 / m:.6g} x {paid:.6g}"
                for m, how, paid in (
                    (60, "delivered", 1 / 60),
                    (30, "delivered", 1 / 30),
                    (10, "delivered", 0.1),
                    (0.1, "dropped", 0),
                    (0.01, "dropped", 0),
                )
            ]
            + ["1 / minutes: 0.01 minutes, dropped", "1 / minutes if it arrives: 10 minutes, delivered"],
        ),
        (
            "forty-moves",
            [f"{t} {int(t == 39)} {39 - t} {int(t == 39)} {0.99 ** (39 - t):.6g} 1" for t in (0, 10, 20, 30, 38, 39)],
        ),
        (
            "credit-after-500-steps",
            [f"{g:g} {g**39:.6g} {g**500:.6g} {log(0.5) / log(g):.6g}" for g in (0.9, 0.99, 0.999)] + ["1 1 1 never"],
        ),
        (
            "shaping-along-a-path",
            [
                f"{5 - d} ({d}, {d}) ({d - 1}, {d - 1}) {-d * sqrt(2):.6g} {downhill(d * sqrt(2), (d - 1) * sqrt(2))}"
                for d in (5, 4, 3, 2, 1)
            ]
            + [
                "Standing still at (5, 5) pays +0.0707107",
                "going away to (5.05, 5.05) +0.000707107",
                f"From {sqrt(50):.6g} away, going to {sqrt(50) / 0.99:.6g} pays nothing; going further costs.",
            ],
        ),
        # The lengths of the paths and what the discount of -distance adds on the way: 0.01 a unit of distance.
        (
            "detours-pay-nothing",
            [
                f"straight 5 {sqrt(50) + 0.01 * sqrt(2) * (4 + 3 + 2 + 1):.6g} 7.07107",
                f"waits at first 10 {sqrt(50) + 0.01 * sqrt(2) * (5 * 5 + 4 + 3 + 2 + 1):.6g} 7.07107",
                f"to and fro 13 {sqrt(50) + 0.01 * sqrt(2) * (5 * 4 + 5 * 3 + 2 + 1):.6g} 7.07107",
            ],
        ),
        (
            "clip-and-normalise",
            [
                "as it is -0.001 1000 1,000,000 : 1 999.961",
                "clipped to [-1, 1] -0.001 1 1,000 : 1 0.961",
                f"normalised {-1 / sqrt(39):.6g} {sqrt(39):.6g} 39 : 1 0",
            ],
        ),
        (
            "clipping-forgets-sizes",
            [
                "as it is 1.99 10 one large one",
                "clipped to [-1, 1] 1.99 1 two small ones",
                "a tenth 0.199 1 one large one",
            ],
        ),
        # Walking on and dropping one step later: 0.99 x 1.5; walking all the way: 0.99^3. Shaping adds the distance, 4.
        (
            "shaping-does-not-repair",
            [
                "pays 1.5 for a drop 1.485 1.5 -0.015 drop it",
                "the same, shaped 5.485 5.5 -0.015 drop it",
                f"pays nothing for a drop {0.99**3:.6g} 0 {0.99**3:+.6g} walk on",
                f"the same, shaped {4 + 0.99**3:.6g} 4 {0.99**3:+.6g} walk on",
            ],
        ),
        # A drop at once pays 0.99 x 5. After a step, which pays 0.99 x 1, it pays 0.99 x 5 - 1: in all 0.99 x 0.99 x 5.
        (
            "potential-at-the-end",
            [
                f"shaped, 0 at both ends {0.99**3:.6g} 0 {0.99**3:+.6g} walk on",
                f"shaped, 5 left in the ditch {0.99**2 * 5:.6g} {0.99 * 5:.6g} {0.99**2 * 5 - 0.99 * 5:+.6g} drop it",
            ],
        ),
    ],
)
def test_the_rows_of_a_lesson(name: str, expected: list[str]) -> None:
    assert [row for row in expected if row not in rows(name)] == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("forty-moves", "credit is halved after 68.9676 moves"),
        ("credit-after-500-steps", f"gamma must be at least {0.5 ** (1 / 500):.6g}"),
        ("shaping-along-a-path", "Discounted sum: 7.07107, which is minus the first potential."),
        ("clip-and-normalise", "Mean 24.999, deviation 156.125."),
    ],
)
def test_the_sentences_of_a_lesson(name: str, expected: str) -> None:
    assert expected in words(name)


def test_the_true_values_of_the_errata() -> None:
    returns = [row.split()[4] for row in rows("forty-moves") if row[:1].isdigit()]
    assert returns == ["0.675729", "0.747172", "0.826169", "0.913517", "0.99", "1"]
    assert "0.00657048" in words("credit-after-500-steps")
    shaped = [row.split()[-1] for row in rows("shaping-along-a-path") if row[:2] in ("0 ", "1 ", "2 ", "3 ", "4 ")]
    assert [f"{float(pay):.3f}" for pay in shaped] == ["1.471", "1.457", "1.442", "1.428", "1.414"]
    assert "7.14249" in words("shaping-along-a-path")
    assert {"6.245", "-0.160128"} <= set(words("clip-and-normalise").split())


def test_an_episode_normalised_by_itself_cannot_be_compared() -> None:
    step, spike = -1 / sqrt(39), sqrt(39)
    first = step * (1 - 0.99**39) / 0.01 + 0.99**39 * spike
    names = ("won, +1000", "won, +1", "lost, -1000", "every step alike")
    told = rows("normalised-episodes")
    cells = {name: row.split()[-5:] for row in told for name in names if row.startswith(name + " ")}
    assert tuple(cells) == names
    assert first == pytest.approx(-0.972564, abs=1e-6)
    assert [cells[name][3] for name in ("won, +1000", "won, +1")] == [f"{first:.6g}"] * 2
    assert cells["lost, -1000"][1:4] == [f"{-spike:.6g}", "0", f"{-first:.6g}"]
    assert cells["every step alike"][1:4] == ["0", "0", "0"]
    returns = np.array([-0.001 * (1 - 0.99**39) / 0.01 + 0.99**39 * last for last in (1000, 1, -1000, -0.001)])
    raw, scaled = (np.array([float(row[column]) for row in cells.values()]) for column in (0, 4))
    np.testing.assert_allclose(raw, returns, rtol=1e-5)
    # One factor for all: signs and ratios stay.
    np.testing.assert_allclose(scaled / scaled[0], returns / returns[0], rtol=1e-4)


def test_the_first_of_five_moves_by_counting_all_games() -> None:
    games = np.array(list(product([1, -1], repeat=5)))
    scores = np.sign(games.sum(axis=1))
    good, bad = scores[games[:, 0] == 1].mean(), scores[games[:, 0] == -1].mean()
    assert f"5 {good:+.4f} {bad:+.4f} {int(np.ceil(4 * (1 - good**2) / good**2))}" in rows("which-move-lost")


def test_a_path_around_the_corner_pays_the_same() -> None:
    places = [(5.0, 5.0), (6, 4), (7, 3), (8, 2), (9, 1), (10, 0), (8, 0), (6, 0), (4, 0), (2, 0), (0, 0)]
    far = [sqrt(x * x + y * y) for x, y in places]
    total = sum(far[t] - 0.99 * far[t + 1] for t in range(10))
    assert f"around the corner 10 {total:.6g} 7.07107" in rows("detours-pay-nothing")
