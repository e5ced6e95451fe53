"""Focal loss: what it turns down, what it turns up with it, and what its alpha is."""

from __future__ import annotations

import numpy as np

from rewardlab.lessons.focus_figure import focus_figure
from rewardlab.lessons.layout import columns, paragraph
from rewardlab.lessons.lesson import Lesson
from rewardlab.lessons.minimum import lowest
from rewardlab.losses.binary import binary_cross_entropy, binary_cross_entropy_gradient
from rewardlab.losses.class_weights import unfocused_probability
from rewardlab.losses.focal import focal_factor, focal_loss, focal_loss_gradient
from rewardlab.losses.logistic import logit, sigmoid

__all__ = ["FOCUS"]

GAMMA, ALPHA = 2.0, 0.25


def _easy_drown_hard() -> list[str]:
    counts, right = np.array([999_000, 1_000]), np.array([0.99, 0.2])
    scores, truth = logit(right), np.ones(2)
    losses = {
        "cross-entropy": counts * binary_cross_entropy(scores, truth),
        f"focal, gamma {GAMMA:g}": counts * focal_loss(scores, truth, GAMMA, None),
    }
    rows = [(name, f"{easy:.6g}", f"{hard:.6g}", f"{easy / hard:.6g}") for name, (easy, hard) in losses.items()]
    return [
        *paragraph(
            f"{counts[0]:,} easy examples, where the model gives {right[0]:g} to what is true, and {counts[1]:,} hard "
            f"ones, where it gives {right[1]:g}."
        ),
        "",
        *columns(("sum of losses", "easy", "hard", "easy / hard"), rows, words=[0]),
    ]


def _focus_table() -> list[str]:
    right = np.array([0.99, 0.9, 0.7, 0.5, 0.3, 0.2, 0.01])
    factors = [focal_factor(right, gamma) for gamma in (0.0, 1.0, GAMMA, 5.0)]
    rows = [
        (f"{p:g}", *(f"{one:.4g}" for one in each), "right" if p > 0.5 else "wrong" if p < 0.5 else "undecided")
        for p, *each in zip(right, *factors, strict=True)
    ]
    return [
        *paragraph("The factor (1 - p)^gamma before the cross-entropy, by the probability p of what is true:"),
        "",
        *columns(("p", "gamma 0", "gamma 1", "gamma 2", "gamma 5", "the model is"), rows, words=[5]),
    ]


def _flipped_label() -> list[str]:
    clean, flipped = 990, 10
    # The model is 99 % sure of all; ten labels say the opposite.
    scores = np.full(clean + flipped, -logit([0.99])[0])
    truth = np.repeat([0.0, 1.0], [clean, flipped])
    pulls = {
        "cross-entropy": np.abs(binary_cross_entropy_gradient(scores, truth)),
        f"focal, gamma {GAMMA:g}": np.abs(focal_loss_gradient(scores, truth, GAMMA, None)),
    }
    rows = [
        (name, f"{100 * pull[clean:].sum() / pull.sum():.4g} %", f"{pull[-1] / pull[0]:.6g}")
        for name, pull in pulls.items()
    ]
    factors = focal_factor([0.99, 0.01], GAMMA)
    return [
        *paragraph(
            f"{clean} transactions are legitimate, and a model is 99 % sure of it. {flipped} more look just like them, "
            "but are labelled fraud by mistake."
        ),
        "",
        *paragraph(f"Focal factor of a right label: {factors[0]:.6g}; of a flipped one: {factors[1]:.6g}."),
        "",
        *columns(("loss", "all flipped pull", "one pulls as much as so many right ones"), rows, words=[0]),
    ]


def _focus_moves_probabilities() -> list[str]:
    rows = []
    for rate in (0.001, 0.1, 0.2, 0.3, 0.5, 0.8):
        learned = _learned(rate, GAMMA)
        back = float(unfocused_probability([learned], GAMMA)[0])
        rows.append((f"{rate:g}", f"{_learned(rate, 0.0):.6f}", f"{learned:.6f}", f"{back:.6f}"))
    return [
        "What a model says that has learned one rate:",
        "",
        *columns(("true rate", "gamma 0", f"gamma {GAMMA:g}", "undone"), rows),
        "",
        "The order stays, 0.5 stays, and everything else is drawn towards 0.5.",
    ]


def _alpha_by_class() -> list[str]:
    scores, truth = np.zeros(2), np.array([1.0, 0.0])
    rows = [
        (name, *(f"{value:.6f}" for value in values), f"{values[1] / values[0]:.6g}")
        for name, values in (
            (f"alpha {ALPHA:g} on everything", focal_loss(scores, truth, GAMMA, ALPHA, constant_alpha=True)),
            (f"alpha {ALPHA:g} by class", focal_loss(scores, truth, GAMMA, ALPHA)),
            ("no alpha", focal_loss(scores, truth, GAMMA, None)),
        )
    ]
    some = np.array([-3.0, 0.5, 2.0])
    plain = focal_loss(some, [1.0, 0.0, 1.0], 0.0, ALPHA, constant_alpha=True) / binary_cross_entropy(
        some, [1.0, 0.0, 1.0]
    )
    return [
        f"Focal loss at a logit of 0, gamma {GAMMA:g}:",
        "",
        *columns(("", "fraud", "legitimate", "ratio"), rows, words=[0]),
        "",
        *paragraph(
            f"Gamma 0, alpha on everything, at the logits {', '.join(f'{z:g}' for z in some)}: "
            f"{', '.join(f'{ratio:g}' for ratio in plain)} x cross-entropy."
        ),
    ]


def _learned(rate: float, gamma: float) -> float:
    """The probability at which the expected focal loss is least."""
    odds = np.array([rate, 1 - rate])

    def slope(z: float) -> float:
        return float(odds @ focal_loss_gradient([z, z], [1.0, 0.0], gamma, None))

    return float(sigmoid([lowest(slope, -20.0, 20.0)[0]])[0])


FOCUS = (
    Lesson(
        "easy-drown-hard",
        "Many easy examples outweigh a few hard ones, unless they are turned down",
        _easy_drown_hard,
        belief="examples that are classified perfectly dominate the loss.",
        truth="a perfect one costs nothing; it is the nearly perfect ones that add up, and focal loss turns them down.",
    ),
    Lesson(
        "focus-table",
        "The focal factor, from easy to hard",
        _focus_table,
        belief="the factor shrinks as the model grows more confident.",
        truth="only where it is confident and right; confident and wrong, the factor goes to 1.",
        draw=focus_figure,
    ),
    Lesson(
        "flipped-label",
        "A flipped label keeps nearly its whole weight under focal loss",
        _flipped_label,
        belief="focal loss attends to the hard examples that are worth learning.",
        truth="it cannot tell hard from mislabelled, and turns down all that speaks against the mislabelled ones.",
    ),
    Lesson(
        "focus-moves-probabilities",
        "A focal model's probabilities are drawn towards a half",
        _focus_moves_probabilities,
    ),
    Lesson(
        "alpha-by-class",
        "Alpha balances the classes only if it differs between them",
        _alpha_by_class,
        belief="a factor of 0.25 balances how much fraud and legitimate transactions count.",
        truth="on everything it is a smaller learning rate; by class, as Lin et al. mean it, it favours the negatives.",
    ),
)
"""Focal loss."""
