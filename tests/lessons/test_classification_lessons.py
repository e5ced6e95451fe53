"""The lessons on rain and fraud say what is so, worked out here with logarithms alone."""

from __future__ import annotations

from math import exp, log, log1p

import numpy as np
import pytest

from rewardlab.lessons import lesson


def rows(name: str) -> list[str]:
    """The lines of a lesson with single spaces."""
    return [" ".join(line.split()) for line in lesson(name).lines()]


def words(name: str) -> str:
    """A lesson in one line."""
    return " ".join(rows(name))


def loss_of(logit: float, target: int) -> float:
    """Cross-entropy of moderate logits: minus the logarithm of what the truth was given."""
    return log1p(exp(-logit if target else logit))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "confident-and-wrong",
            [f"10 % 0.9 {-log(0.9):.6g}", f"60 % 0.4 {-log(0.4):.6g}", f"99 % 0.01 {-log(0.01):.6g}"],
        ),
        (
            "three-forecasts",
            [
                f"0.1 -2.2 0.0997505 {loss_of(-2.2, 0):.6f} -2.19722 0.105361",
                f"0.6 0.4 0.598688 {loss_of(0.4, 0):.6f} 0.405465 0.916291",
                f"0.99 4.6 0.990048 {loss_of(4.6, 0):.6f} 4.59512 4.605170",
            ],
        ),
        # (p - y)^2 and 2 (p - y) p (1 - p), beside -log and p - y.
        (
            "squared-error-of-a-probability",
            [
                f"0.6 dry 0.36 0.288 {-log(0.4):.6g} 0.6",
                f"0.6 rain 0.16 -0.192 {-log(0.6):.6g} -0.4",
                f"0.99 dry 0.9801 0.019602 {-log(0.01):.6g} 0.99",
            ],
        ),
        # exp(2), exp(1) and exp(0.1) over their sum.
        ("cat-dog-bird", ["cat 2 0.659001 0.417030", "dog 1 0.242433 1.417030", "bird 0.1 0.098566 2.317030"]),
        ("two-classes-are-one-logit", [f"1.3 {loss_of(1.3, 1):.6g} 0.241008", f"0 {log(2):.6g} {log(2):.6g}"]),
        ("saturation", ["float32 16.65 -88.75", "float64 36.75 -709.80"]),
        ("both-branches-run", ["800 1 1 3 overflow, overflow, invalid value", "-800 0 0 1 overflow"]),
        ("naive-logarithm", ["-200 1 inf nan inf 200 -1", "200 1 0 0 nan 0 0", "200 0 - - inf 200 1"]),
        (
            "clipped-cross-entropy",
            [
                "5 5.00672 0.993307 5.00672 0.993307",
                "20 16.1181 0.000000 20 1.000000",
                "1000 16.1181 0.000000 1000 1.000000",
            ],
        ),
        ("something-inside-the-logarithm", ["wrong 16.1181 1000", "right -1e-07 0"]),
        ("accuracy-of-doing-nothing", ["accuracy 0.999", "recall 0.000", "precision undefined"]),
        (
            "missed-fraud-and-false-alarm",
            [
                f"missed fraud -2 0.119203 1 {loss_of(-2, 1):.6g} {19 * loss_of(-2, 1):.6g}",
                f"legitimate, let through -2 0.119203 0 {loss_of(-2, 0):.6g} {loss_of(-2, 0):.6g}",
                f"false alarm 2 0.880797 0 {loss_of(2, 0):.6g} {loss_of(2, 0):.6g}",
            ],
        ),
        # w r / (w r + 1 - r)
        (
            "weights-move-probabilities",
            ["0.05 0.050000 0.500000 0.838983 0.050000", "0.01 0.010000 0.161017 0.500000 0.010000"],
        ),
        ("three-forces", ["0.5 1.61653 0.01 0.001 1.62753", "-0.25 -7.14572 -0.005 -0.001 -7.15172"]),
        (
            "easy-drown-hard",
            [
                f"cross-entropy {-999000 * log(0.99):.6g} {-1000 * log(0.2):.6g} 6.23838",
                f"focal, gamma 2 {-999000 * 0.01**2 * log(0.99):.6g} {-1000 * 0.8**2 * log(0.2):.6g} 0.000974747",
            ],
        ),
        (
            "focus-table",
            [f"{p:g} 1 {1 - p:.4g} {(1 - p) ** 2:.4g} {(1 - p) ** 5:.4g} right" for p in (0.99, 0.9, 0.7)]
            + ["0.5 1 0.5 0.25 0.03125 undecided", "0.2 1 0.8 0.64 0.3277 wrong"],
        ),
        (
            "focus-moves-probabilities",
            [
                f"{rate:g} {rate:.6f} {learned} {rate:.6f}"
                for rate, learned in ((0.1, "0.305787"), (0.2, "0.373385"), (0.3, "0.421520"), (0.8, "0.626615"))
            ],
        ),
        (
            "alpha-by-class",
            [
                "alpha 0.25 on everything 0.043322 0.043322 1",
                "alpha 0.25 by class 0.043322 0.129965 3",
                f"no alpha {log(2) / 4:.6f} {log(2) / 4:.6f} 1",
            ],
        ),
    ],
)
def test_the_rows_of_a_lesson(name: str, expected: list[str]) -> None:
    assert [row for row in expected if row not in rows(name)] == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("confident-and-wrong", f"costs {log(0.01) / log(0.4):.6g} times as much"),
        ("squared-error-of-a-probability", "likes best to say 0.3."),
        ("cat-dog-bird", "the loss of a cat is 0.417030"),
        ("softmax-of-a-batch", f"{1 / (1 + exp(2)):.6g} and {1 / (1 + exp(-2)):.6g}"),
        ("clipped-cross-entropy", "ends at 16.1181, reached at a logit of 16.1181, and never falls below 1e-07"),
        ("clipped-cross-entropy", "15.9424 for target 0, at 16.1181 for target 1; in float16 at inf"),
        ("what-cross-entropy-learns", f"least, {-0.01 * log(0.01) - 0.99 * log(0.99):.7f}, where the model says 0.01."),
        ("moving-the-threshold", "1 / (1 + 19) = 0.05"),
        ("missed-fraud-and-false-alarm", "318.382 = 19 x 16.757"),
        ("missed-fraud-and-false-alarm", "its mirror image, a false alarm: 19."),
        ("nineteen-copies", "The means differ by the mean weight, 1.9."),
        ("weights-move-probabilities", f"{0.2 / (0.2 + 10 * 0.8):.6g} at weight 10"),
        ("weights-move-probabilities", f"{0.2 / (0.2 + 19 * 0.8):.6g} at weight 19"),
        ("weights-move-probabilities", f"{0.2 / (0.2 + 99 * 0.8):.6g} at weight 99"),
        ("three-forces", "cross-entropy 10.6952, with an elastic net 10.6991."),
        ("three-forces", "The bias feels the data only: -6.77258."),
        ("flipped-label", "right label: 0.0001; of a flipped one: 0.9801"),
        ("alpha-by-class", "0.25, 0.25, 0.25 x cross-entropy"),
    ],
)
def test_the_sentences_of_a_lesson(name: str, expected: str) -> None:
    assert expected in words(name)


def test_the_threshold_from_the_costs_is_the_cheapest_shown() -> None:
    table = [row.split() for row in rows("moving-the-threshold") if row.startswith("0.")]
    cost = {float(row[0]): float(row[-1]) for row in table}
    assert min(cost, key=lambda at: cost[at]) == 0.05
    caught = [float(row[-2]) for row in table]
    assert caught == sorted(caught, reverse=True)
    # Where nothing is stopped every fraud is missed: 200 x 19, and of nothing no share is right.
    assert table[-1][1:] == ["0", "undefined", "0.000", "3800"]


def test_the_dial_turns_both_ways() -> None:
    table = [row.split() for row in rows("weights-are-a-dial") if "of 200" in row]
    assert [row[0] for row in table] == ["1", "5", "19", "99"]
    for column in (1, 4, 6):
        values = [float(row[column]) for row in table]
        assert values == sorted(set(values)), column
    # Only unweighted does the mean probability match the rate.
    assert float(table[0][6]) == pytest.approx(0.05, abs=0.001)


def test_a_weight_is_as_many_copies() -> None:
    weighted, copied = (
        row.split()[-3:] for row in rows("nineteen-copies") if row.startswith(("weight 19", "19 copies"))
    )
    assert (weighted[0], copied[0]) == ("100", "190")
    assert weighted[1] == copied[1]
    assert float(weighted[2]) == pytest.approx(1.9 * float(copied[2]), rel=1e-5)


def test_flipped_labels_own_half_of_the_pull_and_then_nearly_all() -> None:
    plain, focal = (row.split() for row in rows("flipped-label") if row.endswith(("99", "354710")))
    # 990 x 0.01 against 10 x 0.99.
    assert plain[-3:] == ["50", "%", "99"]

    def slope(right: float) -> float:
        # Of -(1 - p)^2 log p by the logit: (1 - p)^2 (2 p log p - (1 - p)).
        return (1 - right) ** 2 * (2 * right * log(right) - (1 - right))

    ratio = slope(0.01) / slope(0.99)
    assert float(focal[-1]) == pytest.approx(ratio, rel=1e-5)
    assert float(focal[-3]) == pytest.approx(100 * 10 * ratio / (10 * ratio + 990), abs=0.01)


def test_only_proximal_steps_make_a_list_short() -> None:
    table = [row.split() for row in rows("short-list") if "of 3" in row]
    kept = {(float(row[0]), " ".join(row[1:-5])): int(row[-5]) for row in table}
    assert len(kept) == 9
    assert all(kept[strength, way] == 20 for strength, way in kept if way != "L1, proximal")
    short = [count for (_, way), count in sorted(kept.items()) if way == "L1, proximal"]
    assert short == sorted(short, reverse=True)
    assert short[-1] == 0
    assert any(int(row[-4]) == 3 and int(row[-5]) < 10 for row in table)


def test_half_precision_saturates_soonest() -> None:
    half = next(row.split() for row in rows("saturation") if row.startswith("float16"))
    grid = np.arange(0, 20, 0.05)
    ones = grid[[np.float16(1) + np.exp(np.float16(-x)) == 1 for x in grid]]
    assert float(half[1]) == pytest.approx(ones[0], abs=0.051)


def test_the_push_of_l1() -> None:
    features, weights, truth = np.array([[1, 2], [3, 4], [-1, 0.5]]), np.array([0.5, -0.25]), np.array([1, 0, 1])
    logits = features @ weights + 0.1
    loss = np.mean([loss_of(z, y) for z, y in zip(logits, truth, strict=True)])
    assert f"Cross-entropy {loss:.6g}, with the penalty {loss + 0.0075:.6g}." in words("push-of-l1")
    assert "0.890532, with the penalty 0.898032" in words("push-of-l1")
    miss = 1 / (1 + np.exp(-logits)) - truth
    for weight, slope, total in zip(weights, miss @ features / 3, ("0.706755", "0.429475"), strict=True):
        assert f"{weight:g} {slope:.6g} {0.01 * np.sign(weight):g} {total}" in rows("push-of-l1")
    assert f"its slope is {miss.mean():.6g} with and without" in words("push-of-l1")
    assert {"5 0.01 0.1", "0.1 0.01 0.002", "0 0 0", "-0.1 -0.01 -0.002"} <= set(rows("push-of-l1"))


def test_signals_that_go_together_are_for_l2() -> None:
    table = {
        row.split(" matter ")[0]: row.split(" matter ")[1].split()
        for row in rows("correlated-signals")
        if " of 60" in row
    }
    better = {name: int(cells[2]) for name, cells in table.items()}
    assert better["go together, all"] > 50
    assert better["independent, 3"] < 30
    ridge, lasso = (float(cell) for cell in table["go together, all"][:2])
    assert ridge < lasso / 2
