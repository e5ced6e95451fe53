"""One transaction in a thousand: what a rare class does to accuracy, thresholds and decisions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.lessons.layout import columns, paragraph
from rewardlab.lessons.lesson import Lesson
from rewardlab.lessons.minimum import lowest
from rewardlab.losses.binary import (
    binary_cross_entropy,
    binary_cross_entropy_gradient,
    weighted_binary_cross_entropy_gradient,
)
from rewardlab.losses.class_weights import positive_weight_from_counts, prior_logit
from rewardlab.losses.linear import linear_gradient
from rewardlab.losses.logistic import sigmoid
from rewardlab.losses.thresholds import accuracy, precision, recall, threshold_from_costs, threshold_sweep

__all__ = ["FRAUD"]

FRAUDS, LEGITIMATE = 200, 3800
FALSE_ALARM, MISSED_FRAUD = 1.0, 19.0
"""What the two mistakes cost."""


def _accuracy_of_doing_nothing() -> list[str]:
    truth = np.repeat([1.0, 0.0], [1, 999])
    nothing = np.zeros(1000)
    return [
        "A thousand transactions, one of them fraud, and a model that never says so.",
        "",
        f"accuracy   {accuracy(nothing, truth):g}",
        f"recall     {_share(recall(nothing, truth))}",
        f"precision  {_share(precision(nothing, truth))}",
    ]


def _what_cross_entropy_learns() -> list[str]:
    rate = 0.01
    outcomes, odds = np.array([1.0, 0.0]), np.array([rate, 1 - rate])

    def slope(z: float) -> float:
        return float(odds @ binary_cross_entropy_gradient([z, z], outcomes))

    best, _ = lowest(slope, -30.0, 30.0)
    learned = float(sigmoid([best])[0])
    loss = float(odds @ binary_cross_entropy([best, best], outcomes))
    threshold = threshold_from_costs(FALSE_ALARM, 100.0)
    return [
        *paragraph(
            f"{100 * rate:g} % of all transactions are fraud, and the model sees nothing that tells them apart."
        ),
        "",
        f"Plain cross-entropy is least, {loss:.6g}, where the model says {learned:.6g}.",
        "",
        *paragraph(
            f"Stopped from 0.5 on: {_stops(learned, 0.5)}. "
            f"Stopped from {threshold:.6g} on, where a missed fraud costs a hundred false alarms: "
            f"{_stops(learned, threshold)}."
        ),
    ]


def _moving_the_threshold() -> list[str]:
    signal, truth = _transactions()
    said = sigmoid(2 * signal - 2 + prior_logit(FRAUDS / truth.size))
    best = threshold_from_costs(FALSE_ALARM, MISSED_FRAUD)
    thresholds = np.array([0.005, best, 0.2, 0.5, 0.9, 0.999])
    sweep = threshold_sweep(said, truth, thresholds)
    rows = [
        (f"{at:.6g}", f"{hits + alarms}", _share(right), _share(caught), f"{cost:g}")
        for at, hits, alarms, right, caught, cost in zip(
            thresholds,
            sweep.true_positives,
            sweep.false_positives,
            sweep.precision,
            sweep.recall,
            sweep.cost(FALSE_ALARM, MISSED_FRAUD),
            strict=True,
        )
    ]
    return [
        *paragraph(
            f"{truth.size} transactions, {FRAUDS} of them fraud; the probabilities are those of the model that made "
            f"the data. A false alarm costs {FALSE_ALARM:g}, a missed fraud {MISSED_FRAUD:g}."
        ),
        "",
        *columns(("stopped from", "stopped", "precision", "recall", "cost"), rows),
        "",
        *paragraph(
            f"Costs alone say where to cut: {FALSE_ALARM:g} / ({FALSE_ALARM:g} + {MISSED_FRAUD:g}) = {best:.6g}."
        ),
    ]


def _weights_are_a_dial() -> list[str]:
    signal, truth = _transactions()
    rows = []
    for weight in (1.0, 5.0, positive_weight_from_counts(LEGITIMATE, FRAUDS), 99.0):
        said = sigmoid(_fitted(signal, truth, weight))
        sweep = threshold_sweep(said, truth, [0.5])
        caught, alarms = int(sweep.true_positives[0]), int(sweep.false_positives[0])
        rows.append(
            (f"{weight:g}", f"{caught} of {FRAUDS}", f"{alarms}", _share(sweep.precision[0]), f"{said.mean():.3f}")
        )
    return [
        *paragraph(
            f"The same {truth.size} transactions; a logistic model is fitted with a weight on frauds and stops "
            "from 0.5 on."
        ),
        "",
        *columns(("weight", "frauds caught", "false alarms", "precision", "mean probability"), rows),
        "",
        *paragraph(f"{100 * FRAUDS / truth.size:g} % are fraud: the last column is right in the first row only."),
    ]


def _transactions() -> tuple[NDArray[Any], NDArray[Any]]:
    """A signal that is normal around 0 for legitimate transactions and around 2 for frauds, and which they are."""
    truth = np.repeat([1.0, 0.0], [FRAUDS, LEGITIMATE])
    return 2 * truth + np.random.default_rng(0).standard_normal(truth.size), truth


def _fitted(signal: NDArray[Any], truth: NDArray[Any], weight: float) -> NDArray[Any]:
    """The logits of a logistic model after 300 steps down the mean of weighted cross-entropy."""
    features, slope, bias = signal[:, None], np.zeros(1), 0.0
    # The mean weight makes each step longer; without it every weight takes steps of the same length.
    rate = 3.0 / float(np.where(truth == 1, weight, 1.0).mean())
    for _ in range(300):
        pull = weighted_binary_cross_entropy_gradient(features @ slope + bias, truth, weight)
        step = linear_gradient(features, pull)
        slope, bias = slope - rate * step.weights, bias - rate * float(step.bias)
    return np.asarray(features @ slope + bias)


def _share(value: float) -> str:
    return "undefined" if np.isnan(value) else f"{value:.3f}"


def _stops(probability: float, threshold: float) -> str:
    return "every transaction" if probability >= threshold else "none"


FRAUD = (
    Lesson(
        "accuracy-of-doing-nothing",
        "At one in a thousand, doing nothing is right 99.9 % of the time",
        _accuracy_of_doing_nothing,
        belief="the loss never told the model that missing a fraud is expensive.",
        truth="the accuracy never told its reader; a true probability and a threshold from the costs would.",
    ),
    Lesson(
        "what-cross-entropy-learns",
        "Plain cross-entropy learns a rare rate exactly",
        _what_cross_entropy_learns,
        belief="with 1 % fraud, standard cross-entropy ignores fraud.",
        truth="it learns the rate to the last digit; what ignores fraud is a threshold of 0.5.",
    ),
    Lesson(
        "moving-the-threshold",
        "Move the threshold before you touch the loss",
        _moving_the_threshold,
        belief="unequal costs call for a loss of their own.",
        truth="with true probabilities a threshold from the costs does it, and the probabilities stay true.",
    ),
    Lesson(
        "weights-are-a-dial",
        "More weight on fraud: more caught, more false alarms",
        _weights_are_a_dial,
    ),
)
"""What to look at before the loss is changed."""
