"""Every loss of a prediction and a target, in NumPy and in torch, with what a battery needs to know of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rewardlab import losses
from rewardlab.losses import modules

Kind = Literal["numbers", "logits", "probabilities"]


@dataclass(frozen=True)
class PairLoss:
    """A loss with ``values(predicted, target)``, ``gradient(predicted, target)`` and ``module(reduction=, check=)``."""

    values: Callable[..., NDArray[Any]]
    gradient: Callable[..., NDArray[Any]]
    module: Callable[..., Any]
    kind: Kind

    def sample(self, generator: np.random.Generator, *shape: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Predictions and targets in general position: no error is 0 or at a joint, no probability 0 or 1."""
        predicted = generator.normal(0.0, 2.0, shape)
        if self.kind == "numbers":
            return predicted, generator.normal(0.0, 2.0, shape)
        target = generator.uniform(0.05, 0.95, shape)
        target[..., ::2] = generator.integers(0, 2, target[..., ::2].shape)
        if self.kind == "probabilities":
            predicted = generator.uniform(0.05, 0.95, shape)
        return predicted, target


PAIR_LOSSES = {
    "squared error": PairLoss(losses.squared_error, losses.squared_error_gradient, modules.SquaredErrorLoss, "numbers"),
    "absolute error": PairLoss(
        losses.absolute_error, losses.absolute_error_gradient, modules.AbsoluteErrorLoss, "numbers"
    ),
    "huber": PairLoss(
        partial(losses.huber, delta=1.3),
        partial(losses.huber_gradient, delta=1.3),
        partial(modules.HuberLoss, 1.3),
        "numbers",
    ),
    "reconstruction": PairLoss(
        losses.reconstruction_error, losses.reconstruction_error_gradient, modules.ReconstructionLoss, "numbers"
    ),
    "reconstruction in a range": PairLoss(
        partial(losses.reconstruction_error, value_range=(-99, 99)),
        partial(losses.reconstruction_error_gradient, value_range=(-99, 99)),
        partial(modules.ReconstructionLoss, (-99, 99)),
        "numbers",
    ),
    "noise prediction": PairLoss(
        losses.noise_prediction_error, losses.noise_prediction_error_gradient, modules.NoisePredictionLoss, "numbers"
    ),
    "binary cross-entropy": PairLoss(
        losses.binary_cross_entropy, losses.binary_cross_entropy_gradient, modules.BinaryCrossEntropyLoss, "logits"
    ),
    "weighted binary cross-entropy": PairLoss(
        partial(losses.weighted_binary_cross_entropy, positive_weight=19.0, negative_weight=0.5),
        partial(losses.weighted_binary_cross_entropy_gradient, positive_weight=19.0, negative_weight=0.5),
        partial(modules.WeightedBinaryCrossEntropyLoss, 19.0, 0.5),
        "logits",
    ),
    "focal": PairLoss(losses.focal_loss, losses.focal_loss_gradient, modules.FocalLoss, "logits"),
    "focal, gamma 0.5": PairLoss(
        partial(losses.focal_loss, gamma=0.5, alpha=None),
        partial(losses.focal_loss_gradient, gamma=0.5, alpha=None),
        partial(modules.FocalLoss, 0.5, None),
        "logits",
    ),
}
