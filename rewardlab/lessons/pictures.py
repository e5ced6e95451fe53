"""Reconstruction: the loss that prefers a blur, what a code costs beside it, and noise as another way to weigh it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.lessons.generative_figure import generative_figure
from rewardlab.lessons.layout import columns, paragraph
from rewardlab.lessons.lesson import Lesson
from rewardlab.losses.adversarial import combined_generative_loss, generator_loss
from rewardlab.losses.latent import gaussian_kl
from rewardlab.losses.logistic import logit
from rewardlab.losses.noise import clean_estimate, noise_prediction_error, noised, signal_to_noise_ratio
from rewardlab.losses.reconstruction import reconstruction_error

__all__ = ["PICTURES"]

ORIGINAL = np.array([0.9, 0.1, 0.8, 0.2])
BLURRED = np.full(4, 0.5)
SHARP = np.array([0.85, 0.15, 0.75, 0.25])
RANGE = (0.0, 1.0)
JUDGED = np.array([0.35, 0.28, 0.41])
"""The probability of being real that a judge gave to three generated pictures."""


def _four_pixels() -> list[str]:
    pictures = {
        "blurred": BLURRED,
        "sharp, each pixel a little off": SHARP,
        "all grey, too bright": np.full(4, 0.6),
        "all white": np.ones(4),
        "the negative": 1 - ORIGINAL,
    }
    rows = [
        (name, " ".join(f"{pixel:.2f}" for pixel in picture), f"{_miss(picture, ORIGINAL):.6g}")
        for name, picture in pictures.items()
    ]
    return [
        f"The original has the pixels {' '.join(f'{pixel:.2f}' for pixel in ORIGINAL)}.",
        "",
        *columns(("picture", "pixels", "mean squared error"), rows, words=[0, 1]),
        "",
        *paragraph(
            f"The blur costs {_miss(BLURRED, ORIGINAL) / _miss(SHARP, ORIGINAL):.6g} times what the sharp one costs: "
            f"it is the mean of the pixels, so its cost is their variance, {ORIGINAL.var():.6g}."
        ),
    ]


def _blur_beats_sharp() -> list[str]:
    originals = np.stack([ORIGINAL, 1 - ORIGINAL])
    pictures = {"blurred": BLURRED, "the first": originals[0], "the second": originals[1], "in between": SHARP}
    rows = []
    for name, picture in pictures.items():
        costs = [_miss(picture, original) for original in originals]
        rows.append((name, *(f"{cost:.6g}" for cost in costs), f"{np.mean(costs):.6g}"))
    return [
        *paragraph("Two originals fit what is known, equally likely: a picture and its negative."),
        "",
        *columns(("said", "against the first", "the second", "on average"), rows, words=[0]),
        "",
        *paragraph(
            "A picture that is right half of the time costs twice what the blur costs, which is never right. "
            "Squared error pays for hedging."
        ),
    ]


def _combined_loss() -> list[str]:
    adversarial = float(generator_loss(logit(JUDGED)).mean())
    rebuilt = _miss(BLURRED, ORIGINAL)
    rows = [
        (f"{weight:g}", f"{weight * adversarial:.6g}", f"{total:.6g}", f"{100 * (1 - rebuilt / total):.1f} %")
        for weight in (0.0, 0.01, 0.1, 1.0)
        if (total := combined_generative_loss(rebuilt, adversarial, weight))
    ]
    return [
        f"Reconstruction {rebuilt:.6g}; the loss of the maker from the judge {adversarial:.6g}.",
        "",
        *columns(("weight", "weighted", "together", "share of the judge"), rows),
        "",
        *paragraph(
            "The two have no common unit: one is a squared brightness, the other a log probability. So 0.1 means "
            "nothing by itself; look at the shares, or better at those of the slopes."
        ),
    ]


def _weighted_reconstruction() -> list[str]:
    random = np.random.default_rng(0)
    noise = random.standard_normal(4)
    said = noise + 0.3 * random.standard_normal(4)
    rows = []
    for share in (0.99, 0.9, 0.5, 0.1, 0.01):
        rebuilt = clean_estimate(noised(ORIGINAL, noise, share), said, share)
        ratio = float(signal_to_noise_ratio(share))
        picture = float(reconstruction_error(rebuilt, ORIGINAL).sum())
        by_noise = float(noise_prediction_error(said, noise).sum())
        rows.append((f"{share:g}", f"{picture:.6g}", f"{ratio:.6g}", f"{ratio * picture:.6g}", f"{by_noise:.6g}"))
    return [
        *paragraph(
            "A noised picture is sqrt(share) x picture + sqrt(1 - share) x noise. A model names the noise; "
            "the rest is the picture that it has in mind."
        ),
        "",
        *columns(("share", "error of the picture", "share / (1 - share)", "product", "error of the noise"), rows),
        "",
        "The same mistake about the noise, at five shares of signal.",
    ]


def _code_needs_a_price() -> list[str]:
    slope, code = 2.0, 0.6
    rows = []
    for log_variance in (0.0, -1.0, -2.0, -4.0, -8.0, -16.0):
        # Of x rebuilt as slope x draw, with draws around the code: the square of what is systematic, plus their spread.
        rebuilt = float(reconstruction_error([slope * code], [1.0])[0]) + slope**2 * np.exp(log_variance)
        price = float(gaussian_kl([code], [log_variance])[0])
        rows.append((f"{np.exp(log_variance):.3g}", f"{rebuilt:.6g}", f"{price:.6g}", f"{rebuilt + price:.6g}"))
    best = min(rows, key=lambda row: float(row[3]))
    return [
        *paragraph(
            f"An autoencoder turns 1 into a code drawn around {code:g}, and a draw back into {slope:g} x itself. How "
            "wide should the draws be?"
        ),
        "",
        *columns(("variance", "expected reconstruction", "KL from N(0, 1)", "together"), rows),
        "",
        *paragraph(
            f"Reconstruction alone wants variance 0, a point; together {best[0]} is the best of these. Only what stays "
            "near N(0, 1) can be drawn from N(0, 1) later."
        ),
    ]


def _miss(picture: NDArray[Any], original: NDArray[Any]) -> float:
    """The mean squared error by pixel."""
    return float(reconstruction_error(picture, original, RANGE).mean())


PICTURES = (
    Lesson(
        "four-pixels",
        "Against one original a blur costs fifty times what a sharp picture costs",
        _four_pixels,
        belief="a blurred picture gets a low reconstruction loss: averaging is already rewarded.",
        truth="with one original there is nothing to average; blur pays only where several originals would fit.",
    ),
    Lesson(
        "blur-beats-sharp",
        "Where two originals fit, the blur of both beats either",
        _blur_beats_sharp,
        draw=generative_figure,
    ),
    Lesson(
        "combined-loss",
        "Reconstruction and a judge, added up",
        _combined_loss,
        belief="a weight of 0.1 gives the judge a tenth of the say.",
        truth="how much it says depends on the sizes of both terms; here the tenth is nearly half.",
    ),
    Lesson(
        "weighted-reconstruction",
        "To predict the noise is to reconstruct the picture, weighed by signal over noise",
        _weighted_reconstruction,
        belief="noise prediction is neither reconstruction nor adversarial.",
        truth="it is the squared error of the picture times the signal-to-noise ratio: reconstruction at many levels.",
    ),
    Lesson(
        "code-needs-a-price",
        "A variational autoencoder is reconstruction plus the price of its code",
        _code_needs_a_price,
        belief="variational autoencoders are trained on reconstruction loss.",
        truth="without the KL term the draws shrink to points, and nothing can be drawn from it any more.",
    ),
)
"""Reconstruction loss, and what is added to it."""
