"""Focal loss: cross-entropy of yes and no that turns down what is already right.

Each value is multiplied by ``(1 - p)**gamma``, p being the probability of what came true: 0.0001 at p = 0.99 and 0.64
at p = 0.2, for gamma 2. So a great many easy cases do not drown a few hard ones. Nor is anything turned down that is
labelled wrongly; and what is learned is no probability: `rewardlab.losses.focal_optimum` says what it is,
`rewardlab.losses.unfocused_probability` undoes it.

Alpha is a weight by class, alpha for a label of 1 and 1 - alpha for a label of 0. A constant alpha on everything, which
some tutorials teach, changes nothing but the learning rate; there is a switch for it. Lin et al. (2017), "Focal loss
for dense object detection". They divide the sum by the number of positives; the mean of the values, by that of all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rewardlab.errors import BadInput, Problem
from rewardlab.losses.binary import binary_cross_entropy, binary_cross_entropy_gradient, labelled_logits
from rewardlab.losses.borders import Floats, floats, require_at_least, require_flag, require_within

__all__ = ["check_focus", "focal_factor", "focal_loss", "focal_loss_gradient"]


def focal_factor(probability_of_truth: ArrayLike, gamma: float = 2.0) -> Floats:
    """What focal loss multiplies cross-entropy by: ``(1 - p)**gamma``.

    Args:
        probability_of_truth: Probability p that was given to what came true, in [0, 1], any shape.
        gamma: How steeply what is right is turned down, at least 0; at 0 nothing is.

    Returns:
        The same shape, in [0, 1].

    Raises:
        BadInput: A probability is outside of [0, 1], gamma is no finite number of at least 0, or something is empty or
            no number.

    Example:
        >>> focal_factor([0.99, 0.9, 0.7, 0.5, 0.2]).round(6)
        array([1.0e-04, 1.0e-02, 9.0e-02, 2.5e-01, 6.4e-01])
    """
    require_at_least("focal_factor", 0.0, gamma=gamma)
    (shares,) = floats("focal_factor", probability_of_truth=probability_of_truth)
    require_within("focal_factor", 0.0, 1.0, "sigmoid turns logits into them", probability_of_truth=shares)
    with np.errstate(under="ignore", over="ignore"):
        return np.asarray((1 - shares) ** float(gamma))


def focal_loss(
    predicted: ArrayLike,
    target: ArrayLike,
    gamma: float = 2.0,
    alpha: float | None = 0.25,
    *,
    constant_alpha: bool = False,
) -> Floats:
    """Focal loss of each logit: ``alpha_t (1 - p_t)**gamma`` times its cross-entropy.

    Of a soft label y, the weight is ``alpha y + (1 - alpha)(1 - y)`` and p_t is ``p y + (1 - p)(1 - y)``, as in
    torchvision's ``sigmoid_focal_loss``.

    Args:
        predicted: Logits, any shape; infinities are allowed.
        target: Labels of 0 or 1, or numbers between, the same shape.
        gamma: How steeply what is right is turned down, at least 0, not only whole numbers; at 0 nothing is.
        alpha: The weight of label 1 in [0, 1]; that of label 0 is 1 - alpha. None for no weights.
        constant_alpha: Whether alpha is the weight of both instead.

    Returns:
        The same shape, at least 0.

    Raises:
        BadInput: Shapes differ, something is empty, NaN or no number, a target or alpha is outside of [0, 1], gamma is
            no finite number of at least 0, or alpha is to be constant and None.

    Example:
        >>> focal_loss([0.0, 0.0], [1.0, 0.0]).round(7)
        array([0.0433217, 0.1299651])
    """
    check_focus("focal_loss", gamma, alpha, constant_alpha)
    logits, labels = labelled_logits("focal_loss", predicted, target)
    price = binary_cross_entropy(logits, labels)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        weight = _weight(labels, alpha, constant_alpha)
        share, total, _ = _parts_of_error(logits, labels)
        share /= total
        values = price * share**gamma
        if weight is not None:
            values *= weight
    endless = np.isinf(price)
    if endless.any():
        # A class of no weight costs nothing even here; a factor that is merely too small to be written down does not.
        values = np.where(endless, np.inf if weight is None else np.where(weight > 0, np.inf, 0), values)
    return np.asarray(values, price.dtype)


def focal_loss_gradient(
    predicted: ArrayLike,
    target: ArrayLike,
    gamma: float = 2.0,
    alpha: float | None = 0.25,
    *,
    constant_alpha: bool = False,
) -> Floats:
    """Derivative of `focal_loss` by each logit; finite for every gamma, those below 1 included.

    ``alpha_t q**gamma ((p - y) + gamma (1 - 2 y) r c)``, where p is sigmoid(z), q = 1 - p_t, r = p (1 - p) / q, and c
    the cross-entropy. Arguments and errors are those of the loss.
    """
    check_focus("focal_loss_gradient", gamma, alpha, constant_alpha)
    logits, labels = labelled_logits("focal_loss_gradient", predicted, target)
    price = binary_cross_entropy(logits, labels)
    slope = binary_cross_entropy_gradient(logits, labels)
    with np.errstate(over="ignore", under="ignore"):
        weight = _weight(labels, alpha, constant_alpha)
        share, total, small = _parts_of_error(logits, labels)
        # q is 0 only far out, where the price is 0 as well.
        ratio = np.divide(small, total * share, out=np.zeros_like(share), where=share > 0)
        # Where the price is infinite, p is 0 or 1 to all digits and the ratio has long been nothing.
        price[np.isinf(price)] = 0
        slope += gamma * (1 - 2 * labels) * ratio * price
        slope *= (share / total) ** gamma
        if weight is not None:
            slope *= weight
    return slope


def check_focus(where: str, gamma: float, alpha: float | None, constant_alpha: bool) -> None:
    """Refuse settings that make no focal loss.

    Args:
        where: The function that asks.
        gamma: As the user gave it.
        alpha: As the user gave it.
        constant_alpha: As the user gave it.

    Raises:
        BadInput: gamma is no finite number of at least 0, alpha is neither None nor in [0, 1], or whether it is to be
            constant is neither True nor False, or True of an alpha that is None.
    """
    problems: list[Problem] = []
    try:
        require_at_least(where, 0.0, gamma=gamma, alpha=0.0 if alpha is None else alpha)
    except BadInput as refused:
        problems.extend(refused.problems)
    else:
        if alpha is not None and alpha > 1:
            problems.append(Problem(f"{where}.alpha", repr(alpha), "a number in [0, 1], or None for no weights"))
    try:
        require_flag(where, constant_alpha=constant_alpha)
    except BadInput as refused:
        problems.extend(refused.problems)
    else:
        if constant_alpha and alpha is None:
            got, expected = "True, with alpha None", "an alpha that can be constant"
            problems.append(Problem(f"{where}.constant_alpha", got, expected))
    if problems:
        raise BadInput(*problems)


def _weight(labels: Floats, alpha: float | None, constant_alpha: bool) -> Floats | None:
    if alpha is None:
        return None
    return np.full_like(labels, alpha) if constant_alpha else np.asarray(alpha * labels + (1 - alpha) * (1 - labels))


def _parts_of_error(logits: Floats, labels: Floats) -> tuple[Floats, Floats, Floats]:
    """Two numbers whose quotient is q = 1 - p_t, and exp(-|z|); no difference that could cancel is on the way."""
    small = np.asarray(np.exp(-np.abs(logits)))
    share = np.asarray(np.maximum(small, logits >= 0))
    share *= 1 - labels
    share += np.maximum(small, logits < 0) * labels
    return share, 1 + small, small
