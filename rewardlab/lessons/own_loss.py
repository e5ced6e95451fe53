"""A loss of one's own: what to try before training with it, and what its slope does to each example."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.lessons.layout import columns, paragraph
from rewardlab.lessons.lesson import Lesson
from rewardlab.losses.binary import (
    binary_cross_entropy,
    weighted_binary_cross_entropy,
    weighted_binary_cross_entropy_gradient,
)
from rewardlab.losses.categorical import softmax_cross_entropy
from rewardlab.losses.class_weights import weighted_optimum
from rewardlab.losses.focal import focal_loss, focal_loss_gradient
from rewardlab.losses.logistic import logit, sigmoid
from rewardlab.losses.regression import huber, huber_gradient

__all__ = ["OWN_LOSS"]

FRAUDS, LEGITIMATE, WEIGHT, RATE = 5, 95, 19.0, 0.5
TRUTH = np.repeat([1.0, 0.0], [FRAUDS, LEGITIMATE])


def _better_means_lower() -> list[str]:
    scores = np.array([-5.0, -1.0, 0.0, 1.0, 5.0])
    ones = np.ones(scores.size)
    rows = [
        (f"{z:g}", f"{p:.6g}", f"{one:.6g}", f"{two:.6g}")
        for z, p, one, two in zip(
            scores,
            sigmoid(scores),
            binary_cross_entropy(scores, ones),
            focal_loss(scores, ones, 2.0, 0.25, constant_alpha=True),
            strict=True,
        )
    ]
    return [
        *paragraph("The truth is fraud. From a prediction that is sure of the opposite to one that is sure and right:"),
        "",
        *columns(("logit", "p", "cross-entropy", "focal, gamma 2, alpha 0.25"), rows),
        "",
        *paragraph("If a column did not fall all the way, the loss would be wrong, and training might not show it."),
    ]


def _untrained_model() -> list[str]:
    nothing, halves = np.zeros(100), np.repeat([1.0, 0.0], 50)
    losses = {
        "cross-entropy": binary_cross_entropy(nothing, halves),
        "cross-entropy, 5 % fraud of weight 19": weighted_binary_cross_entropy(nothing, TRUTH, WEIGHT),
        "softmax over 10 classes": softmax_cross_entropy(np.zeros((100, 10)), np.arange(100) % 10),
        "focal, gamma 2, no alpha": focal_loss(nothing, halves, 2.0, None),
        "focal, alpha 0.25 on everything": focal_loss(nothing, halves, 2.0, 0.25, constant_alpha=True),
        "focal, alpha 0.25 by class": focal_loss(nothing, halves, 2.0, 0.25),
    }
    rows = [(name, f"{values.mean():.6g}") for name, values in losses.items()]
    return [
        *paragraph("All logits are 0, as in a model that has learned nothing. So the mean loss must begin at:"),
        "",
        *columns(("loss", "mean"), rows, words=[0]),
        "",
        *paragraph(
            f"ln 2 = {np.log(2):.6g}; times the mean weight, {np.where(TRUTH == 1, WEIGHT, 1.0).mean():g}; ln 10; "
            "ln 2 / 4; that times 0.25; times the mean of 0.25 and 0.75."
        ),
    ]


def _pull_of_one_fraud() -> list[str]:
    score = float(logit([0.3])[0])
    both = np.array([score, score]), np.array([1.0, 0.0])
    rows = []
    for weight in (1.0, 10.0, WEIGHT):
        fraud, legitimate = weighted_binary_cross_entropy_gradient(*both, weight)
        ratio = abs(fraud / legitimate)
        rows.append(
            (f"{weight:g}", f"{fraud:.6g}", f"{legitimate:.6g}", f"{ratio:.6g}", f"{weight:g} x {ratio / weight:.6g}")
        )
    return [
        *paragraph(
            "The model says 0.3 of a fraud and of a legitimate transaction. Slopes by the logit, weight x (p - y):"
        ),
        "",
        *columns(("weight", "fraud", "legitimate", "ratio", "made of"), rows),
    ]


def _five_frauds_as_coded() -> list[str]:
    logits = np.zeros(TRUTH.size)
    rows = []
    for step in range(201):
        loss = weighted_binary_cross_entropy(logits, TRUTH, WEIGHT).mean()
        before = logits
        logits = logits - RATE * weighted_binary_cross_entropy_gradient(logits, TRUTH, WEIGHT) / TRUTH.size
        if step in (0, 50, 100, 150, 199, 200):
            said = (sigmoid(before[:1])[0], *sigmoid(logits)[[0, -1]])
            rows.append((f"{step}", f"{loss:.6g}", *(f"{p:.6f}" for p in said)))
    return [
        *paragraph(
            f"{FRAUDS} frauds, {LEGITIMATE} legitimate transactions, no features, weight {WEIGHT:g}, rate {RATE:g}, "
            "200 steps and one more. The program keeps a logit for each transaction and moves it by its own slope:"
        ),
        "",
        *columns(("step", "loss", "fraud, before", "after", "legitimate, after"), rows),
        "",
        *paragraph("That is a hundred models with a parameter each, of which each learns its own label by heart."),
    ]


def _five_frauds_as_described() -> list[str]:
    rows = []
    for weight in (1.0, 10.0, WEIGHT, 40.0):
        shared, path = np.zeros(1), []
        for step in range(501):
            logits = np.repeat(shared, TRUTH.size)
            if step in (0, 50, 500):
                path.append(f"{sigmoid(shared)[0]:.6f}")
            shared = shared - RATE * weighted_binary_cross_entropy_gradient(logits, TRUTH, weight).mean()
        best = float(weighted_optimum([FRAUDS / TRUTH.size], weight)[0])
        rows.append((f"{weight:g}", *path, f"{best:.6f}"))
    start = np.zeros(TRUTH.size)
    slopes = weighted_binary_cross_entropy_gradient(start, TRUTH, WEIGHT)
    return [
        *paragraph(
            "The same transactions with one logit for all of them, which is what a bias alone is. What it says at "
            "first, and after so many steps:"
        ),
        "",
        *columns(("weight", "at first", "50 steps", "500 steps", "its optimum"), rows),
        "",
        *paragraph(
            f"At weight {WEIGHT:g} the frauds pull with {slopes[TRUTH == 1].sum():g}, the legitimate with "
            f"{slopes[TRUTH == 0].sum():+g}: nothing moves, and the loss stays "
            f"{weighted_binary_cross_entropy(start, TRUTH, WEIGHT).mean():.6g}."
        ),
    ]


def _joined_branches() -> list[str]:
    delta = 15.0
    errors, nothing = np.array([14.999, 15.0, 15.001]), np.zeros(3)
    cost, slope = huber(errors, nothing, delta), huber_gradient(errors, nothing, delta)
    # What Huber's rule would be with a plain absolute error beyond delta.
    plain = np.where(errors <= delta, errors**2 / 2, errors)
    rows = [
        (f"{e:g}", f"{c:.6g}", f"{s:.6g}", f"{p:.6g}") for e, c, s, p in zip(errors, cost, slope, plain, strict=True)
    ]
    return [
        f"Huber's error at its join, delta {delta:g}, and a rule that goes on with |error|:",
        "",
        *columns(("error", "Huber", "its slope", "|error| beyond delta"), rows),
        "",
        *paragraph("A larger error must never be cheaper: the branches have to meet. Their slopes may differ."),
    ]


def _gamma_below_one() -> list[str]:
    gamma = 0.5
    scores = np.array([0.0, 5.0, 10.0, 20.0, 40.0], dtype=np.float32)
    ones = np.ones(scores.size, dtype=np.float32)
    ours = focal_loss_gradient(scores, ones, gamma, None)
    rows = [
        (f"{z:g}", f"{chain:.6g}", f"{slope:.6g}")
        for z, chain, slope in zip(scores, _chain_rule(scores, gamma), ours, strict=True)
    ]
    return [
        *paragraph(
            f"The slope of focal loss, gamma {gamma:g}, single precision, the truth is 1. By the chain rule, and here:"
        ),
        "",
        *columns(("logit", "chain rule", "here"), rows),
        "",
        *paragraph(
            "Single precision calls sigmoid(20) exactly 1. The factor is a root of 1 - p, and the slope of a root at 0 "
            "is infinite: infinity times 0 is no number, and one such example spoils all weights."
        ),
    ]


def _chain_rule(scores: NDArray[Any], gamma: float) -> NDArray[Any]:
    """The slope as a program gets it that multiplies the slope of each part."""
    with np.errstate(all="ignore"):
        p = 1 / (1 + np.exp(-scores))
        by_p = gamma * (1 - p) ** (gamma - 1) * np.log(p) - (1 - p) ** gamma / p
        return np.asarray(by_p * p * (1 - p))


OWN_LOSS = (
    Lesson("better-means-lower", "First question to a loss: does a better prediction cost less?", _better_means_lower),
    Lesson(
        "untrained-model",
        "What a model that knows nothing must cost",
        _untrained_model,
        belief="an untrained model costs about ln 2, or half of it, whatever the loss.",
        truth="weight, focus and alpha each move it: with alpha 0.25 on everything it is 0.043, not 0.35.",
    ),
    Lesson(
        "pull-of-one-fraud",
        "The pull of one fraud: the weight, times how wrong it is",
        _pull_of_one_fraud,
        belief="that a fraud pulls 44 times as much is what a weight of 19 does.",
        truth="it does 19 of it; the rest is that 0.3 is further from 1 than from 0.",
    ),
    Lesson(
        "five-frauds-as-coded",
        "A hundred logits, each walking to its own label",
        _five_frauds_as_coded,
        belief="a program whose probability of fraud rises step by step has learned what fraud is like.",
        truth="what is printed is the first fraud's own logit; those of the legitimate go the other way.",
    ),
    Lesson(
        "five-frauds-as-described",
        "One logit for all: at the count ratio as weight it does not move",
        _five_frauds_as_described,
        belief="with a weight of 19 the slope nudges the one probability upwards in every step.",
        truth="19 times 5 frauds weigh as much as 95 legitimate ones, so 0.5 is the optimum from the start.",
    ),
    Lesson(
        "joined-branches",
        "The branches of a loss have to meet",
        _joined_branches,
        belief="a loss with a branch needs smooth slopes on both sides.",
        truth="it needs values that meet and slopes that are numbers; absolute error has a corner, and trains.",
    ),
    Lesson(
        "gamma-below-one",
        "Focal loss below gamma 1: a slope that is no number, unless it is written out",
        _gamma_below_one,
        belief="a formula whose value is right has the right slope, the chain rule sees to that.",
        truth="the chain rule multiplies parts, and one may be infinite where the other has been rounded to 0.",
    ),
)
"""A custom loss, before and during training."""
