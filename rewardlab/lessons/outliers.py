"""One corrupted record: what absolute and Huber's error learn, and what is bounded about them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.lessons.layout import columns, paragraph
from rewardlab.lessons.lesson import Lesson
from rewardlab.lessons.minimum import lowest
from rewardlab.lessons.regimes_figure import regimes_figure
from rewardlab.losses.regression import (
    absolute_error,
    absolute_error_gradient,
    huber,
    huber_gradient,
    squared_error,
    squared_error_gradient,
)

__all__ = ["OUTLIERS"]

DELTA = 15.0
"""Minutes: about where the errors of honest records end."""

TRUE = (20.0, 21.0, 22.0, 23.0, 24.0, 900.0)
PREDICTED = (21.0, 22.0, 21.0, 24.0, 23.0, 30.0)
"""Six deliveries; the last was never marked complete."""

_Loss = Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]


def _losses() -> dict[str, tuple[_Loss, _Loss]]:
    """Value and slope of the three losses, looked up when a lesson is told."""
    return {
        "squared": (squared_error, squared_error_gradient),
        "absolute": (absolute_error, absolute_error_gradient),
        f"Huber, delta {DELTA:g}": (partial(huber, delta=DELTA), partial(huber_gradient, delta=DELTA)),
    }


def _thousands_of_normal_errors() -> list[str]:
    sizes = np.array([870.0, 4.0, 10.0, 25.0])
    rows = []
    for name, (loss, _) in _losses().items():
        cost, *normal = loss(sizes, np.zeros(4))
        rows.append((name, f"{cost:.9g}", *(f"{cost / one:,.7g}" for one in normal)))
    heads = ("loss", "cost", "errors of 4 min", "of 10 min", "of 25 min")
    return [
        *paragraph(
            "A record says 900 minutes; 30 were predicted. It costs as much as so many errors of an ordinary size:"
        ),
        "",
        *columns(heads, rows, words=[0]),
    ]


def _six_deliveries() -> list[str]:
    true, predicted = np.array(TRUE), np.array(PREDICTED)
    costs = [loss(predicted, true) for loss, _ in _losses().values()]
    rows = [
        (f"{was:g}", f"{said:g}", *(f"{cost:g}" for cost in each))
        for was, said, *each in zip(true, predicted, *costs, strict=True)
    ]
    rows.append(("mean", "", *(f"{cost.mean():.1f}" for cost in costs)))
    return [
        *columns(("true", "predicted", *_losses()), rows),
        "",
        "A mean is the sum divided by six, also where one record makes nearly all of it.",
    ]


def _mean_or_median() -> list[str]:
    rows = []
    for last in (100.0, 1000.0):
        times = np.array([20.0, 21.0, 22.0, 23.0, last])
        rows.append(
            (f"20, 21, 22, 23, {last:g}", *(f"{_best(slope, times)[0]:.6g}" for _, slope in _losses().values()))
        )
    times = np.array([20.0, 21.0, 22.0, 23.0, 100.0])
    return [
        "The constant that costs least, found where the slope of each loss is 0:",
        "",
        *columns(("five deliveries", *_losses()), rows, words=[0]),
        "",
        *paragraph(
            f"Mean {times.mean():g}, median {np.median(times):g}. Huber's constant lies between and does not move "
            "either: the slow order pulls with delta, however slow it is."
        ),
    ]


def _even_number_of_records() -> list[str]:
    true = np.array(TRUE)
    low, high = _best(absolute_error_gradient, true)
    rows = [
        (f"{at:.6g}", f"{absolute_error(np.full(6, at), true).mean():.6g}")
        for at in (low - 1, low, (low + high) / 2, high, high + 1)
    ]
    slopes = _losses()
    others = [f"{name}: {_best(slopes[name][1], true)[0]:.6g}" for name in slopes if name != "absolute"]
    return [
        f"Six deliveries took {', '.join(f'{minutes:g}' for minutes in true)} minutes.",
        "",
        *columns(("constant", "mean absolute error"), rows),
        "",
        *paragraph(
            f"Everything from {low:.6g} to {high:.6g} costs the same, and nothing costs less. "
            f"Of the others each has one best constant: {'; '.join(others)}."
        ),
    ]


def _pull_near_the_answer() -> list[str]:
    errors = np.array([1.0, 2.0])
    rows = []
    for name, (loss, slope) in _losses().items():
        values = (*loss(errors, np.zeros(2)), *slope(errors, np.zeros(2)))
        rows.append((name, *(f"{value:g}" for value in values)))
    ends = []
    for name, (_, slope) in _losses().items():
        at = 24.3
        for _ in range(1000):
            at -= 0.4 * float(slope(np.array([at]), np.array([22.0]))[0])
        after = at - 0.4 * float(slope(np.array([at]), np.array([22.0]))[0])
        ends.append((name, f"{abs(at - 22):.3f}", f"{abs(after - 22):.3f}"))
    return [
        *columns(("loss", "cost at 1", "at 2", "slope at 1", "at 2"), rows, words=[0]),
        "",
        "A prediction starts 2.3 minutes off and takes steps of 0.4 x slope. It is off by",
        "",
        *columns(("loss", "after 1000 steps", "after 1001"), ends, words=[0]),
    ]


def _share_or_slope() -> list[str]:
    true, predicted = np.array(TRUE), np.array(PREDICTED)
    rows = []
    for name, (loss, slope) in _losses().items():
        costs, pulls = loss(predicted, true), np.abs(slope(predicted, true)) / 6
        rows.append((name, f"{100 * costs[-1] / costs.sum():.4f} %", f"{pulls[-1]:.6g}", f"{pulls[0]:.6g}"))
    return [
        *paragraph(
            "The corrupted record of the six deliveries: its share of the cost, and how hard "
            "it pulls (slope / 6), beside one of the five good records."
        ),
        "",
        *columns(("loss", "share of the cost", "its pull", "a good record's"), rows, words=[0]),
    ]


def _huber_table() -> list[str]:
    errors = np.array([2.0, 8.0, 15.0, 20.0, 50.0, 100.0, -870.0])
    nothing = np.zeros(errors.size)
    costs, slopes = huber(errors, nothing, DELTA), huber_gradient(errors, nothing, DELTA)
    rows = [
        (
            f"{error:g}",
            f"{cost:.1f}",
            f"{slope:g}",
            "quadratic" if abs(error) <= DELTA else "linear",
            f"{square:g}",
            f"{size:g}",
        )
        for error, cost, slope, square, size in zip(
            errors, costs, slopes, squared_error(errors, nothing), absolute_error(errors, nothing), strict=True
        )
    ]
    wide, narrow = 1000.0, 0.001
    return [
        f"Huber's error at delta = {DELTA:g}, and the two losses between which it stands.",
        "",
        *columns(("error", "Huber", "slope", "branch", "squared", "absolute"), rows, words=[3]),
        "",
        *paragraph(
            f"At an error of 8, delta = {wide:g} gives {huber([8.0], [0.0], wide)[0]:g}, half the square; "
            f"delta = {narrow:g} gives {huber([8.0], [0.0], narrow)[0]:.6g}, nearly delta x size."
        ),
    ]


def _huber_read_literally() -> list[str]:
    def literal(error: float) -> float:
        return float((absolute_error if abs(error) > DELTA else squared_error)([error], [0.0])[0])

    beyond = float(np.nextafter(DELTA, np.inf))
    rows = [
        (f"{error:.6g}", f"{literal(error):.6g}", f"{huber([error], [0.0], DELTA)[0]:.6g}") for error in (14.0, DELTA)
    ]
    rows.append((f"just over {DELTA:g}", f"{literal(beyond):.6g}", f"{huber([beyond], [0.0], DELTA)[0]:.6g}"))
    signed = float(squared_error([-870.0], [0.0])[0]) / 2
    return [
        *paragraph(f"The rule in words, squared up to {DELTA:g} and absolute beyond, beside Huber's formula:"),
        "",
        *columns(("error", "in words", "Huber"), rows),
        "",
        *paragraph(
            "In words, making a prediction worse would lower its cost at the border. "
            f"And without the absolute value -870 <= {DELTA:g} is true: half its square is {signed:g}, "
            f"where Huber says {huber([-870.0], [0.0], DELTA)[0]:g}."
        ),
    ]


def _best(slope: _Loss, times: NDArray[Any]) -> tuple[float, float]:
    """The least and the greatest constant of smallest cost."""
    return lowest(lambda at: float(slope(np.full(times.size, at), times).sum()), 0.0, 10_000.0)


OUTLIERS = (
    Lesson(
        "thousands-of-normal-errors",
        "One corrupted record weighs as much as thousands of good ones",
        _thousands_of_normal_errors,
    ),
    Lesson("six-deliveries", "Six deliveries under three losses, record by record", _six_deliveries),
    Lesson(
        "mean-or-median",
        "Squared error learns the mean, absolute error a median",
        _mean_or_median,
        belief="if the extreme values are real and matter, absolute error is the safer choice.",
        truth="the median is blind to how extreme they are; what shall answer to them needs the mean or a quantile.",
    ),
    Lesson(
        "even-number-of-records",
        "The median need not be one number",
        _even_number_of_records,
        belief="each loss has one best constant.",
        truth="the absolute error is flat between the two middle records, since as many pull up as down.",
    ),
    Lesson(
        "pull-near-the-answer",
        "Near the answer absolute error pushes as hard as far from it",
        _pull_near_the_answer,
        belief="absolute error treats being 1 and 2 minutes off alike.",
        truth="2 minutes cost twice as much; what is alike is the push, so fixed steps never settle.",
    ),
    Lesson(
        "share-or-slope",
        "What a robust loss bounds is the pull of an outlier, not its share of the cost",
        _share_or_slope,
        belief="under absolute error an outlier cannot dominate the loss.",
        truth="it still owns nearly all of the cost; but a fit follows slopes, and that of an outlier is bounded.",
    ),
    Lesson(
        "huber-table",
        "Huber's error: quadratic near, linear far",
        _huber_table,
        belief="Huber's error is the squared error near and the absolute error far, capped at delta.",
        truth="it is half the square, then delta x (size - delta/2); delta caps the slope, while the cost grows on.",
        draw=regimes_figure,
    ),
    Lesson(
        "huber-read-literally",
        "Huber's rule in words is not Huber's loss",
        _huber_read_literally,
        belief="take the squared error up to delta and the absolute error beyond.",
        truth="the two do not meet at delta: the cost would drop there, and only the half and the offset join them.",
    ),
)
"""Absolute and Huber's error."""
