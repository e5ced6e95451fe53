"""What a loss takes for a prediction: a number, a logit, a probability, scores of classes. Never assumed silently.

A kind that is given is believed. One that is not is read from the class of a known loss, else from how the loss
behaves, and the finding ``kind`` says from what; where that says nothing, the questions that need it are not asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args

import torch
from torch import Tensor

__all__ = ["KINDS", "LossCall", "PredictionKind", "class_axis", "known_kind", "recognised_kind"]

LossCall = Callable[[Tensor, Tensor], Any]
"""``loss(predicted, target)``, whatever it returns."""

PredictionKind = Literal["number", "logit", "probability", "classes", "log_probabilities", "other"]
"""A number in the target's unit; a logit against 0 or 1; a probability against 0 or 1; a score for each class against
the index of a class; log-probabilities of classes likewise; something of which only the user knows what is better."""

KINDS: tuple[PredictionKind, ...] = get_args(PredictionKind)
"""All kinds."""

_BY_NAME: dict[str, PredictionKind] = {
    "AbsoluteErrorLoss": "number",
    "BCELoss": "probability",
    "BCEWithLogitsLoss": "logit",
    "BinaryCrossEntropyLoss": "logit",
    "CrossEntropyLoss": "classes",
    "FocalLoss": "logit",
    "GaussianNLLLoss": "other",
    "HingeEmbeddingLoss": "other",
    "HuberLoss": "number",
    "KLDivLoss": "other",
    "L1Loss": "number",
    "MSELoss": "number",
    "MultiLabelMarginLoss": "other",
    "MultiLabelSoftMarginLoss": "logit",
    "MultiMarginLoss": "classes",
    "NLLLoss": "log_probabilities",
    "NoisePredictionLoss": "number",
    "PoissonNLLLoss": "other",
    "ReconstructionLoss": "number",
    "SmoothL1Loss": "number",
    "SoftMarginLoss": "other",
    "SoftmaxCrossEntropyLoss": "classes",
    "SquaredErrorLoss": "number",
    "TokenCrossEntropyLoss": "classes",
    "WeightedBinaryCrossEntropyLoss": "logit",
    "binary_cross_entropy": "probability",
    "binary_cross_entropy_with_logits": "logit",
    "cross_entropy": "classes",
    "hinge_embedding_loss": "other",
    "huber_loss": "number",
    "kl_div": "other",
    "l1_loss": "number",
    "mse_loss": "number",
    "multi_margin_loss": "classes",
    "multilabel_margin_loss": "other",
    "multilabel_soft_margin_loss": "logit",
    "nll_loss": "log_probabilities",
    "poisson_nll_loss": "other",
    "smooth_l1_loss": "number",
    "soft_margin_loss": "other",
}
_LAST_AXIS = ("SoftmaxCrossEntropyLoss", "TokenCrossEntropyLoss")


def known_kind(loss: LossCall) -> PredictionKind | None:
    """The kind of a loss of torch's or ours, by its class or name; None if it is neither."""
    origin = type(loss) if isinstance(loss, torch.nn.Module) else loss
    module = str(getattr(origin, "__module__", ""))
    if not module.startswith(("torch.", "rewardlab.losses.")):
        return None
    return _BY_NAME.get(getattr(origin, "__name__", ""))


def class_axis(loss: LossCall, predicted: Tensor, target: Tensor) -> int:
    """Which axis of the predictions holds the classes: torch's is the second, ours the last.

    Args:
        loss: The loss.
        predicted: Its scores, with one axis more than the targets.
        target: Indices of classes.
    """
    without_second = predicted.shape[:1] + predicted.shape[2:]
    second = predicted.ndim > 1 and without_second == target.shape and type(loss).__name__ not in _LAST_AXIS
    return 1 if second else predicted.ndim - 1


def recognised_kind(
    loss: LossCall, predicted: Tensor, target: Tensor, value: Callable[[Tensor, Tensor], float]
) -> tuple[PredictionKind, str]:
    """The kind of a loss, and from what it was read.

    Args:
        loss: The loss.
        predicted: Predictions, floating.
        target: What was so.
        value: The loss as a number; NaN where it fails.
    """
    known = known_kind(loss)
    if known is not None:
        return known, "the class of the loss"
    whole = not target.is_floating_point() and target.dtype != torch.bool
    if whole and predicted.ndim == target.ndim + 1:
        return "classes", "targets that are whole numbers, with one axis less than the predictions"
    if predicted.shape.numel() != target.shape.numel():
        return "other", "shapes that fit no kind"
    target = target.reshape(predicted.shape).to(predicted.dtype)
    if ((target == 0) | (target == 1)).all():
        return _of_two_labels(predicted, target, value)
    return "number", "targets that are numbers, one for each prediction"


def _of_two_labels(
    predicted: Tensor, target: Tensor, value: Callable[[Tensor, Tensor], float]
) -> tuple[PredictionKind, str]:
    """A loss of probabilities is next to nothing near its labels, one of logits is not; errors grow beyond them too."""
    near, between = value(target * 0.998 + 0.001, target), value(torch.full_like(predicted, 0.5), target)
    if not abs(near) < 0.1 * abs(between):
        return "logit", "labels 0 and 1, and a loss that asks for more than predictions of 0 and 1"
    beyond = [value(target + step, target) for step in (1.0, -1.0)]
    if all(further > near for further in beyond) and _each_label_minds(target, value, near):
        return "number", "a loss that is least where predictions equal the labels, and grows beyond them"
    return "probability", "labels 0 and 1, and a loss that is next to nothing at predictions of 0 and 1"


def _each_label_minds(target: Tensor, value: Callable[[Tensor, Tensor], float], near: float) -> bool:
    """Whether going beyond its label costs something for ones and for zeros; a clipped probability would not notice."""
    outside = ((1.0, 1.0), (0.0, -1.0))
    groups = [(target[target == label], step) for label, step in outside]
    return all(value(group + step, group) > near for group, step in groups if group.numel())
