"""Which losses an objective can be asked to use."""

from __future__ import annotations

from typing import Final

from torch import nn

from rewardlab.errors import Problem
from rewardlab.losses.modules import (
    AbsoluteErrorLoss,
    BinaryCrossEntropyLoss,
    FocalLoss,
    HuberLoss,
    SquaredErrorLoss,
    WeightedBinaryCrossEntropyLoss,
)

__all__ = ["BINARY_LOSSES", "REGRESSION_LOSSES", "loss_problems"]

BINARY_LOSSES: Final = (BinaryCrossEntropyLoss, WeightedBinaryCrossEntropyLoss, FocalLoss)
"""Those of a logit and whether it came true."""

REGRESSION_LOSSES: Final = (SquaredErrorLoss, AbsoluteErrorLoss, HuberLoss)
"""Those of a number and the number that it should have been."""


def loss_problems(name: str, loss: object, suitable: tuple[type[nn.Module], ...], why: str) -> list[Problem]:
    """What is wrong with a loss; an empty list if nothing is.

    Args:
        name: The objective.
        loss: What it was given.
        suitable: The classes that it can use, of `rewardlab.losses.modules`.
        why: What they are for, as in "numbers".
    """
    known = " or ".join(kind.__name__ for kind in suitable)
    if isinstance(loss, type) and issubclass(loss, suitable):
        fix = f"make one: {loss.__name__}(...)"
        return [Problem(f"{name}.loss", f"the class {loss.__name__}", "an instance of it", fix)]
    if not isinstance(loss, suitable):
        fix = "OwnObjective takes any function of a batch"
        return [Problem(f"{name}.loss", f"a {type(loss).__name__}", f"a loss of {why}: {known}", fix)]
    if getattr(loss, "reduction", "mean") == "none":
        fix = "it averages over the batch by itself"
        return [Problem(f"{name}.loss.reduction", "'none'", "'mean' or 'sum'", fix)]
    return []
