"""A car that will turn left or right: what one number, one Gaussian and a mixture say of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.lessons.layout import columns, paragraph
from rewardlab.lessons.lesson import Lesson
from rewardlab.lessons.mixture_figure import LEFT, RIGHT, SPREAD, mixture_figure
from rewardlab.losses.gaussian import gaussian_nll
from rewardlab.losses.logistic import softmax
from rewardlab.losses.mixture import (
    expected_squared_error,
    mixture_nll,
    mixture_nll_gradient,
    mixture_responsibilities,
)

__all__ = ["LEFT_OR_RIGHT"]

ODDS = np.array([0.5, 0.5])
OUTCOMES = np.array([LEFT, RIGHT])
TURNS, STEPS, RATE = 60, 300, 2.0


def _never_straight_on() -> list[str]:
    guesses = np.array([-10.0, -5.0, 0.0, 5.0, 10.0])
    rows = [
        (f"{m:g}", f"{cost:g}", f"{cost - m * m:g} + {m * m:g}")
        for m, cost in zip(guesses, expected_squared_error(guesses, OUTCOMES, ODDS), strict=True)
    ]
    uneven = []
    for left in (0.5, 0.6, 0.8, 0.99):
        odds = np.array([left, 1 - left])
        mean = float(odds @ OUTCOMES)
        costs = expected_squared_error([mean, LEFT], OUTCOMES, odds)
        uneven.append((f"{left:g}", f"{mean:g}", f"{costs[0]:.6g}", f"{costs[1]:.6g}"))
    return [
        *paragraph(f"In five seconds the car is {-LEFT:g} m to the left or {RIGHT:g} m to the right, equally likely:"),
        "",
        *columns(("said", "mean squared error", "variance + said^2"), rows),
        "",
        "If left is likelier, what costs least moves towards it, but never arrives:",
        "",
        *columns(("p(left)", "best said", "costs", "saying left costs"), uneven),
    ]


def _mixture_or_mean() -> list[str]:
    seen = np.array([LEFT, 0.0, RIGHT])
    wide = float(np.sqrt(expected_squared_error([0.0], OUTCOMES, ODDS))[0])
    costs = {
        f"mixture, spread {SPREAD:g}": mixture_nll(np.tile(OUTCOMES, (3, 1)), seen, SPREAD, ODDS),
        f"best Gaussian, 0 and {wide:g}": gaussian_nll(np.zeros(3), seen, wide),
        f"narrow Gaussian, 0 and {SPREAD:g}": gaussian_nll(np.zeros(3), seen, SPREAD),
    }
    rows = [
        (name, *(f"{cost:.6g}" for cost in each), f"{float(ODDS @ each[[0, 2]]):.6g}") for name, each in costs.items()
    ]
    return [
        *paragraph("Negative log density of what happened, under three predictions:"),
        "",
        *columns(("predicted", "left", "straight on", "right", "on average"), rows, words=[0]),
        "",
        *paragraph(
            f"The single Gaussian that costs least has the mean and the deviation of the outcomes, 0 and {wide:g}. "
            "It finds straight on likelier than either turn; the mixture finds it all but impossible."
        ),
    ]


def _density_is_no_probability() -> list[str]:
    rows = []
    for spread in (2.0, 1.0, 0.5, 0.1, 0.01):
        cost = float(mixture_nll([OUTCOMES], [LEFT], spread, ODDS)[0])
        in_centimetres = float(mixture_nll([100 * OUTCOMES], [100 * LEFT], 100 * spread, ODDS)[0])
        rows.append((f"{spread:g}", f"{np.exp(-cost):.6g}", f"{cost:.6g}", f"{in_centimetres:.6g}"))
    return [
        "A car that turned left exactly as the mixture said, by the spread of its hills:",
        "",
        *columns(("spread (m)", "density (1/m)", "loss", "loss in cm"), rows),
        "",
        *paragraph(
            f"Another unit shifts all losses by the same, {np.log(100.0):.6g}. So compare losses of densities with "
            "each other, never with 0."
        ),
    ]


def _far_from_both() -> list[str]:
    rows = []
    for place in (10.0, 50.0, 90.0, 1000.0):
        with np.errstate(all="ignore"):
            densities = np.exp(-(((OUTCOMES - place) / SPREAD) ** 2) / 2) / (SPREAD * np.sqrt(2 * np.pi))
            plain = float(-np.log(ODDS @ densities))
        slope = mixture_nll_gradient([OUTCOMES], [place], SPREAD, ODDS).means[0]
        cost = float(mixture_nll([OUTCOMES], [place], SPREAD, ODDS)[0])
        rows.append((f"{place:g}", f"{plain:.6g}", f"{cost:.6g}", f"{slope[1] + 0.0:.6g}"))
    one = float(mixture_nll([[LEFT, RIGHT]], [LEFT], SPREAD, [1.0, 0.0])[0])
    alone = float(gaussian_nll([LEFT], [LEFT], SPREAD)[0])
    return [
        *paragraph("The car is far from where either hill is. Density first and logarithm then, or in logarithms:"),
        "",
        *columns(("at (m)", "density first", "in logarithms", "slope of the right hill"), rows),
        "",
        f"A hill of weight 0 is no hill: {one:.6g} with it, {alone:.6g} without.",
    ]


def _two_equal_hills() -> list[str]:
    random = np.random.default_rng(0)
    turns = np.where(random.random(TURNS) < 0.7, LEFT, RIGHT) + random.normal(0.0, SPREAD, TURNS)
    rows = []
    for start in ((0.0, 0.0), (-0.1, 0.1)):
        means, odds = _learned(np.array(start), turns)
        cost = mixture_nll(np.tile(means, (turns.size, 1)), turns, SPREAD, odds).mean()
        rows.append(
            (
                f"{start[0]:g}, {start[1]:g}",
                f"{means[0]:.3f}, {means[1]:.3f}",
                f"{odds[0]:.3f}, {odds[1]:.3f}",
                f"{cost:.4f}",
            )
        )
    return [
        *paragraph(
            f"{TURNS} turns, {(turns < 0).sum()} of them left, their mean {turns.mean():.3f} m. Two hills of spread "
            f"{SPREAD:g} learn from them, {STEPS} steps down the slope of the loss:"
        ),
        "",
        *columns(("means at first", "means at last", "weights", "loss"), rows),
    ]


def _learned(means: NDArray[Any], turns: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Means and weights after all steps; the weights are a softmax of what is learned."""
    scores = np.zeros(means.size)
    for _ in range(STEPS):
        odds = softmax(scores)
        everywhere = np.tile(means, (turns.size, 1))
        slope = mixture_nll_gradient(everywhere, turns, SPREAD, odds).means.mean(axis=0)
        share = mixture_responsibilities(everywhere, turns, SPREAD, odds).mean(axis=0)
        means = means - RATE * slope
        scores = scores - RATE * (odds - share)
    return means, softmax(scores)


LEFT_OR_RIGHT = (
    Lesson(
        "never-straight-on",
        "Left or right, never straight on: squared error likes best what cannot happen",
        _never_straight_on,
        belief="with two equally likely answers, every prediction is equally bad under squared error.",
        truth="the wrong middle is the one best prediction, and costs half of what either right answer costs.",
    ),
    Lesson(
        "mixture-or-mean",
        "A mixture puts a hill on each answer, a single Gaussian one between them",
        _mixture_or_mean,
        draw=mixture_figure,
    ),
    Lesson(
        "density-is-no-probability",
        "A likelihood loss may be negative",
        _density_is_no_probability,
        belief="a loss cannot fall below 0; one that does is wrong.",
        truth="a density has a unit and exceeds 1 where a hill is narrow; its loss has no smallest value.",
    ),
    Lesson(
        "far-from-both",
        "Far from every hill the loss is computed in logarithms or not at all",
        _far_from_both,
        belief="the sum of the densities is positive, so its logarithm is a number.",
        truth="far away each density is rounded to 0; relative to the nearest hill, none of it is lost.",
    ),
    Lesson(
        "two-equal-hills",
        "Two hills that begin in the same place never part",
        _two_equal_hills,
        belief="a mixture with two hills finds two answers.",
        truth="equal hills get equal slopes and stay one, at the mean; the least difference at first lets them part.",
    ),
)
"""Targets that may come out in one of several ways."""
