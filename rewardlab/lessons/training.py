"""What a cost function is there for: a loop that follows its slope, and two properties that it must have."""

from __future__ import annotations

import numpy as np

from rewardlab.lessons.layout import columns, paragraph
from rewardlab.lessons.lesson import Lesson
from rewardlab.losses.binary import binary_cross_entropy
from rewardlab.losses.linear import linear_gradient
from rewardlab.losses.logistic import logit
from rewardlab.losses.regression import (
    absolute_error,
    absolute_error_gradient,
    huber,
    huber_gradient,
    squared_error,
    squared_error_gradient,
)
from rewardlab.losses.thresholds import accuracy, recall

__all__ = ["TRAINING"]


def _training_loop() -> list[str]:
    kilometres = np.array([[1.0], [2.0], [3.0], [4.0], [5.0]])
    minutes = np.array([15.0, 17.0, 23.0, 25.0, 31.0])
    weight, bias, rate = np.zeros(1), 0.0, 0.05
    rows = []
    for step in range(1001):
        predicted = kilometres @ weight + bias  # 1. predict
        cost = float(squared_error(predicted, minutes).mean())  # 2. one number for how wrong that was
        if step in (0, 1, 2, 10, 100, 1000):
            rows.append((f"{step}", f"{cost:.4f}", f"{weight[0]:.4f}", f"{bias:.4f}"))
        slope = linear_gradient(kilometres, squared_error_gradient(predicted, minutes))  # 3. which way is down
        weight, bias = weight - rate * slope.weights, bias - rate * float(slope.bias)  # 4. a step there; again
    exact = np.polyfit(kilometres[:, 0], minutes, 1)
    return [
        *paragraph(
            "Five orders; minutes are predicted as weight x kilometres + bias, both from 0. "
            f"Each step moves both against their slope, times a learning rate of {rate:g}."
        ),
        "",
        *columns(("step", "mean squared error", "weight", "bias"), rows),
        "",
        *paragraph(
            f"Least squares, solved at once: weight {exact[0]:.4f}, bias {exact[1]:.4f}. "
            "The step is made of the slope of the cost; its value is only looked at."
        ),
    ]


def _one_number() -> list[str]:
    predicted, target, delta = np.array([26.0]), np.array([30.0]), 15.0
    rows = [
        ("squared", f"{squared_error(predicted, target)[0]:g}", f"{squared_error_gradient(predicted, target)[0]:g}"),
        ("absolute", f"{absolute_error(predicted, target)[0]:g}", f"{absolute_error_gradient(predicted, target)[0]:g}"),
        (
            f"Huber, delta {delta:g}",
            f"{huber(predicted, target, delta)[0]:g}",
            f"{huber_gradient(predicted, target, delta)[0]:g}",
        ),
    ]
    return [
        *paragraph(
            f"Predicted {predicted[0]:g} minutes, it took {target[0]:g}: error = predicted - target "
            f"= {(predicted - target)[0]:g}."
        ),
        "",
        *columns(("loss", "cost", "slope"), rows, words=[0]),
        "",
        "A slope below 0 says: predict more, and the cost falls.",
    ]


def _signs_cancel() -> list[str]:
    target = np.array([30.0, 30.0])
    rows = []
    for shift in (0.0, -10.0, -100.0, -1000.0):
        predicted = np.array([26.0, 34.0]) + shift
        rows.append(
            (
                f"{predicted[0]:g}, {predicted[1]:g}",
                f"{(predicted - target).mean():g}",
                f"{squared_error(predicted, target).mean():g}",
                f"{absolute_error(predicted, target).mean():g}",
            )
        )
    return [
        "Two orders took 30 minutes; one prediction is 4 too early, one 4 too late.",
        "",
        *columns(("predicted", "mean raw error", "mean squared", "mean absolute"), rows, words=[0]),
        "",
        "The raw error is 0 in the first row, and lower predictions make it lower still.",
    ]


def _size_of_the_penalty() -> list[str]:
    errors, nothing, delta = np.array([1.0, 10.0]), np.zeros(2), 5.0
    values = {
        "squared": (squared_error(errors, nothing), squared_error_gradient(errors, nothing)),
        "absolute": (absolute_error(errors, nothing), absolute_error_gradient(errors, nothing)),
        f"Huber, delta {delta:g}": (huber(errors, nothing, delta), huber_gradient(errors, nothing, delta)),
    }
    rows = [
        (
            name,
            *(f"{cost:g}" for cost in costs),
            f"{costs[1] / costs[0]:g} : 1",
            *(f"{slope:g}" for slope in slopes),
            f"{slopes[1] / slopes[0]:g} : 1",
        )
        for name, (costs, slopes) in values.items()
    ]
    heads = ("loss", "cost at 1", "at 10", "ratio", "slope at 1", "at 10", "ratio")
    return [
        "An error of 1 minute and one of 10 minutes.",
        "",
        *columns(heads, rows, words=[0]),
        "",
        *paragraph("The ratio of the costs says what counts as good; that of the slopes, what is repaired first."),
    ]


def _lower_loss_worse_decision() -> list[str]:
    legitimate, fraud = 9_990, 10
    truth = np.repeat([0.0, 1.0], [legitimate, fraud])
    models = {
        "knows the rate only": np.full(truth.size, fraud / truth.size),
        "sees the frauds": np.where(truth == 1, 0.6, 0.02),
    }
    rows = [
        (
            name,
            f"{binary_cross_entropy(logit(said), truth).mean():.6f}",
            f"{accuracy(said, truth):.4f}",
            f"{int(fraud * float(recall(said, truth)))} of {fraud}",
        )
        for name, said in models.items()
    ]
    return [
        *paragraph(
            f"{legitimate + fraud:,} transactions, {fraud} of them fraud. One model says the same of all; the other "
            "gives frauds 0.6 and everything else 0.02. A transaction is stopped from 0.5 on."
        ),
        "",
        *columns(("model", "cross-entropy", "accuracy", "frauds stopped"), rows, words=[0]),
    ]


TRAINING = (
    Lesson("training-loop", "Predict, measure, step downhill, repeat", _training_loop),
    Lesson("one-number", "A cost turns 26 against 30 minutes into one number and a direction", _one_number),
    Lesson(
        "signs-cancel",
        "Raw errors of both signs cancel, and have no minimum",
        _signs_cancel,
        belief="errors that average to 0 tell the optimiser that all is well.",
        truth="the mean raw error has slope 1 everywhere, so training on it runs to minus infinity and never rests.",
    ),
    Lesson(
        "size-of-the-penalty",
        "How a cost grows with the error is what it teaches",
        _size_of_the_penalty,
        belief="the absolute error treats all errors equally, whatever their size.",
        truth="it charges ten times as much for an error ten times as large; only its push is the same.",
    ),
    Lesson(
        "lower-loss-worse-decision",
        "A lower loss, and every decision that matters is wrong",
        _lower_loss_worse_decision,
        belief="the model with the lower loss decides better.",
        truth="a loss is an average over all examples, while the decision hangs on the few beside the threshold.",
    ),
)
"""What comes before any particular loss."""
