"""Losses with one fault each, and what it is called; losses without any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from rewardlab.losses import modules

_DRAWN = torch.Generator().manual_seed(3)
NUMBERS = 30 + 3 * torch.randn(16, generator=_DRAWN)
GUESSES = NUMBERS + torch.randn(16, generator=_DRAWN)
LOGITS = torch.randn(16, generator=_DRAWN)
LABELS = torch.tensor([0.0, 1.0] * 8)
SCORES = torch.randn(16, 5, generator=_DRAWN)
CLASSES = torch.arange(16) % 5

_Batch = tuple[Tensor, Tensor]
NUMBER: _Batch = (GUESSES, NUMBERS)
LOGIT: _Batch = (LOGITS, LABELS)
PROBABILITY: _Batch = (torch.sigmoid(LOGITS), LABELS)
CLASS: _Batch = (SCORES, CLASSES)


def shapes_looked_at(formula: Callable[[Tensor, Tensor], Any]) -> Callable[[Tensor, Tensor], Any]:
    """A formula that refuses to broadcast, so that only its own fault is left."""

    def loss(predicted: Tensor, target: Tensor) -> Any:
        if predicted.shape != target.shape:
            raise ValueError("shapes differ")
        return formula(predicted, target)

    return loss


def _bce(z: Tensor, t: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(z, t)


def _clipped(z: Tensor, t: Tensor) -> Tensor:
    p = torch.sigmoid(z).clamp(1e-7, 1 - 1e-7)
    return -(t * p.log() + (1 - t) * (1 - p).log()).mean()


def _from_probability(p: Tensor, t: Tensor) -> Tensor:
    return -(t * p.log() + (1 - t) * (1 - p).log()).mean()


def _focal_with_a_root(z: Tensor, t: Tensor) -> Tensor:
    cross_entropy = functional.binary_cross_entropy_with_logits(z, t, reduction="none")
    sure = torch.where(t == 1, torch.sigmoid(z), 1 - torch.sigmoid(z))
    return ((1 - sure) ** 0.5 * cross_entropy).mean()


def _without_its_constant(p: Tensor, t: Tensor) -> Tensor:
    size = (p - t).abs()
    return torch.where(size <= 5, size**2 / 2, 5 * size).mean()


def _without_its_half(p: Tensor, t: Tensor) -> Tensor:
    size = (p - t).abs()
    return torch.where(size <= 5, size**2, 5 * size).mean()


def _pinball(p: Tensor, t: Tensor) -> Tensor:
    return torch.where(t > p, 0.9 * (t - p), 0.1 * (p - t)).mean()


def _hinge(z: Tensor, t: Tensor) -> Tensor:
    return (1 - (2 * t.to(z.dtype) - 1) * z).clamp(min=0).mean()


_NEGATED = shapes_looked_at(lambda z, t: -_bce(z, t))
_SQUARED = shapes_looked_at(lambda p, t: ((p - t) ** 2).mean())

FAULTY: dict[str, tuple[Any, _Batch, dict[str, str]]] = {
    "a sign": (_NEGATED, LOGIT, {"direction": "fault"}),
    "a sign of a number": (shapes_looked_at(lambda p, t: -((p - t) ** 2).mean()), NUMBER, {"direction": "fault"}),
    "swapped arguments": (lambda z, t: functional.cross_entropy(-z, t), CLASS, {"direction": "fault"}),
    "clipped probabilities": (shapes_looked_at(_clipped), LOGIT, {"plateau": "fault"}),
    "one label forgotten": (
        shapes_looked_at(lambda z, t: -(t * functional.logsigmoid(z)).mean()),
        LOGIT,
        {"plateau": "fault"},
    ),
    "a capped error": (
        shapes_looked_at(lambda p, t: ((p - t) ** 2).clamp(max=4.0).mean()),
        NUMBER,
        {"plateau": "fault"},
    ),
    "a dead zone": (
        shapes_looked_at(lambda p, t: ((p - t).abs() - 0.5).clamp(min=0).mean()),
        NUMBER,
        {"plateau": "caution"},
    ),
    "squares of probabilities": (
        shapes_looked_at(lambda z, t: ((torch.sigmoid(z) - t) ** 2).mean()),
        LOGIT,
        {"plateau": "caution"},
    ),
    "log(0) of probabilities": (shapes_looked_at(_from_probability), PROBABILITY, {"extremes": "fault"}),
    "log(0) of logits": (
        shapes_looked_at(lambda z, t: _from_probability(torch.sigmoid(z), t)),
        LOGIT,
        {"extremes": "fault"},
    ),
    "a root in an unused branch": (shapes_looked_at(_focal_with_a_root), LOGIT, {"extremes": "fault"}),
    "a root of the mean": (
        shapes_looked_at(lambda p, t: functional.mse_loss(p, t).sqrt()),
        NUMBER,
        {"extremes": "fault"},
    ),
    "Huber without its constant": (shapes_looked_at(_without_its_constant), NUMBER, {"joins": "fault"}),
    "Huber without its half": (shapes_looked_at(_without_its_half), NUMBER, {"joins": "caution"}),
    "rounded predictions": (
        shapes_looked_at(lambda p, t: ((p.round() - t) ** 2).mean()),
        NUMBER,
        {"gradient": "fault"},
    ),
    "a detached part": (
        shapes_looked_at(lambda p, t: ((p - t) ** 2 * (p.detach() - t).abs()).mean()),
        NUMBER,
        {"gradient_check": "fault"},
    ),
    "detached": (lambda p, t: ((p.detach() - t) ** 2).mean(), NUMBER, {"returned_value": "fault"}),
    "a float": (lambda p, t: ((p - t) ** 2).mean().item(), NUMBER, {"returned_value": "fault"}),
    "not reduced": (shapes_looked_at(lambda p, t: (p - t) ** 2), NUMBER, {"returned_value": "caution"}),
    "integer labels": (nn.BCEWithLogitsLoss(), (LOGITS, LABELS.long()), {"returned_value": "fault"}),
    "a sum": (nn.MSELoss(reduction="sum"), NUMBER, {"reduction": "caution"}),
    "divided twice": (shapes_looked_at(lambda p, t: ((p - t) ** 2).mean() / len(p)), NUMBER, {"reduction": "caution"}),
    "sorted predictions": (
        shapes_looked_at(lambda p, t: ((p.sort().values - t) ** 2).mean()),
        NUMBER,
        {"order": "fault"},
    ),
    "a column against a row": (nn.MSELoss(), (GUESSES[:, None], NUMBERS), {"broadcasting": "fault"}),
    "broadcast silently": (lambda p, t: ((p - t) ** 2).mean(), NUMBER, {"broadcasting": "caution"}),
    "signs of bytes": (
        shapes_looked_at(lambda z, t: functional.softplus(-(2 * t - 1) * z).mean()),
        LOGIT,
        {"target_dtypes": "caution"},
    ),
}
"""A loss, a batch, and every finding that is not fine."""

CLEAN: dict[str, tuple[Any, _Batch]] = {
    "MSELoss": (nn.MSELoss(), NUMBER),
    "L1Loss": (nn.L1Loss(), NUMBER),
    "HuberLoss": (nn.HuberLoss(delta=2.0), NUMBER),
    "SmoothL1Loss": (nn.SmoothL1Loss(), NUMBER),
    "MSELoss by element": (nn.MSELoss(reduction="none"), NUMBER),
    "BCEWithLogitsLoss": (nn.BCEWithLogitsLoss(), LOGIT),
    "BCEWithLogitsLoss weighted": (nn.BCEWithLogitsLoss(pos_weight=torch.tensor(19.0)), LOGIT),
    "BCELoss": (nn.BCELoss(), PROBABILITY),
    "CrossEntropyLoss": (nn.CrossEntropyLoss(), CLASS),
    "CrossEntropyLoss smoothed": (nn.CrossEntropyLoss(label_smoothing=0.1), CLASS),
    "CrossEntropyLoss weighted": (nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0, 0.5, 1.0])), CLASS),
    "CrossEntropyLoss of sequences": (
        nn.CrossEntropyLoss(),
        (SCORES.reshape(4, 4, 5).movedim(-1, 1), CLASSES.reshape(4, 4)),
    ),
    "NLLLoss": (nn.NLLLoss(), (SCORES.log_softmax(1), CLASSES)),
    "MultiMarginLoss": (nn.MultiMarginLoss(), CLASS),
    "functional.mse_loss": (functional.mse_loss, NUMBER),
    "pinball": (shapes_looked_at(_pinball), NUMBER),
    "hinge": (shapes_looked_at(_hinge), LOGIT),
    "SquaredErrorLoss": (modules.SquaredErrorLoss(), NUMBER),
    "AbsoluteErrorLoss": (modules.AbsoluteErrorLoss(), NUMBER),
    "our HuberLoss": (modules.HuberLoss(15.0), NUMBER),
    "ReconstructionLoss": (modules.ReconstructionLoss(), NUMBER),
    "NoisePredictionLoss": (modules.NoisePredictionLoss(), NUMBER),
    "BinaryCrossEntropyLoss": (modules.BinaryCrossEntropyLoss(), LOGIT),
    "WeightedBinaryCrossEntropyLoss": (modules.WeightedBinaryCrossEntropyLoss(19.0), LOGIT),
    "FocalLoss": (modules.FocalLoss(), LOGIT),
    "FocalLoss of a small power": (modules.FocalLoss(0.5, None), LOGIT),
    "SoftmaxCrossEntropyLoss": (modules.SoftmaxCrossEntropyLoss(), CLASS),
    "TokenCrossEntropyLoss": (
        modules.TokenCrossEntropyLoss(padding=0),
        (SCORES.reshape(4, 4, 5), CLASSES.reshape(4, 4)),
    ),
    "squared error of labels": (_SQUARED, LOGIT),
    "at an optimum": (nn.MSELoss(), (NUMBERS, NUMBERS)),
}
"""A loss and a batch of which nothing ill can be said."""
