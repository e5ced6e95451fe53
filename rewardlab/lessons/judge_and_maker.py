"""A maker of pictures and a judge who tells them from real ones: what each pays, and what each learns from it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.lessons.layout import columns, paragraph
from rewardlab.lessons.lesson import Lesson
from rewardlab.losses.adversarial import (
    discriminator_loss,
    discriminator_loss_gradient,
    generator_loss,
    generator_loss_gradient,
    saturating_generator_loss,
    saturating_generator_loss_gradient,
)
from rewardlab.losses.binary import cross_entropy_of_probability
from rewardlab.losses.logistic import logit

__all__ = ["JUDGE_AND_MAKER"]

REAL = np.array([0.92, 0.88, 0.95])
FAKE = np.array([0.35, 0.28, 0.41])
"""The probability of being real that the judge gives to three real and to three generated pictures."""


def _three_of_each() -> list[str]:
    real, fake = logit(REAL), logit(FAKE)
    on_real = float(cross_entropy_of_probability(REAL, np.ones(3)).mean())
    on_fake = float(cross_entropy_of_probability(FAKE, np.zeros(3)).mean())
    both = discriminator_loss(real, fake)
    each = generator_loss(fake)
    rows = [(f"{p:g}", f"{cost:.6g}", "yes" if p > 0.5 else "no") for p, cost in zip(FAKE, each, strict=True)]
    return [
        *paragraph(f"The judge thinks {_listed(REAL)} of three real pictures, {_listed(FAKE)} of made ones."),
        "",
        f"loss of the judge: {on_real:.6g} on the real + {on_fake:.6g} on the made = {both:.6g}",
        f"(a sum, not a mean; the mean of the two would be {both / 2:.6g})",
        "",
        *columns(("judge says", "the maker pays", "judge fooled"), rows, words=[2]),
        "",
        f"loss of the maker: {each.mean():.6g}; fooled {int((FAKE > 0.5).sum())} of {FAKE.size} times.",
        "",
        *paragraph(
            f"Of a judge who cannot tell and says 0.5: {discriminator_loss([0.0], [0.0]):.6g} for the judge, "
            f"{float(generator_loss([0.0])[0]):.6g} for the maker."
        ),
    ]


def _judge_too_strong() -> list[str]:
    said = np.array([0.9, 0.5, 0.1, 1e-2, 1e-4, 1e-8])
    scores = logit(said)
    rows = [
        (f"{p:g}", f"{one:.6g}", f"{first:.6g}", f"{two:.6g}", f"{second:.6g}")
        for p, one, first, two, second in zip(
            said,
            saturating_generator_loss(scores),
            saturating_generator_loss_gradient(scores),
            generator_loss(scores),
            generator_loss_gradient(scores),
            strict=True,
        )
    ]
    return [
        *paragraph(
            "What the maker learns from a judge who sees through it, by either loss; slopes by the judge's logit:"
        ),
        "",
        *columns(("judge says", "log(1 - D)", "its slope", "-log D", "its slope"), rows),
    ]


def _maker_too_strong() -> list[str]:
    rows = []
    for said in (0.2, 0.35, 0.5, 0.65, 0.8):
        score = logit([said])
        slopes = discriminator_loss_gradient(score, score)
        real, fake = float(slopes.real[0]), float(slopes.fake[0])
        loss = discriminator_loss(score, score)
        rows.append((f"{said:g}", f"{loss:.6g}", f"{real:+.3g}", f"{fake:+.3g}", f"{_tidy(real + fake):+.3g}"))
    return [
        *paragraph("The maker has become so good that the judge must say the same of real and of made pictures:"),
        "",
        *columns(("judge says", "its loss", "slope, real", "slope, made", "together"), rows),
        "",
        *paragraph(
            "No answer costs less than 0.5, where both pulls are equally strong. The slope of each is as large as "
            "ever; that they cancel says that nothing is left to tell apart."
        ),
    ]


def _mode_collapse() -> list[str]:
    # Four kinds of pictures, and what the judge thinks of each.
    judged = np.array([0.9, 0.6, 0.55, 0.5])
    costs = generator_loss(logit(judged))
    rows = []
    for name, shares in (
        ("all four alike", np.full(4, 0.25)),
        ("two of them", np.array([0.5, 0.5, 0.0, 0.0])),
        ("the best one only", np.array([1.0, 0.0, 0.0, 0.0])),
    ):
        made = shares[shares > 0]
        variety = float(np.exp(-(made * np.log(made)).sum()))
        rows.append((name, f"{float(shares @ costs):.6g}", f"{variety:.6g}"))
    return [
        *paragraph(
            f"Four kinds of pictures, equally frequent among real ones. The judge gives them {_listed(judged)}."
        ),
        "",
        *columns(("the maker makes", "its loss", "kinds, by entropy"), rows, words=[0]),
        "",
        *paragraph("The loss of the maker is a mean over what it makes; what it never makes is in no term of it."),
    ]


def _tidy(value: float) -> float:
    """A difference of numbers near 1 that is 0 but for rounding, as 0."""
    return 0.0 if abs(value) < 1e-9 else value


def _listed(values: NDArray[Any]) -> str:
    return ", ".join(f"{value:g}" for value in values)


JUDGE_AND_MAKER = (
    Lesson(
        "judge-and-maker",
        "What a judge and a maker of pictures pay",
        _three_of_each,
        belief="the maker's loss is how often the judge is fooled.",
        truth="it is the mean of -log D, which falls as the judge is fooled more; the judge was fooled not once here.",
    ),
    Lesson(
        "judge-too-strong",
        "A judge who cannot be fooled still teaches, if the maker's loss is -log D",
        _judge_too_strong,
        belief="if the judge gets too good, the maker gets no useful slope.",
        truth="that holds for log(1 - D), whose slope is -D; that of -log D is D - 1 and stays near -1.",
    ),
    Lesson(
        "maker-too-strong",
        "A judge who says 0.5 of everything is the aim",
        _maker_too_strong,
        belief="if the maker gets too good, the judge collapses.",
        truth="a judge at 0.5 of everything is the equilibrium that both are meant to reach.",
    ),
    Lesson(
        "mode-collapse",
        "A maker may fool the judge best with one picture",
        _mode_collapse,
        belief="a maker with a low loss has learned what the real pictures are like.",
        truth="it has learned something that passes; how much of the variety it covers, its loss does not ask.",
    ),
)
"""Adversarial losses."""
