"""Penalties on weights: what is wrong with large ones, and how L1 and L2 shrink them step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.lessons.diamond_figure import diamond_figure, nearest_on_circle, nearest_on_diamond
from rewardlab.lessons.layout import columns, paragraph
from rewardlab.lessons.lesson import Lesson
from rewardlab.losses.regression import squared_error
from rewardlab.losses.regularisers import (
    l1_penalty,
    l1_penalty_gradient,
    l1_proximal,
    l2_penalty,
    l2_penalty_gradient,
    l2_proximal,
)

__all__ = ["LARGE_WEIGHTS"]

STEPS = 1000


def _weights_that_cancel() -> list[str]:
    # Two thermometers in one room.
    degrees = np.array([1.0, 2.0, 3.0, 4.0])
    both, target = np.stack([degrees, degrees], axis=1), 2 * degrees
    off = both[-1] + [0.01, 0.0]
    rows = [
        (
            f"{weights[0]:g}, {weights[1]:g}",
            f"{squared_error(both @ weights, target).mean():g}",
            f"{off @ weights - both[-1] @ weights:+.3g}",
            f"{l2_penalty(weights, 1.0):,g}",
            f"{l1_penalty(weights, 1.0):,g}",
        )
        for weights in (np.array([1.0, 1.0]), np.array([501.0, -499.0]))
    ]
    return [
        *paragraph(
            "Two thermometers hang side by side and always agreed. Two models fit all that was seen; then one "
            "thermometer shows a hundredth too much."
        ),
        "",
        *columns(("weights", "error", "prediction moves", "sum of squares", "sum of sizes"), rows, words=[0]),
    ]


def _squares_and_sizes() -> list[str]:
    weights = np.array([0.0, 0.1, 0.5, 1.0, 2.0, 5.0])
    squares, sizes = ([penalty([weight], 1.0) for weight in weights] for penalty in (l2_penalty, l1_penalty))
    rows = [(f"{w:g}", f"{square:g}", f"{size:g}") for w, square, size in zip(weights, squares, sizes, strict=True)]
    return [
        *columns(("weight", "square", "size"), rows),
        "",
        *paragraph(
            f"A weight of {weights[5]:g} against one of {weights[3]:g}: {squares[5] / squares[3]:g} times the square, "
            f"{sizes[5] / sizes[3]:g} times the size. One of {weights[1]:g}: {squares[1] / squares[3]:g} of the "
            f"square, {sizes[1] / sizes[3]:g} of the size. So L2 minds the large ones most, and L1 the small ones too."
        ),
    ]


def _pushes_of_both() -> list[str]:
    weights = np.array([-5.0, -1.0, -0.1, 0.0, 0.1, 0.5, 1.0, 2.0, 5.0])
    rows = [
        (f"{w:g}", f"{l2_penalty([w], 1.0):g}", f"{l1_penalty([w], 1.0):g}", f"{two:g}", f"{one:g}")
        for w, two, one in zip(
            weights, l2_penalty_gradient(weights, 1.0), l1_penalty_gradient(weights, 1.0), strict=True
        )
    ]
    return [*columns(("weight", "L2 penalty", "L1 penalty", "L2 slope", "L1 slope"), rows)]


def _thousand_steps() -> list[str]:
    rows = []
    for rate, strength in ((0.01, 1.0), (0.1, 1.0), (0.1, 0.01), (0.01, 0.01), (0.01, 0.001)):
        before = ridge = sign = soft = np.array([0.1])
        arrived = 0
        for step in range(1, STEPS + 1):
            before, ridge = sign, ridge - rate * l2_penalty_gradient(ridge, strength)
            sign = sign - rate * l1_penalty_gradient(sign, strength)
            soft = l1_proximal(soft, strength, rate)
            if not arrived and soft[0] == 0:
                arrived = step
        when = f"{arrived}" if arrived else "never"
        rows.append(
            (f"{rate:g}", f"{strength:g}", f"{ridge[0]:.6g}", f"{before[0]:.2g}, {sign[0]:.2g}", f"{soft[0]:.6g}", when)
        )
    return [
        *paragraph(f"A weight of 0.1 that nothing but its penalty moves, after {STEPS} steps:"),
        "",
        *columns(("rate", "strength", "L2", "L1, by sign, last two", "L1, proximal", "0 at step"), rows),
        "",
        *paragraph(
            "An L2 step keeps 1 - 2 x rate x strength of it, an L1 step takes rate x strength away. Only where "
            f"{STEPS} x rate x strength is about the weight itself, as in the fourth row, does the one arrive and the "
            "other hardly move. (In the first row rounding leaves a rest, which takes one step more.)"
        ),
    ]


def _same_share_of_all() -> list[str]:
    weights, rate, strength = np.array([5.0, 1.0, 0.1, 0.002]), 0.1, 0.05
    fits = {
        "L2": l2_proximal(weights, strength, rate),
        "L1": l1_proximal(weights, strength, rate),
    }
    rows = [
        (f"{w:g}", f"{two:.6g}", f"{100 * (1 - two / w):.4g} %", f"{one:.6g}", f"{100 * (1 - one / w):.4g} %")
        for w, two, one in zip(weights, *fits.values(), strict=True)
    ]
    return [
        f"One proximal step, rate {rate:g}, strength {strength:g}:",
        "",
        *columns(("weight", "after L2", "taken", "after L1", "taken"), rows),
    ]


def _circle_and_diamond() -> list[str]:
    centre = np.array([1.6, 0.5])
    rows = []
    for name, found in (
        ("no limit", centre),
        ("circle, squares up to 1", nearest_on_circle(centre)),
        ("diamond, sizes up to 1", nearest_on_diamond(centre)),
    ):
        cost = float(squared_error(found, centre).sum())
        size, square = l1_penalty(found, 1.0), l2_penalty(found, 1.0)
        rows.append((name, f"{found[0]:.6g}, {found[1]:.6g}", f"{cost:.6g}", f"{size:.6g}", f"{square:.6g}"))
    turns = 2 * np.pi * (np.arange(360) + 0.5) / 360
    around = 2 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    corners = sum(bool((nearest_on_diamond(one) == 0).any()) for one in around)
    axes = sum(bool((nearest_on_circle(one) == 0).any()) for one in around)
    inside = np.array([0.3, -0.2])
    return [
        f"The loss is the squared distance to ({centre[0]:g}, {centre[1]:g}). The best weights:",
        "",
        *columns(("within", "weights", "loss", "sizes", "squares"), rows, words=[0]),
        "",
        *paragraph(
            f"Of 360 losses with their centre 2 away, all around: the diamond gives an exact zero in {corners}, the "
            f"circle in {axes}. A centre inside, ({inside[0]:g}, {inside[1]:g}), is left where it is by both: "
            f"{_spot(nearest_on_circle(inside))} and {_spot(nearest_on_diamond(inside))}."
        ),
    ]


def _spot(place: NDArray[Any]) -> str:
    return f"({place[0]:g}, {place[1]:g})"


LARGE_WEIGHTS = (
    Lesson(
        "weights-that-cancel",
        "Huge weights that cancel fit as well, and break at the first tremor",
        _weights_that_cancel,
        belief="a model that fits everything that was seen is as good as any other that does.",
        truth="what weights cancel on the data they do not cancel off it; a penalty prefers the small ones.",
    ),
    Lesson("squares-and-sizes", "L2 charges squares, L1 charges sizes", _squares_and_sizes),
    Lesson(
        "pushes-of-both",
        "The push of L2 fades with the weight, that of L1 does not",
        _pushes_of_both,
        belief="the slope of L1 is always 1.",
        truth="it is the sign: -1 for a negative weight, and 0 for a weight of 0.",
    ),
    Lesson(
        "thousand-steps",
        "A thousand steps from 0.1: what arrives depends on rate times strength",
        _thousand_steps,
        belief="under L2 a small weight barely moves, under L1 it becomes exactly zero.",
        truth="L2 decays exponentially and may be gone first; L1 by sign hops about zero unless a step lands on it.",
    ),
    Lesson(
        "same-share-of-all",
        "L2 takes the same share of every weight, L1 the same amount",
        _same_share_of_all,
        belief="L2 leaves small weights nearly alone.",
        truth="it takes as large a share of them as of any; L1 takes all of what is small enough.",
    ),
    Lesson(
        "circle-and-diamond",
        "A diamond has corners, and corners have zeros",
        _circle_and_diamond,
        draw=diamond_figure,
    ),
)
"""L1 and L2 by themselves."""
