"""The lessons on generated pictures say what is so, worked out here with squares and logarithms alone."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest

from rewardlab.lessons import lesson

REAL, FAKE = (0.92, 0.88, 0.95), (0.35, 0.28, 0.41)


def rows(name: str) -> list[str]:
    """The lines of a lesson with single spaces."""
    return [" ".join(line.split()) for line in lesson(name).lines()]


def words(name: str) -> str:
    """A lesson in one line."""
    return " ".join(rows(name))


def mean_log(chances: tuple[float, ...]) -> float:
    """What is paid for them on average."""
    return -sum(log(chance) for chance in chances) / len(chances)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # 2 x 0.16 + 2 x 0.09 over 4; 0.05^2; (0.09 + 0.25 + 0.04 + 0.16) / 4; (0.01 + 0.81 + 0.04 + 0.64) / 4.
        (
            "four-pixels",
            [
                "blurred 0.50 0.50 0.50 0.50 0.125",
                "sharp, each pixel a little off 0.85 0.15 0.75 0.25 0.0025",
                "all grey, too bright 0.60 0.60 0.60 0.60 0.135",
                "all white 1.00 1.00 1.00 1.00 0.375",
                "the negative 0.10 0.90 0.20 0.80 0.5",
            ],
        ),
        # In between: 0.05^2 against the one; 0.75, 0.75, 0.55, 0.55 squared against the other.
        (
            "blur-beats-sharp",
            [
                "blurred 0.125 0.125 0.125",
                "the first 0 0.5 0.25",
                "the second 0.5 0 0.25",
                "in between 0.0025 0.4325 0.2175",
            ],
        ),
        (
            "combined-loss",
            ["0 0 0.125 0.0 %"]
            + [
                f"{w:g} {w * mean_log(FAKE):.6g} {0.125 + w * mean_log(FAKE):.6g} "
                f"{100 * w * mean_log(FAKE) / (0.125 + w * mean_log(FAKE)):.1f} %"
                for w in (0.01, 0.1, 1.0)
            ],
        ),
        ("judge-and-maker", [f"{p:g} {-log(p):.6g} no" for p in FAKE]),
        (
            "judge-too-strong",
            [f"{p:g} {log(1 - p):.6g} {-p:.6g} {-log(p):.6g} {p - 1:.6g}" for p in (0.9, 0.5, 0.1, 1e-2, 1e-4)]
            + ["1e-08 -1e-08 -1e-08 18.4207 -1"],
        ),
        (
            "maker-too-strong",
            [f"{p:g} {-log(p) - log(1 - p):.6g} {p - 1:+.3g} {p:+.3g} {2 * p - 1:+.3g}" for p in (0.2, 0.35, 0.65, 0.8)]
            + ["0.5 1.38629 -0.5 +0.5 +0"],
        ),
        (
            "mode-collapse",
            [
                f"all four alike {mean_log((0.9, 0.6, 0.55, 0.5)):.6g} 4",
                f"two of them {mean_log((0.9, 0.6)):.6g} 2",
                f"the best one only {-log(0.9):.6g} 1",
            ],
        ),
        # (2 x 0.6 - 1)^2 + 4 v; (0.36 + v - 1 - ln v) / 2.
        (
            "code-needs-a-price",
            [
                f"{exp(s):.3g} {0.04 + 4 * exp(s):.6g} {(exp(s) - 0.64 - s) / 2:.6g} "
                f"{0.04 + 4 * exp(s) + (exp(s) - 0.64 - s) / 2:.6g}"
                for s in (0, -1, -2, -4, -8, -16)
            ],
        ),
    ],
)
def test_the_rows_of_a_lesson(name: str, expected: list[str]) -> None:
    assert [row for row in expected if row not in rows(name)] == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("four-pixels", "The blur costs 50 times what the sharp one costs"),
        ("combined-loss", "Reconstruction 0.125; the loss of the maker from the judge 1.07146."),
        ("combined-loss", "0.1 0.107146 0.232146"),
        ("judge-and-maker", "0.0875028 on the real + 0.428973 on the made = 0.516476"),
        ("judge-and-maker", "the mean of the two would be 0.258238"),
        ("judge-and-maker", "loss of the maker: 1.07146; fooled 0 of 3 times."),
        ("judge-and-maker", f"{2 * log(2):.6g} for the judge, {log(2):.6g} for the maker."),
    ],
)
def test_the_sentences_of_a_lesson(name: str, expected: str) -> None:
    assert expected in words(name)


def test_the_judge_pays_for_both_kinds() -> None:
    on_real, on_fake = mean_log(REAL), mean_log(tuple(1 - p for p in FAKE))
    assert f"{on_real:.6g} on the real + {on_fake:.6g} on the made = {on_real + on_fake:.6g}" in words(
        "judge-and-maker"
    )


def test_the_error_of_the_noise_is_that_of_the_picture_times_signal_over_noise() -> None:
    table = [[float(cell) for cell in row.split()] for row in rows("weighted-reconstruction") if row.startswith("0.")]
    random = np.random.default_rng(0)
    random.standard_normal(4)
    miss = float(((0.3 * random.standard_normal(4)) ** 2).sum())
    assert len(table) == 5
    for share, picture, ratio, product, noise in table:
        assert ratio == pytest.approx(share / (1 - share), rel=1e-5)
        # By hand: the picture in mind differs by sqrt((1 - share) / share) x the mistake about the noise.
        assert picture == pytest.approx(miss * (1 - share) / share, rel=1e-5)
        assert product == noise == pytest.approx(miss, rel=1e-5)


def test_the_best_variance_of_a_code_is_no_point() -> None:
    # Slope 4 v + (v - ln v) / 2 is 0 at v = 1 / 9: ln v = -2.2, nearest to -2 of those shown.
    assert "together 0.135 is the best of these" in words("code-needs-a-price")
