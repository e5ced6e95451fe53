"""Hundreds of signals that go together: what an L1 penalty adds to a slope, and whether it is the one to take."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.lessons.layout import columns, paragraph
from rewardlab.lessons.lesson import Lesson
from rewardlab.lessons.penalised_fits import lasso_weights, moments, ridge_weights
from rewardlab.losses.binary import binary_cross_entropy, binary_cross_entropy_gradient
from rewardlab.losses.linear import linear_gradient
from rewardlab.losses.regularisers import l1_penalty, l1_penalty_gradient, l2_penalty_gradient

__all__ = ["WEATHER_SIGNALS"]

SAMPLES, EXAMPLES, SIGNALS = 60, 50, 20
STRENGTHS = np.geomspace(0.01, 3.0, 6)


def _push_of_l1() -> list[str]:
    features = np.array([[1.0, 2.0], [3.0, 4.0], [-1.0, 0.5]])
    weights, bias, truth, strength = np.array([0.5, -0.25]), 0.1, np.array([1.0, 0.0, 1.0]), 0.01
    logits = features @ weights + bias
    loss = float(binary_cross_entropy(logits, truth).mean())
    data = linear_gradient(features, binary_cross_entropy_gradient(logits, truth))
    push = l1_penalty_gradient(weights, strength)
    rows = [
        (f"{weight:g}", f"{slope:.6g}", f"{shove:g}", f"{slope + shove:.6g}")
        for weight, slope, shove in zip(weights, data.weights, push, strict=True)
    ]
    sizes = np.array([5.0, 1.0, 0.1, 0.0, -0.1])
    pushes = [
        (f"{size:g}", f"{one:g}", f"{two:g}")
        for size, one, two in zip(
            sizes, l1_penalty_gradient(sizes, strength), l2_penalty_gradient(sizes, strength), strict=True
        )
    ]
    return [
        f"Three examples, two weights, penalty {strength:g} x the sum of the sizes of the weights.",
        f"Cross-entropy {loss:.6g}, with the penalty {loss + l1_penalty(weights, strength):.6g}.",
        "",
        *columns(("weight", "slope of the data", "of the penalty", "together"), rows),
        "",
        f"The bias is not penalised: its slope is {float(data.bias):.6g} with and without.",
        "",
        *columns(("weight", "push of L1", "push of L2"), pushes),
    ]


def _correlated_signals() -> list[str]:
    rows = []
    for name, correlation, useful in (
        ("go together, all matter", 0.95, SIGNALS),
        ("go together, 3 matter", 0.95, 3),
        ("independent, 3 matter", 0.0, 3),
    ):
        ridge, lasso = _excess_errors(correlation, useful)
        rows.append((name, f"{ridge.mean():.3f}", f"{lasso.mean():.3f}", f"{(ridge < lasso).sum()} of {SAMPLES}"))
    return [
        *paragraph(
            f"{SIGNALS} signals, {EXAMPLES} days, {SAMPLES} samples of them. The strength of each penalty is chosen on "
            f"{EXAMPLES} other days. How much larger than unavoidable is the squared error on new days?"
        ),
        "",
        *columns(("signals", "L2", "L1", "L2 is better in"), rows, words=[0]),
    ]


def _excess_errors(correlation: float, useful: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """The squared error beyond the noise of ridge and lasso, exact for the weights of each sample."""
    random = np.random.default_rng(0)
    covariance = correlation + (1 - correlation) * np.eye(SIGNALS)
    truth = np.where(np.arange(SIGNALS) < useful, 1.0, 0.0)
    features = random.standard_normal((2, SAMPLES, EXAMPLES, SIGNALS)) @ np.linalg.cholesky(covariance).T
    target = features @ truth + 3.0 * random.standard_normal((2, SAMPLES, EXAMPLES))
    squares, products = moments(features[0], target[0])
    found = []
    for fit in (ridge_weights, lasso_weights):
        fits = np.stack([fit(squares, products, float(strength)) for strength in STRENGTHS])
        misses = ((features[1] @ fits[..., None])[..., 0] - target[1]) ** 2
        best = np.take_along_axis(fits, misses.mean(axis=-1).argmin(axis=0)[None, :, None], axis=0)[0]
        found.append((((best - truth) @ covariance) * (best - truth)).sum(axis=-1))
    return found[0], found[1]


WEATHER_SIGNALS = (
    Lesson(
        "push-of-l1",
        "An L1 penalty pushes each weight alike, whatever its size",
        _push_of_l1,
        belief="the push of L1 is always plus or minus its strength.",
        truth="at a weight of exactly 0 it is 0; any number between the two would be a subgradient there.",
    ),
    Lesson(
        "correlated-signals",
        "Signals that go together are what L2 is for",
        _correlated_signals,
        belief="with many correlated signals L1 keeps those that independently matter, and L2 may hurt.",
        truth="L1 picks among twins by chance; it does better where few signals matter and none of them are twins.",
    ),
)
"""Penalties on a model of many signals."""
