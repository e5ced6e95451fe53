"""Weights on a class: what they multiply, what they do to probabilities, and what a penalty on coefficients adds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.lessons.layout import columns, paragraph
from rewardlab.lessons.lesson import Lesson
from rewardlab.lessons.minimum import lowest
from rewardlab.losses.binary import (
    binary_cross_entropy,
    weighted_binary_cross_entropy,
    weighted_binary_cross_entropy_gradient,
)
from rewardlab.losses.class_weights import unweighted_probability
from rewardlab.losses.linear import linear_gradient
from rewardlab.losses.logistic import sigmoid
from rewardlab.losses.regularisers import (
    elastic_net_penalty,
    l1_penalty_gradient,
    l1_proximal,
    l2_penalty_gradient,
)

__all__ = ["CLASS_WEIGHTS"]

WEIGHT = 19.0


def _missed_fraud_and_false_alarm() -> list[str]:
    logits, truth = np.array([-2.0, -2.0, 2.0]), np.array([1.0, 0.0, 0.0])
    plain, weighted = binary_cross_entropy(logits, truth), weighted_binary_cross_entropy(logits, truth, WEIGHT)
    names = ("missed fraud", "legitimate, let through", "false alarm")
    rows = [
        (name, f"{z:g}", f"{p:.6f}", f"{y:g}", f"{one:.6g}", f"{many:.6g}")
        for name, z, p, y, one, many in zip(names, logits, sigmoid(logits), truth, plain, weighted, strict=True)
    ]
    return [
        *columns(("", "logit", "p", "target", "loss", f"weight {WEIGHT:g}"), rows, words=[0]),
        "",
        *paragraph(
            f"Missed fraud against let through: {weighted[0] / weighted[1]:.6g} = {WEIGHT:g} x "
            f"{plain[0] / plain[1]:.6g}, the second part without any weight: "
            "the same logit is wrong for one label and right for the other. "
            f"Missed fraud against its mirror image, a false alarm: {weighted[0] / weighted[2]:.6g}."
        ),
    ]


def _nineteen_copies() -> list[str]:
    logits = np.linspace(-3.0, 2.0, 100)
    truth = (np.arange(100) % 20 == 10).astype(float)
    copies = np.where(truth == 1, int(WEIGHT), 1)
    weighted = weighted_binary_cross_entropy(logits, truth, WEIGHT)
    repeated = binary_cross_entropy(np.repeat(logits, copies), np.repeat(truth, copies))
    rows = [
        (f"weight {WEIGHT:g}", f"{weighted.size}", f"{weighted.sum():.6f}", f"{weighted.mean():.6f}"),
        (f"{WEIGHT:g} copies", f"{repeated.size}", f"{repeated.sum():.6f}", f"{repeated.mean():.6f}"),
    ]
    return [
        *paragraph(
            f"{int(truth.sum())} frauds among {truth.size} transactions: each fraud with weight {WEIGHT:g}, "
            f"or written down {WEIGHT:g} times."
        ),
        "",
        *columns(("each fraud has", "examples", "sum of losses", "mean"), rows, words=[0]),
        "",
        f"The means differ by the mean weight, {weighted.mean() / repeated.mean():.6g}.",
    ]


def _weights_move_probabilities() -> list[str]:
    rows = []
    for rate in (0.001, 0.01, 0.05, 0.2, 0.5):
        learned = [_learned(rate, weight) for weight in (1.0, WEIGHT, 99.0)]
        back = float(unweighted_probability([learned[1]], WEIGHT)[0])
        rows.append((f"{rate:g}", *(f"{said:.6f}" for said in learned), f"{back:.6f}"))
    meant = [f"{unweighted_probability([0.2], weight)[0]:.6g} at weight {weight:g}" for weight in (10.0, WEIGHT, 99.0)]
    return [
        *paragraph("What a model says that has learned one rate of fraud, by the weight it was trained with:"),
        "",
        *columns(("true rate", "weight 1", f"weight {WEIGHT:g}", "weight 99", f"{WEIGHT:g} undone"), rows),
        "",
        *paragraph(f"A model that says 0.2 means a true rate q / (q + weight (1 - q)): {', '.join(meant)}."),
    ]


def _three_forces() -> list[str]:
    features = np.array([[1.0, 2.0], [3.0, 4.0], [-1.0, 0.5]])
    weights, bias, truth, l1, l2 = np.array([0.5, -0.25]), 0.1, np.array([1.0, 0.0, 1.0]), 0.001, 0.01
    logits = features @ weights + bias
    loss = float(weighted_binary_cross_entropy(logits, truth, WEIGHT).mean())
    data = linear_gradient(features, weighted_binary_cross_entropy_gradient(logits, truth, WEIGHT))
    forces = (data.weights, l2_penalty_gradient(weights, l2), l1_penalty_gradient(weights, l1))
    rows = [
        (f"{weight:g}", *(f"{one:.6g}" for one in each), f"{sum(each):.6g}")
        for weight, *each in zip(weights, *forces, strict=True)
    ]
    return [
        *paragraph(
            f"Weighted cross-entropy {loss:.6g}, with an elastic net "
            f"{loss + elastic_net_penalty(weights, l1, l2):.6g}. Its slope has three parts:"
        ),
        "",
        *columns(("weight", "data", "L2", "L1", "together"), rows),
        "",
        f"The bias feels the data only: {float(data.bias):.6g}.",
    ]


def _short_list() -> list[str]:
    features, truth, used = _signals()
    rows = []
    for strength in (0.01, 0.1, 1.0):
        fits = (
            ("L2", _fit(features, truth, strength, "L2")),
            ("L1, sign steps", _fit(features, truth, strength, "sign")),
            ("L1, proximal", _fit(features, truth, strength, "proximal")),
        )
        for name, weights in fits:
            kept = weights != 0
            rows.append(
                (
                    f"{strength:g}",
                    name,
                    f"{kept.sum()}",
                    f"{kept[used].sum()} of {used.sum()}",
                    f"{np.abs(weights).max():.3f}",
                )
            )
    return [
        *paragraph(
            f"{truth.size} transactions, {int(truth.sum())} of them fraud, {used.size} signals of which "
            f"{used.sum()} matter; weight 9."
        ),
        "",
        *columns(("strength", "penalty", "weights not 0", "of those that matter", "largest"), rows, words=[1]),
        "",
        *paragraph("Too weak a penalty keeps noise, too strong a one drops signals: choose it on data held back."),
    ]


def _learned(rate: float, weight: float) -> float:
    """The probability at which the expected weighted cross-entropy is least."""
    odds = np.array([rate, 1 - rate])

    def slope(z: float) -> float:
        return float(odds @ weighted_binary_cross_entropy_gradient([z, z], [1.0, 0.0], weight))

    return float(sigmoid([lowest(slope, -40.0, 40.0)[0]])[0])


def _signals() -> tuple[NDArray[Any], NDArray[Any], NDArray[np.bool_]]:
    """Features (600, 20), labels, and which features the labels were made from."""
    random = np.random.default_rng(0)
    features = random.standard_normal((600, 20))
    used = np.arange(20) < 3
    truth = (random.random(600) < sigmoid(features[:, used].sum(axis=1) * 1.2 - 3.0)).astype(float)
    return features, truth, used


def _fit(features: NDArray[Any], truth: NDArray[Any], strength: float, way: str) -> NDArray[Any]:
    """Weights after 250 steps; the bias is free."""
    weights: NDArray[Any] = np.zeros(features.shape[1])
    bias, rate = 0.0, 0.3
    for _ in range(250):
        pull = weighted_binary_cross_entropy_gradient(features @ weights + bias, truth, 9.0)
        data = linear_gradient(features, pull)
        bias -= rate * float(data.bias)
        if way == "proximal":
            weights = l1_proximal(weights - rate * data.weights, strength, rate)
        else:
            push = l2_penalty_gradient(weights, strength) if way == "L2" else l1_penalty_gradient(weights, strength)
            weights = weights - rate * (data.weights + push)
    return weights


CLASS_WEIGHTS = (
    Lesson(
        "missed-fraud-and-false-alarm",
        "A weight of 19 makes a missed fraud 19 times as dear, not 318 times",
        _missed_fraud_and_false_alarm,
        belief="at weight 19 a missed fraud costs some 300 times as much as a flagged legitimate transaction.",
        truth="that compares it with one let through; against a false alarm as far off, the ratio is the weight.",
    ),
    Lesson(
        "nineteen-copies",
        "A weight of 19 is nineteen copies of each fraud",
        _nineteen_copies,
        belief="a class weight changes the balance and nothing else.",
        truth="the mean still divides by the number of examples, so every step grows by the mean weight too.",
    ),
    Lesson(
        "weights-move-probabilities",
        "A weighted model's probabilities are not rates, until the weight is undone",
        _weights_move_probabilities,
        belief="only focal loss spoils calibration; of the cases that a weighted model gives 20 %, a fifth is fraud.",
        truth="a weight multiplies the odds that are learned, and dividing by it gives the rate back.",
    ),
    Lesson("three-forces", "Data, L2 and L1 pull at each weight, and their slopes add up", _three_forces),
    Lesson(
        "short-list",
        "L1 gives a short list only if its steps can reach zero",
        _short_list,
        belief="the constant push of L1 drives weak weights to exactly zero.",
        truth="sign steps hop over zero for ever; it takes a proximal step, which stops there, to make a list short.",
    ),
)
"""Weighted cross-entropy, and penalties beside it."""
