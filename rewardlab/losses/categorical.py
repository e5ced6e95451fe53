"""Cross-entropy of one class of several, from a score for each: minus the logarithm of the true class's probability.

``log_sum_exp(scores) - score of the true class``. Only the probability of the true class enters; how the rest is shared
among wrong ones makes no difference. Never negative, and exact: scores (1000, 0) cost 1000 if the second is true, and
e**-40 is not lost beside 1. Of two classes it is the binary cross-entropy of the difference of their scores.

Targets are numbers of classes, from 0 on, never shares of classes: floating labels are refused rather than cut off.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.losses.borders import Floats, floats, refuse_not_finite

__all__ = [
    "check_padding",
    "class_problems",
    "range_problem",
    "softmax_cross_entropy",
    "softmax_cross_entropy_gradient",
    "token_cross_entropy",
    "token_cross_entropy_gradient",
]


def softmax_cross_entropy(predicted: ArrayLike, target: ArrayLike) -> Floats:
    """Cross-entropy of each example.

    Args:
        predicted: ``[..., C]`` scores of at least two classes, the last axis. Minus infinity is impossible, a single
            infinity is certain.
        target: ``[...]`` whole numbers in [0, C), the class that came true.

    Returns:
        ``[...]``, at least 0; infinite where the true class is impossible, or another one certain.

    Raises:
        BadInput: Shapes do not fit, a target is no whole number or no class, something is empty, NaN or no number, or
            of a row all scores are minus infinity or several are infinite.

    Example:
        >>> softmax_cross_entropy([[2.0, 1.0, 0.1], [1000.0, 0.0, 0.0]], [0, 1]).round(6)
        array([4.1703e-01, 1.0000e+03])
    """
    scores, labels = _scores("softmax_cross_entropy", predicted, target)
    _refuse_undefined("softmax_cross_entropy", scores)
    return _price(scores, labels)


def softmax_cross_entropy_gradient(predicted: ArrayLike, target: ArrayLike) -> Floats:
    """Derivative of the cross-entropy of each example by each of its scores: softmax, less 1 at the true class.

    Returns:
        ``[..., C]``; each row sums to 0. Arguments and errors are those of the loss.
    """
    scores, labels = _scores("softmax_cross_entropy_gradient", predicted, target)
    _refuse_undefined("softmax_cross_entropy_gradient", scores)
    return _slope(scores, labels)


def token_cross_entropy(predicted: ArrayLike, target: ArrayLike, padding: int | None = None) -> Floats:
    """Cross-entropy of each token that counts, in a row; so that its mean is that over tokens, not over places.

    Args:
        predicted: ``[..., V]`` scores of a vocabulary of at least two, the last axis.
        target: ``[...]`` whole numbers in [0, V), or the padding.
        padding: The target that marks a place without a token, a number of the vocabulary or any other such as -100;
            None if every place has one.

    Returns:
        ``[n]`` values of the n tokens that are no padding, in the order of the places; at least 0.

    Raises:
        BadInput: Nothing but padding, or any error of `softmax_cross_entropy`. What scores a padded place has does not
            matter, as long as they are not NaN.

    Example:
        >>> token_cross_entropy([[[2.0, 1.0, 0.1], [0.0, 0.0, 0.0]]], [[2, -1]], padding=-1).round(5)
        array([2.31703])
    """
    scores, labels = _scores("token_cross_entropy", predicted, target, padding)
    counted = _counted("token_cross_entropy", labels, padding)
    scores = scores[counted]
    _refuse_undefined("token_cross_entropy", scores)
    return _price(scores, labels[counted])


def token_cross_entropy_gradient(predicted: ArrayLike, target: ArrayLike, padding: int | None = None) -> Floats:
    """Derivative of the sum of `token_cross_entropy` by each score; that of the mean is this by the number of tokens.

    Returns:
        ``[..., V]``, 0 at padded places. Arguments and errors are those of the loss.
    """
    scores, labels = _scores("token_cross_entropy_gradient", predicted, target, padding)
    counted = _counted("token_cross_entropy_gradient", labels, padding)
    some = scores[counted]
    _refuse_undefined("token_cross_entropy_gradient", some)
    slope = np.zeros_like(scores)
    slope[counted] = _slope(some, labels[counted])
    return slope


def class_problems(
    where: str, shape: tuple[int, ...], target_shape: tuple[int, ...], whole: bool, dtype: object
) -> list[Problem]:
    """What is wrong with the shape of scores, and with the shape and dtype of labels; an empty list if nothing is.

    Args:
        where: The loss that asks.
        shape: Of the scores, the classes last.
        target_shape: Of the labels.
        whole: Whether the labels are whole numbers.
        dtype: Of the labels.
    """
    problems = []
    if not shape or shape[-1] < 2:
        fix = "one logit for each case is for binary_cross_entropy" if shape else ""
        problems.append(Problem(f"{where}.predicted", f"shape {shape}", "at least two classes on the last axis", fix))
    if not whole:
        if target_shape == shape:
            fix = "of one-hot rows take target.argmax(-1)"
        else:
            fix = "class numbers count from 0; convert them if they are whole"
        problems.append(Problem(f"{where}.target", f"dtype {dtype}", "whole numbers of classes", fix))
    if shape and target_shape != shape[:-1]:
        got = f"predicted of shape {shape}, target of shape {target_shape}"
        fix = "of one-hot rows take target.argmax(-1)" if target_shape == shape else ""
        if target_shape == (*shape[:-1], 1):
            fix = "squeeze the target, as in target[..., 0]"
        problems.append(Problem(where, got, f"a target of shape {shape[:-1]}: a class for each row of scores", fix))
    return problems


def range_problem(where: str, least: int, most: int, classes: int, padding: int | None = None) -> Problem:
    """That there are labels of no class.

    Args:
        where: The loss that asks.
        least: The smallest label.
        most: The largest label.
        classes: How many classes there are.
        padding: The label that was left out, if any.
    """
    fix = "classes count from 0: subtract 1" if least >= 1 and most == classes else ""
    if padding is None and least < 0:
        fix = f"if {least} marks padding, token cross-entropy takes padding={least}"
    return Problem(f"{where}.target", f"values from {least} to {most}", f"classes from 0 to {classes - 1}", fix)


def check_padding(where: str, padding: object) -> None:
    """Refuse a padding that is no whole number.

    Args:
        where: The loss that asks.
        padding: As the user gave it; None for none.

    Raises:
        BadInput: It is something else.
    """
    if padding is not None and (not isinstance(padding, int | np.integer) or isinstance(padding, bool)):
        raise BadInput(Problem(f"{where}.padding", repr(padding), "a whole number, or None for none"))


def _scores(
    where: str, predicted: ArrayLike, target: ArrayLike, padding: int | None = None
) -> tuple[Floats, NDArray[np.integer]]:
    check_padding(where, padding)
    scores, _ = floats(where, predicted=predicted, target=target)
    labels = np.asarray(target)
    problems = class_problems(where, scores.shape, labels.shape, labels.dtype.kind in "iu", labels.dtype)
    if problems:
        raise BadInput(*problems)
    tokens = labels if padding is None else labels[labels != padding]
    if tokens.size and not (tokens.min() >= 0 and tokens.max() < scores.shape[-1]):
        raise BadInput(range_problem(where, int(tokens.min()), int(tokens.max()), scores.shape[-1], padding))
    refuse_not_finite(where, allow_infinite=True, predicted=scores)
    return scores, labels


def _counted(where: str, labels: NDArray[np.integer], padding: int | None) -> NDArray[np.bool_]:
    counted = np.ones(labels.shape, bool) if padding is None else labels != padding
    if not counted.any():
        fix = "the mean of nothing is not defined; skip such batches"
        raise BadInput(Problem(f"{where}.target", f"nothing but padding ({padding})", "at least one token", fix))
    return np.asarray(counted)


def _refuse_undefined(where: str, scores: Floats) -> None:
    top = scores.max(axis=-1)
    if np.isinf(top).any():
        undefined = np.isneginf(top) | (np.isposinf(scores).sum(axis=-1) > 1)
        count = np.count_nonzero(undefined)
        if count:
            got = f"{count} of {top.size} rows where all are -inf or several are inf"
            raise BadInput(Problem(f"{where}.predicted", got, "rows that have a softmax", "mask fewer classes"))


def _powers(scores: Floats) -> tuple[Floats, NDArray[np.integer], Floats]:
    """exp(score) over that of the largest score of its row, the place of that one, and the score itself."""
    place = scores.argmax(axis=-1)[..., None]
    top = np.take_along_axis(scores, place, -1)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        powers = scores - top
        np.exp(powers, out=powers)
    np.put_along_axis(powers, place, 1, -1)
    return powers, place, top


def _price(scores: Floats, labels: NDArray[np.integer]) -> Floats:
    powers, place, top = _powers(scores)
    # 1 + e**-40 is 1, so the 1 is left to log1p.
    np.put_along_axis(powers, place, 0, -1)
    true = np.take_along_axis(scores, labels[..., None], -1)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        short = np.where(true == top, 0, top - true)[..., 0]
        return np.asarray(np.log1p(powers.sum(axis=-1)) + short)


def _slope(scores: Floats, labels: NDArray[np.integer]) -> Floats:
    powers, _, _ = _powers(scores)
    place = labels[..., None]
    # p - 1 of the true class is minus the share of the others: added up, it keeps its digits.
    true = np.take_along_axis(powers, place, -1)
    np.put_along_axis(powers, place, 0, -1)
    others = powers.sum(axis=-1, keepdims=True)
    with np.errstate(under="ignore"):
        np.put_along_axis(powers, place, -others, -1)
        powers /= others + true
    return powers
