"""Whether it will rain: cross-entropy as surprise, and why not the squared error of a probability."""

from __future__ import annotations

import numpy as np

from rewardlab.lessons.layout import columns, paragraph
from rewardlab.lessons.lesson import Lesson
from rewardlab.lessons.minimum import lowest
from rewardlab.losses.binary import (
    binary_cross_entropy,
    binary_cross_entropy_gradient,
    cross_entropy_of_probability,
)
from rewardlab.losses.categorical import softmax_cross_entropy
from rewardlab.losses.logistic import logit, sigmoid, softmax
from rewardlab.losses.regression import squared_error, squared_error_gradient

__all__ = ["RAIN"]

CLASSES = ("cat", "dog", "bird")
SCORES = (2.0, 1.0, 0.1)


def _confident_and_wrong() -> list[str]:
    forecast, dry = np.array([0.1, 0.6, 0.99]), np.zeros(3)
    costs = cross_entropy_of_probability(forecast, dry)
    rows = [(f"{100 * said:.0f} %", f"{1 - said:g}", f"{cost:.6g}") for said, cost in zip(forecast, costs, strict=True)]
    return [
        *paragraph("It stays dry. Three forecasts of rain, and minus the logarithm of what each gave to dry:"),
        "",
        *columns(("forecast", "given to dry", "cross-entropy"), rows),
        "",
        f"The 99 % forecast costs {costs[2] / costs[1]:.6g} times as much as the 60 % one.",
    ]


def _three_forecasts() -> list[str]:
    wanted, rounded = np.array([0.1, 0.6, 0.99]), np.array([-2.2, 0.4, 4.6])
    exact = logit(wanted)
    rows = []
    for said, short, full in zip(wanted, rounded, exact, strict=True):
        costs = binary_cross_entropy([short, full], [0.0, 0.0])
        rows.append(
            (
                f"{said:g}",
                f"{short:g}",
                f"{sigmoid([short])[0]:.6g}",
                f"{costs[0]:.6f}",
                f"{full:.6g}",
                f"{costs[1]:.6f}",
            )
        )
    return [
        "A dry day, and the forecasts of 10, 60 and 99 % as logits: rounded, and exact.",
        "",
        *columns(("forecast", "rounded logit", "its forecast", "loss", "exact logit", "loss"), rows),
    ]


def _squared_error_of_a_probability() -> list[str]:
    cases = [(0.6, 0.0), (0.6, 1.0), (0.99, 0.0), (0.999999, 0.0)]
    said, rain = np.array(cases).T
    scores = logit(said)
    # The derivative of the sigmoid turns a slope in the probability into one in the logit.
    slopes = squared_error_gradient(said, rain) * said * (1 - said)
    rows = [
        (f"{p:g}", "rain" if y else "dry", f"{brier:.6g}", f"{slope:.6g}", f"{cost:.6g}", f"{push:.6g}")
        for p, y, brier, slope, cost, push in zip(
            said,
            rain,
            squared_error(said, rain),
            slopes,
            binary_cross_entropy(scores, rain),
            binary_cross_entropy_gradient(scores, rain),
            strict=True,
        )
    ]
    days = np.array([1.0] * 3 + [0.0] * 7)
    best, _ = lowest(lambda at: float(squared_error_gradient(np.full(10, at), days).mean()), 0.0, 1.0)
    return [
        "Squared error and cross-entropy of a forecast, with their slopes in the logit:",
        "",
        *columns(("forecast", "it was", "squared", "slope", "cross-entropy", "slope"), rows, words=[1]),
        "",
        *paragraph(f"Of ten days {days.sum():g} are rainy: squared error too likes best to say {best:.6g}."),
    ]


def _which_class_was_it() -> list[str]:
    probabilities = softmax(np.array(SCORES))
    losses = softmax_cross_entropy(np.tile(SCORES, (3, 1)), np.arange(3))
    rows = [
        (name, f"{score:g}", f"{share:.6f}", f"{loss:.6f}")
        for name, score, share, loss in zip(CLASSES, SCORES, probabilities, losses, strict=True)
    ]
    # The cat keeps its share; dog and bird divide the rest in another way.
    other = np.log([probabilities[0], (1 - probabilities[0]) / 2, (1 - probabilities[0]) / 2])
    swapped = softmax_cross_entropy(other[None], [0])[0]
    return [
        *columns(("class", "score", "probability", "loss if true"), rows, words=[0]),
        "",
        *paragraph(
            f"Minus the logarithm of the rounded 0.66 would be {-np.log(0.66):.6f}, of 0.10 {-np.log(0.1):.6f}. "
            f"Dog and bird given equal shares, cat left alone: the loss of a cat is {swapped:.6f}."
        ),
    ]


def _softmax_of_a_batch() -> list[str]:
    batch = np.array([[0.0, 0.0], [2.0, 2.0]])
    whole = np.exp(batch - batch.max())
    whole /= whole.sum()
    return [
        "Two examples with two equal scores each, (0, 0) and (2, 2).",
        "",
        f"Softmax by row: the rows sum to {_sums(softmax(batch))}.",
        f"Exponentials divided by the sum of all of them: {_sums(whole)}.",
    ]


def _two_classes() -> list[str]:
    scores = np.array([-3.0, 0.0, 1.3, 40.0])
    pairs = np.stack([scores, np.zeros(4)], axis=-1)
    rows = [
        (f"{score:g}", f"{two:.6g}", f"{one:.6g}")
        for score, two, one in zip(
            scores,
            softmax_cross_entropy(pairs, np.zeros(4, dtype=int)),
            binary_cross_entropy(scores, np.ones(4)),
            strict=True,
        )
    ]
    return [
        *paragraph("Two classes with scores z and 0, of which the first is true; and one logit z with target 1."),
        "",
        *columns(("z", "softmax cross-entropy", "binary cross-entropy"), rows),
    ]


def _sums(table: np.ndarray) -> str:
    return " and ".join(f"{total:.6g}" for total in table.sum(axis=-1))


RAIN = (
    Lesson("confident-and-wrong", "Cross-entropy is the surprise at what happened", _confident_and_wrong),
    Lesson("three-forecasts", "A rounded logit is another forecast", _three_forecasts),
    Lesson(
        "squared-error-of-a-probability",
        "Squared error is honest about a probability, but gives up on the worst ones",
        _squared_error_of_a_probability,
        belief="squared error is no honest score of a probability: it does not care what really happened.",
        truth="it does, and its best forecast is the true rate; but it is bounded, and its slope in the logit dies out "
        "where the forecast is confident and wrong.",
    ),
    Lesson(
        "cat-dog-bird",
        "Of several classes only the true one's probability counts",
        _which_class_was_it,
        belief="cross-entropy punishes the probability that went to the wrong classes.",
        truth="it is minus the logarithm of the true class's share; how the others divide the rest changes nothing.",
    ),
    Lesson(
        "softmax-of-a-batch",
        "Softmax normalises each row by itself",
        _softmax_of_a_batch,
        belief="a softmax that is right for one example is right for a batch.",
        truth="maximum and sum must be taken along the classes; over the whole batch no row is a distribution.",
    ),
    Lesson("two-classes-are-one-logit", "Softmax over two classes is one logit", _two_classes),
)
"""Cross-entropy of one logit and of several."""
