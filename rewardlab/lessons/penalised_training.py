"""Training with class weights and a penalty: what the program prints, where it ends, and why it ends there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rewardlab.lessons.layout import columns, paragraph
from rewardlab.lessons.lesson import Lesson
from rewardlab.lessons.minimum import lowest
from rewardlab.losses.binary import weighted_binary_cross_entropy, weighted_binary_cross_entropy_gradient
from rewardlab.losses.class_weights import positive_weight_from_counts
from rewardlab.losses.linear import linear_gradient
from rewardlab.losses.logistic import sigmoid
from rewardlab.losses.regularisers import (
    l1_penalty,
    l1_penalty_gradient,
    l1_proximal,
    l1_zeroing_strength,
    l2_penalty,
    l2_penalty_gradient,
)

__all__ = ["PENALISED_TRAINING"]

EXAMPLES, WEIGHT, RATE, STRENGTH, STEPS = 200, 9.0, 0.1, 0.5, 300


class _Step(NamedTuple):
    """Loss and penalty with the weight that a step began with, and the weight that it ended with."""

    data: float
    penalty: float
    before: float
    after: float


def _weights_and_l2() -> list[str]:
    truth = _transactions()[1]
    trace = _trained(STRENGTH, l2_penalty, l2_penalty_gradient)
    highest = max(range(STEPS), key=lambda step: trace[step].penalty)
    frauds = int(truth.sum())
    return [
        *paragraph(
            f"{EXAMPLES} amounts, {frauds} of them labelled fraud; logit = w x amount + b, both from 0. Weight "
            f"{WEIGHT:g} on fraud, L2 of strength {STRENGTH:g} on w but not on b, rate {RATE:g}, {STEPS} steps and one "
            "more."
        ),
        "",
        *_table(trace),
        "",
        *paragraph(
            f"The penalty is greatest in step {highest}, {trace[highest].penalty:.6g}, and falls again while the bias "
            f"finds its place. The loss begins at ln 2 times the mean weight, {_mean_weight(truth):.4g}. The counts "
            f"alone would ask for a weight of {positive_weight_from_counts(EXAMPLES - frauds, frauds):.6g}."
        ),
    ]


def _where_it_rests() -> list[str]:
    rows = []
    for strength in (0.0, 0.05, STRENGTH, 5.0):
        weight, bias = _optimum(strength, l2_penalty_gradient)
        data, slope = _cost(weight, bias)
        push = float(l2_penalty_gradient([weight], strength)[0])
        rows.append(
            (
                f"{strength:g}",
                f"{weight:.6g}",
                f"{bias:.6g}",
                f"{data:.6g}",
                f"{l2_penalty([weight], strength):.6g}",
                f"{_tidy(slope):+.6g}",
                f"{push:+.6g}",
            )
        )
    return [
        "The same data under L2 of several strengths, each at its optimum:",
        "",
        *columns(("strength", "w", "b", "data", "penalty", "slope of data", "of penalty"), rows),
        "",
        "Steps end where both slopes of w cancel, not where the data's loss is least.",
    ]


def _switch_to_l1() -> list[str]:
    trace = _trained(STRENGTH, l1_penalty, l1_penalty_gradient)
    weight, bias = _optimum(STRENGTH, l1_penalty_gradient)
    resting = _best_bias(0.0)
    threshold = l1_zeroing_strength([_cost(0.0, resting)[1]])
    return [
        f"The same program with L1 of strength {STRENGTH:g}:",
        "",
        *_table(trace),
        "",
        *paragraph(
            f"Its optimum is w = {weight:.6g}, b = {bias:.6g}. Zero is best from a strength of {threshold:.6g} on: "
            f"that is the slope of the data at w = 0, with the bias at its best there, {resting:.6g}."
        ),
    ]


def _sign_steps_never_rest() -> list[str]:
    steps, last, strength = 3000, 500, 2.0
    rows = []
    for name, proximal in (("by sign", False), ("proximal", True)):
        tail = _path(strength, steps, proximal)[-last:]
        rows.append((name, f"{(tail == 0).sum()} of {last}", f"{tail.min():.6g} to {tail.max():.6g}"))
    return [
        *paragraph(
            f"{steps} steps under L1 of strength {strength:g}, where 0 is the optimum; the weight in the last {last}:"
        ),
        "",
        *columns(("steps", "exactly zero", "it lies in"), rows, words=[0, 2]),
        "",
        *paragraph(
            f"A step by sign is {RATE * strength:g} long and would rest on 0 only by luck. It jumps across and comes "
            "back."
        ),
    ]


def _transactions() -> tuple[NDArray[Any], NDArray[Any]]:
    """Amounts and labels, drawn as the tutorial's program draws them."""
    random = np.random.RandomState(0)
    amounts = random.randn(EXAMPLES)
    return amounts, (amounts + random.randn(EXAMPLES) * 0.5 > 0.5).astype(float)


def _mean_weight(truth: NDArray[Any]) -> float:
    return float(np.where(truth == 1, WEIGHT, 1.0).mean())


def _trained(
    strength: float,
    penalty: Callable[[list[float], float], float],
    push: Callable[[list[float], float], NDArray[Any]],
) -> list[_Step]:
    """All steps of the program."""
    amounts, truth = _transactions()
    weight = bias = 0.0
    trace = []
    for _ in range(STEPS + 1):
        logits = weight * amounts + bias
        loss = float(weighted_binary_cross_entropy(logits, truth, WEIGHT).mean())
        slope = linear_gradient(amounts[:, None], weighted_binary_cross_entropy_gradient(logits, truth, WEIGHT))
        cost, before = penalty([weight], strength), weight
        weight -= RATE * (float(slope.weights[0]) + float(push([weight], strength)[0]))
        bias -= RATE * float(slope.bias)
        trace.append(_Step(loss, cost, before, weight))
    return trace


def _table(trace: list[_Step]) -> list[str]:
    rows = []
    for at in (0, 100, 200, STEPS - 1, STEPS):
        step = trace[at]
        numbers = (step.data + step.penalty, step.data, step.penalty, step.before, step.after)
        rows.append((f"{at}", *(f"{number:.6g}" for number in numbers)))
    return columns(("step", "total", "data", "penalty", "w before", "w after"), rows)


def _path(strength: float, steps: int, proximal: bool) -> NDArray[Any]:
    """The weight after each step under L1."""
    amounts, truth = _transactions()
    weight: NDArray[Any] = np.zeros(1)
    bias = 0.0
    path = np.zeros(steps)
    for step in range(steps):
        pull = weighted_binary_cross_entropy_gradient(weight * amounts + bias, truth, WEIGHT)
        slope = linear_gradient(amounts[:, None], pull)
        bias -= RATE * float(slope.bias)
        if proximal:
            weight = l1_proximal(weight - RATE * slope.weights, strength, RATE)
        else:
            weight = weight - RATE * (slope.weights + l1_penalty_gradient(weight, strength))
        path[step] = weight[0]
    return path


def _cost(weight: float, bias: float) -> tuple[float, float]:
    """Loss of the data, and its slope by the weight."""
    amounts, truth = _transactions()
    logits = weight * amounts + bias
    pull = weighted_binary_cross_entropy_gradient(logits, truth, WEIGHT)
    return float(weighted_binary_cross_entropy(logits, truth, WEIGHT).mean()), float((pull * amounts).mean())


def _best_bias(weight: float) -> float:
    amounts, truth = _transactions()

    def slope(bias: float) -> float:
        return float(weighted_binary_cross_entropy_gradient(weight * amounts + bias, truth, WEIGHT).mean())

    return lowest(slope, -20.0, 20.0)[0]


def _optimum(strength: float, push: Callable[[list[float], float], NDArray[Any]]) -> tuple[float, float]:
    """Weight and bias of least loss and penalty by Newton's steps; the weight is not 0 there."""
    amounts, truth = _transactions()
    at = np.array([0.5, _best_bias(0.5)])
    design = np.stack([amounts, np.ones(EXAMPLES)], axis=1)
    for _ in range(20):
        logits = design @ at
        slope = design.T @ weighted_binary_cross_entropy_gradient(logits, truth, WEIGHT) / EXAMPLES
        here, near = (float(push([float(at[0]) + off], strength)[0]) for off in (0.0, 0.25))
        slope[0] += here
        chances = sigmoid(logits)
        bend = (design.T * np.where(truth == 1, WEIGHT, 1.0) * chances * (1 - chances)) @ design / EXAMPLES
        bend[0, 0] += (near - here) / 0.25
        at = at - np.linalg.solve(bend, slope)
    return float(at[0]), float(at[1])


def _tidy(slope: float) -> float:
    """A slope that is 0 but for rounding, as 0."""
    return 0.0 if abs(slope) < 1e-9 else slope


PENALISED_TRAINING = (
    Lesson(
        "weights-and-l2",
        "Three hundred steps with a class weight and L2",
        _weights_and_l2,
        belief="the loss begins at ln 2, and the penalty grows from 0 until it stops.",
        truth="weighted, it begins at ln 2 times the mean weight; the penalty overshoots and comes back.",
    ),
    Lesson("where-it-rests", "Training rests where the slopes of data and penalty cancel", _where_it_rests),
    Lesson(
        "switch-to-l1",
        "One line for L1, and the weight is still not zero",
        _switch_to_l1,
        belief="with L1 the weight goes all the way to exactly zero.",
        truth="it does only where the penalty is stronger than the pull of the data at zero.",
    ),
    Lesson(
        "sign-steps-never-rest",
        "Steps along the sign of a weight never rest on zero",
        _sign_steps_never_rest,
        belief="a push that does not weaken drives the weight to exactly zero and leaves it there.",
        truth="a push of constant length jumps across; even where zero is the optimum, only a proximal step stays.",
    ),
)
"""A penalty at work, step by step."""
