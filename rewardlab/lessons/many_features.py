"""A thousand features of which twenty matter: what L1 finds, what L2 keeps, and how strong either should be."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rewardlab.lessons.layout import columns, paragraph
from rewardlab.lessons.lesson import Lesson
from rewardlab.losses.linear import linear_gradient
from rewardlab.losses.regression import squared_error, squared_error_gradient
from rewardlab.losses.regularisers import l1_proximal, l1_zeroing_strength

__all__ = ["MANY_FEATURES"]

FEATURES, USEFUL, EXAMPLES, STEPS = 1000, 20, 200, 150


class _Fit(NamedTuple):
    """Weights at one strength, and their mean squared errors on the examples and on those held back."""

    strength: float
    weights: NDArray[Any]
    seen: float
    held_back: float


class _Data(NamedTuple):
    """Examples to learn from, and as many to choose by."""

    features: NDArray[Any]
    target: NDArray[Any]
    other_features: NDArray[Any]
    other_target: NDArray[Any]


def _thousand_features() -> list[str]:
    data = _data()
    lasso, ridge = _lasso_fits(data), _ridge_fits(data)
    best = min(lasso, key=lambda fit: fit.held_back)
    stronger = lasso[max(0, lasso.index(best) - 1)]
    rows = []
    for name, fit in (
        ("L1, best", best),
        ("L1, stronger", stronger),
        ("L2, best", min(ridge, key=lambda f: f.held_back)),
    ):
        useful, noise = fit.weights[:USEFUL], fit.weights[USEFUL:]
        rows.append(
            (
                name,
                f"{fit.strength:.3g}",
                f"{(noise == 0).sum()} of {noise.size}",
                f"{(useful != 0).sum()} of {USEFUL}",
                f"{np.abs(noise).max():.3f}",
                f"{fit.held_back:.3f}",
            )
        )
    return [
        *paragraph(
            f"{FEATURES} features, {USEFUL} of them matter; {EXAMPLES} examples to learn from, and {EXAMPLES} held "
            "back to choose the strength by."
        ),
        "",
        *columns(("", "strength", "noise at 0", "useful kept", "largest noise", "held-back error"), rows, words=[0]),
    ]


def _strength_on_held_back_data() -> list[str]:
    data = _data()
    fits = _lasso_fits(data)
    best = min(fits, key=lambda fit: fit.held_back)
    rows = [
        (
            f"{fit.strength:.4f}",
            f"{(fit.weights != 0).sum()}",
            f"{fit.seen:.3f}",
            f"{fit.held_back:.3f}",
            "<- least" if fit is best else "",
        )
        for fit in fits
    ]
    return [
        *paragraph(
            "The same examples under L1, downwards from the least strength that makes all weights zero, "
            f"{fits[0].strength:.4f}:"
        ),
        "",
        *columns(("strength", "weights not 0", "error, seen", "held back", ""), rows, words=[4]),
        "",
        *paragraph("The error on what was seen falls all the way down, and would choose strength 0."),
    ]


def _data() -> _Data:
    random = np.random.default_rng(0)
    features = random.standard_normal((2, EXAMPLES, FEATURES))
    truth = np.where(np.arange(FEATURES) < USEFUL, np.where(np.arange(FEATURES) % 2, 1.0, -1.0), 0.0)
    target = features @ truth + random.standard_normal((2, EXAMPLES))
    return _Data(features[0], target[0], features[1], target[1])


def _lasso_fits(data: _Data) -> list[_Fit]:
    """From the strength that leaves nothing downwards, each beginning where the last one ended."""
    weights: NDArray[Any] = np.zeros(FEATURES)
    first = linear_gradient(data.features, squared_error_gradient(np.zeros(EXAMPLES), data.target)).weights
    strengths = l1_zeroing_strength(first) * np.geomspace(1.0, 0.02, 7)
    # The largest curvature of the mean squared error bounds the step.
    rate = 0.5 * EXAMPLES / float(np.linalg.eigvalsh(data.features @ data.features.T)[-1])
    fits = []
    for strength in strengths:
        weights = _lasso(data, weights, float(strength), rate)
        fits.append(_judged(data, float(strength), weights))
    return fits


def _lasso(data: _Data, weights: NDArray[Any], strength: float, rate: float) -> NDArray[Any]:
    """Accelerated proximal steps: Beck and Teboulle (2009), "A fast iterative shrinkage-thresholding algorithm"."""
    ahead, momentum = weights, 1.0
    for _ in range(STEPS):
        slope = linear_gradient(data.features, squared_error_gradient(data.features @ ahead, data.target)).weights
        moved = l1_proximal(ahead - rate * slope, strength, rate)
        if (ahead - moved) @ (moved - weights) > 0:
            momentum = 1.0
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = moved + (momentum - 1) / following * (moved - weights)
        weights, momentum = moved, following
    return weights


def _ridge_fits(data: _Data) -> list[_Fit]:
    """Exact solutions, by way of the examples, which are fewer than the features."""
    stretches, axes = np.linalg.eigh(data.features @ data.features.T)
    along = axes.T @ data.target
    return [
        _judged(data, float(strength), data.features.T @ (axes @ (along / (stretches + strength * EXAMPLES))))
        for strength in np.geomspace(1e-4, 10.0, 6)
    ]


def _judged(data: _Data, strength: float, weights: NDArray[Any]) -> _Fit:
    seen = squared_error(data.features @ weights, data.target).mean()
    return _Fit(
        strength, weights, float(seen), float(squared_error(data.other_features @ weights, data.other_target).mean())
    )


MANY_FEATURES = (
    Lesson(
        "thousand-features",
        "Of a thousand features L1 zeroes most of the noise, L2 none of it",
        _thousand_features,
        belief="with a thousand features of which twenty matter, L1 zeroes the other 980.",
        truth="the strength that predicts best lets some noise in; a stronger one drops more, but predicts worse.",
    ),
    Lesson(
        "strength-on-held-back-data",
        "The strength of a penalty is chosen on data that were held back",
        _strength_on_held_back_data,
    ),
)
"""Penalties where features outnumber examples."""
