"""Losses of supervised learning, as values and derivatives in NumPy, and as modules in torch.

One convention: ``loss(predicted, target)`` returns a value for each element, ``loss_gradient(predicted, target)`` the
derivative of each value by its prediction; the caller reduces. Cross-entropies take logits. Nothing is broadcast,
clipped or guessed: what is not as it should be is refused.

Importing this loads NumPy only. `rewardlab.losses.modules` has the same losses as ``torch.nn.Module``,
`rewardlab.losses.checks` what to ask when a loss misbehaves, `rewardlab.losses.advice` which loss to choose.
"""

from rewardlab.losses.regression import (
    absolute_error,
    absolute_error_gradient,
    huber,
    huber_gradient,
    squared_error,
    squared_error_gradient,
)

__all__ = [
    "absolute_error",
    "absolute_error_gradient",
    "huber",
    "huber_gradient",
    "squared_error",
    "squared_error_gradient",
]
