"""The losses of a generative adversarial network: one network judges what is real, the other makes what it judges.

The discriminator gives a logit for each example, D = sigmoid(logit) is how real it looks, and its loss is plain
cross-entropy: real examples are to be 1, generated ones 0. The generator has two losses. Both have their optimum in the
same place, what differs is the slope by the logit where the discriminator is sure of itself, D near 0:

    saturating       log(1 - D)    slope -D          the generator is told the least where it is worst
    non-saturating   -log D        slope -(1 - D)    it is told the most; the usual choice

At equilibrium all D are 0.5: the discriminator's loss is 2 log 2 and the non-saturating one log 2. Each loss is a game
against the other network, so neither has to fall when training goes well; look at samples. Goodfellow et al. (2014),
"Generative adversarial nets".
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rewardlab.errors import BadInput, Problem
from rewardlab.losses.borders import Floats, floats, refuse_not_finite, require_at_least
from rewardlab.losses.logistic import sigmoid, softplus
from rewardlab.losses.number_or_elements import is_number

__all__ = [
    "DiscriminatorGradient",
    "combined_generative_loss",
    "discriminator_loss",
    "discriminator_loss_gradient",
    "generator_loss",
    "generator_loss_gradient",
    "saturating_generator_loss",
    "saturating_generator_loss_gradient",
]


class DiscriminatorGradient(NamedTuple):
    """Derivatives of the discriminator's loss, a mean for each kind; so these are already divided by their number.

    Attributes:
        real: By the logits of the real examples, in their shape.
        fake: By the logits of the generated ones, in theirs.
    """

    real: Floats
    fake: Floats


def discriminator_loss(real: ArrayLike, fake: ArrayLike) -> float:
    """Cross-entropy of the discriminator: its mean over real examples plus its mean over generated ones.

    It is the sum of the two means, not their mean, and each kind counts the same however many there are of it.

    Args:
        real: Logits of real examples, any shape; an infinity is certainty.
        fake: Logits of generated ones, any shape.

    Returns:
        At least 0; 2 log 2 for a discriminator that cannot tell them apart.

    Raises:
        BadInput: Something is empty, NaN or no number.

    Example:
        >>> round(discriminator_loss(real=[0.0, 0.0], fake=[0.0]), 5)
        1.38629
    """
    first, second = _logits("discriminator_loss", real=real, fake=fake)
    with np.errstate(all="ignore"):
        return float(softplus(-first).mean()) + float(softplus(second).mean())


def discriminator_loss_gradient(real: ArrayLike, fake: ArrayLike) -> DiscriminatorGradient:
    """Derivatives of `discriminator_loss`: ``D - 1`` over the number of real ones, ``D`` over that of generated ones.

    Arguments and errors are those of the loss.
    """
    first, second = _logits("discriminator_loss_gradient", real=real, fake=fake)
    with np.errstate(all="ignore"):
        # sigmoid(-x) is 1 - D without a cancellation.
        by_real, by_fake = -sigmoid(-first) / first.size, sigmoid(second) / second.size
    return DiscriminatorGradient(np.asarray(by_real), np.asarray(by_fake))


def generator_loss(fake: ArrayLike) -> Floats:
    """The non-saturating loss of the generator, ``-log D``: the price of each example that does not look real.

    Args:
        fake: Logits that the discriminator gave to generated examples, any shape; an infinity is certainty.

    Returns:
        The same shape, at least 0.

    Raises:
        BadInput: It is empty, or something is NaN or no number.

    Example:
        >>> generator_loss([-1e4, 0.0, 1e4]).round(4)
        array([1.000e+04, 6.931e-01, 0.000e+00])
    """
    (logits,) = _logits("generator_loss", fake=fake)
    return softplus(-logits)


def generator_loss_gradient(fake: ArrayLike) -> Floats:
    """Derivative of `generator_loss` by each logit: ``-(1 - D)``. Arguments and errors are those of the loss."""
    (logits,) = _logits("generator_loss_gradient", fake=fake)
    return np.asarray(-sigmoid(-logits))


def saturating_generator_loss(fake: ArrayLike) -> Floats:
    """The loss of the generator in the original game, ``log(1 - D)``: flat where the discriminator is sure.

    Args:
        fake: Logits that the discriminator gave to generated examples, any shape; an infinity is certainty.

    Returns:
        The same shape, at most 0.

    Raises:
        BadInput: It is empty, or something is NaN or no number.
    """
    (logits,) = _logits("saturating_generator_loss", fake=fake)
    return np.asarray(-softplus(logits))


def saturating_generator_loss_gradient(fake: ArrayLike) -> Floats:
    """Derivative of `saturating_generator_loss` by each logit: ``-D``. Arguments and errors are those of the loss."""
    (logits,) = _logits("saturating_generator_loss_gradient", fake=fake)
    return np.asarray(-sigmoid(logits))


def combined_generative_loss(reconstruction: float, adversarial: float, adversarial_weight: float) -> float:
    """Reconstruction plus a weight times the generator's loss, both of the *same* generated batch.

    More weight makes it sharper and training less stable; at 0 it is the reconstruction exactly, even if the other is
    infinite. Isola et al. (2017), "Image-to-image translation with conditional adversarial networks".

    Args:
        reconstruction: The reduced reconstruction loss.
        adversarial: The reduced loss of the generator.
        adversarial_weight: Of at least 0.

    Raises:
        BadInput: A loss is NaN or no number, the weight is no finite number of at least 0, or the two losses are
            opposite infinities.

    Example:
        >>> combined_generative_loss(0.125, 1.0, adversarial_weight=0.1)
        0.225
    """
    where = "combined_generative_loss"
    require_at_least(where, 0.0, adversarial_weight=adversarial_weight)
    problems = [
        Problem(f"{where}.{name}", repr(value), "a loss that is already reduced to a number", "take its mean first")
        for name, value in (("reconstruction", reconstruction), ("adversarial", adversarial))
        if not is_number(value) or math.isnan(value)
    ]
    if problems:
        raise BadInput(*problems)
    if adversarial_weight == 0:
        return float(reconstruction)
    total = float(reconstruction) + float(adversarial_weight) * float(adversarial)
    if math.isnan(total):
        raise BadInput(Problem(where, f"{reconstruction} and {adversarial}", "no infinities that cancel each other"))
    return total


def _logits(where: str, **given: ArrayLike) -> list[Floats]:
    arrays = floats(where, **given)
    refuse_not_finite(where, allow_infinite=True, **dict(zip(given, arrays, strict=True)))
    return arrays
