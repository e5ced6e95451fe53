"""Predicting minutes: what squared error learns, what it is sensitive to, and what an L2 penalty adds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.lessons.layout import columns, paragraph
from rewardlab.lessons.lesson import Lesson
from rewardlab.lessons.minimum import lowest
from rewardlab.lessons.penalised_fits import lasso_weights, moments, ridge_weights
from rewardlab.losses.linear import linear_gradient
from rewardlab.losses.regression import squared_error, squared_error_gradient
from rewardlab.losses.regularisers import l2_penalty, l2_penalty_gradient

__all__ = ["DELIVERY_TIME"]

FIVE_TIMES = (20.0, 21.0, 22.0, 23.0, 100.0)

CORRELATION = 0.95


def _squared_growth() -> list[str]:
    minutes = np.array([2.0, 10.0, 180.0])
    costs = squared_error(minutes, np.zeros(3))
    rows = [
        (f"{error:g}", f"{cost:g}", f"{error / minutes[0]:g} x", f"{cost / costs[0]:g} x")
        for error, cost in zip(minutes, costs, strict=True)
    ]
    return [
        *columns(("error (minutes)", "squared error", "the error is", "the cost is"), rows),
        "",
        *paragraph(f"One order three hours late costs as much as {costs[2] / costs[1]:g} that are ten minutes late."),
    ]


def _mean_is_best() -> list[str]:
    times = np.array(FIVE_TIMES)

    def slope(constant: float) -> float:
        return float(squared_error_gradient(np.full(5, constant), times).mean())

    def cost(constant: float) -> float:
        return float(squared_error(np.full(5, constant), times).mean())

    best, _ = lowest(slope, 0.0, 1000.0)
    counts = np.array([1.0, 1.0, 1.0, 1.0, 3.0])

    def weighted(constant: float) -> float:
        return float(counts @ squared_error_gradient(np.full(5, constant), times))

    def penalised(constant: float) -> float:
        return slope(constant) + float(l2_penalty_gradient([constant], 0.1)[0])

    rows = [(f"{constant:.6g}", f"{cost(constant):.6g}") for constant in (22.0, 30.0, best, 45.0, 100.0)]
    return [
        f"Five deliveries took {_listed(times)} minutes. For all, one constant costs:",
        "",
        *columns(("constant", "mean squared error"), rows),
        "",
        *paragraph(
            f"The slope is 0 at {best:.6g}; the mean is {times.mean():.6g}. "
            f"The nearest order took {np.abs(times - best).min():.6g} minutes more or less than that. "
            f"With the slow order counted three times: {lowest(weighted, 0.0, 1000.0)[0]:.6g}. "
            f"With an L2 penalty of 0.1 on the constant: {lowest(penalised, 0.0, 1000.0)[0]:.6g}."
        ),
    ]


def _one_record_owns_the_loss() -> list[str]:
    target = np.array([20.0, 21.0, 22.0, 23.0, 24.0, 900.0])
    predicted = np.array([21.0, 22.0, 21.0, 24.0, 23.0, 30.0])
    costs = squared_error(predicted, target)
    return [
        "Five predictions are a minute off; the sixth order was never marked complete.",
        "",
        *paragraph(
            f"Squared errors: {_listed(costs)}. "
            f"Their sum is {costs.sum():g}, their mean {costs.mean():.9g}. "
            f"The corrupted record owns {100 * costs[-1] / costs.sum():.4f} % of it."
        ),
    ]


def _average_of_left_and_right() -> list[str]:
    turns = np.array([-10.0, 10.0])
    best, _ = lowest(lambda at: float(squared_error_gradient(np.full(2, at), turns).mean()), -100.0, 100.0)
    best = round(best, 9) + 0.0
    rows = [
        (name, f"{at:g}", f"{squared_error(np.full(2, at), turns).mean():g}")
        for name, at in (("left", -10.0), ("straight on", best), ("right", 10.0))
    ]
    return [
        *paragraph("Five seconds after a fork half of all cars are 10 m to the left, half to the right."),
        "",
        *columns(("prediction", "metres", "expected squared error"), rows, words=[0]),
        "",
        "Squared error likes best where no car ever is.",
    ]


def _push_of_l2() -> list[str]:
    features = np.array([[1.0, 2.0], [3.0, 4.0], [-1.0, 0.5]])
    weights, bias, target, strength = np.array([0.5, -0.25]), 0.1, np.array([1.0, 0.0, 1.0]), 0.01
    predicted = features @ weights + bias
    loss = float(squared_error(predicted, target).mean())
    data = linear_gradient(features, squared_error_gradient(predicted, target))
    push = l2_penalty_gradient(weights, strength)
    rows = [
        (f"{weight:g}", f"{slope:.6g}", f"{shove:g}", f"{slope + shove:.6g}")
        for weight, slope, shove in zip(weights, data.weights, push, strict=True)
    ]
    sizes = np.array([5.0, 0.1])
    left = sizes - 0.1 * l2_penalty_gradient(sizes, strength)
    return [
        *paragraph(
            f"Three examples, two weights, penalty {strength:g} x the sum of squared weights. "
            f"Mean squared error {loss:.6g}, with the penalty {loss + l2_penalty(weights, strength):.6g}."
        ),
        "",
        *columns(("weight", "slope of the data", "of the penalty", "together"), rows),
        "",
        f"The bias is not penalised: its slope is {float(data.bias):.6g} with and without.",
        "A step of 0.1 along the penalty alone: "
        + ", ".join(f"{old:g} becomes {new:.6g}" for old, new in zip(sizes, left, strict=True))
        + ";",
        f"that takes {_listed(100 * (1 - left / sizes))} % off.",
    ]


def _ridge_keeps_lasso_drops() -> list[str]:
    samples, examples, strength = 200, 100, 0.5
    squares, products = moments(*_correlated_pairs(samples, examples))
    plain, ridge = ridge_weights(squares, products, 0.0), ridge_weights(squares, products, strength)
    lasso = lasso_weights(squares, products, strength)
    first, second = lasso[:, 0] == 0, lasso[:, 1] == 0
    one_of_them = first ^ second
    shown = int(np.argmax(one_of_them))
    rows = [
        (name, *(f"{weight:.3f}" for weight in fitted[shown]))
        for name, fitted in (("no penalty", plain), ("L2 (ridge)", ridge), ("L1 (lasso)", lasso))
    ]
    return [
        *paragraph(
            "Minutes hang on restaurant load, time of day and distance, each with weight 1. Load and time of day go "
            f"together (correlation {CORRELATION:g}); {examples} orders a sample, penalties of strength {strength:g}."
        ),
        "",
        *columns((f"sample {shown + 1}", "load", "time of day", "distance"), rows, words=[0]),
        "",
        *paragraph(
            f"Shown is the first sample in which L1 drops one. What L2 leaves of the weights without penalty, as "
            f"factors: {_listed(ridge[shown] / plain[shown])}. In {samples} such samples "
            f"L2 makes {int((ridge == 0).sum())} weights 0. "
            f"L1 drops one of the pair in {one_of_them.sum()}: "
            f"load in {int((first & ~second).sum())}, time of day in {int((second & ~first).sum())}."
        ),
    ]


def _correlated_pairs(samples: int, examples: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Features (samples, examples, 3) of which two go together, and targets (samples, examples)."""
    random = np.random.default_rng(0)
    shared, own, other, distance, noise = random.standard_normal((5, samples, examples))
    load = np.sqrt(CORRELATION) * shared + np.sqrt(1 - CORRELATION) * own
    hour = np.sqrt(CORRELATION) * shared + np.sqrt(1 - CORRELATION) * other
    features = np.stack([load, hour, distance], axis=-1)
    return features, features.sum(axis=-1) + 2.0 * noise


def _listed(values: NDArray[Any]) -> str:
    return ", ".join(f"{value:.6g}" for value in values)


DELIVERY_TIME = (
    Lesson("squared-growth", "Five times the error costs twenty-five times as much", _squared_growth),
    Lesson(
        "mean-is-best",
        "The constant that squared error likes best is the mean",
        _mean_is_best,
        belief="the mean is what an order usually takes, so squared error predicts the usual.",
        truth="with a long tail the mean lies where no order is; it is right if sums or averages are what you need.",
    ),
    Lesson("one-record-owns-the-loss", "One corrupted record owns nearly all of the loss", _one_record_owns_the_loss),
    Lesson("average-of-left-and-right", "Of two right answers squared error takes neither", _average_of_left_and_right),
    Lesson(
        "push-of-l2",
        "An L2 penalty adds 2 x strength x weight to the slope, and nothing else",
        _push_of_l2,
        belief="L2 pushes large weights hard and leaves small ones nearly alone.",
        truth="the push is smaller on a small weight, but the share of it that a step takes off is the same for all.",
    ),
    Lesson(
        "ridge-keeps-lasso-drops",
        "Of two features that go together L2 keeps both and L1 often drops one",
        _ridge_keeps_lasso_drops,
        belief="L2 shrinks all weights by the same share, and L1 keeps the feature that truly matters.",
        truth="only the push is proportional, the fit is not; and which twin L1 drops is up to the sample's noise.",
    ),
)
"""Squared error and the L2 penalty."""
