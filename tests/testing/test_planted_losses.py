"""Each fault of a loss that the catalogue of bad inputs names is told in words; sound ones pass."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from rewardlab.losses import modules
from rewardlab.testing import assert_conforms, check_loss_function, problems_of
from tests.losses.registered import PAIR_LOSSES


def told(loss: Any) -> list[str]:
    return [str(problem) for problem in problems_of(check_loss_function(loss, "mine"))]


@pytest.mark.parametrize("name", ["huber", "binary cross-entropy", pytest.param("focal", marks=pytest.mark.slow)])
def test_losses_of_pairs_conform(name: str) -> None:
    assert_conforms(PAIR_LOSSES[name].module())


def test_losses_of_classes_and_those_of_torch_conform() -> None:
    for loss in (modules.SoftmaxCrossEntropyLoss, functional.mse_loss, nn.BCEWithLogitsLoss()):
        assert told(loss) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", modules.__all__)
def test_nothing_is_said_against_what_is_called_otherwise(name: str) -> None:
    loss = getattr(modules, name)
    if not (isinstance(loss, type) and issubclass(loss, nn.Module)) or name.startswith("Abstract"):
        return
    if name not in ("DiscriminatorLoss", "GaussianKLLoss"):  # two arguments of which neither is a target
        assert told(loss) == []


def squared(predicted: Tensor, target: Tensor) -> Tensor:
    if predicted.shape != target.shape:
        raise ValueError("shapes")
    return (predicted - target).square()


class Weighted(nn.Module):
    """Takes any weight."""

    def __init__(self, weight: float = 1.0) -> None:
        super().__init__()
        self.weight = weight

    def forward(self, predicted: Tensor, target: Tensor) -> Tensor:
        return float(self.weight) * squared(predicted, target).mean()


class Refusing(Weighted):
    def __init__(self, weight: float = 1.0) -> None:
        super().__init__(weight)
        if isinstance(weight, str) or not 0 <= weight < float("inf"):
            raise ValueError("weight")


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda p, t: float(squared(p, t).mean()), r"mine, returned value: got it returned a float, not a tensor, exp"),
        (
            squared,
            r"mine, returned value: got it returned values of shape \(16,\), expected a finite scalar with a graph",
        ),
        (
            lambda p, t: squared(p, t).mean().detach(),
            r"mine, returned value: got what it returned is detached from the p",
        ),
        (
            lambda p, t: squared(p, t).mean() * float("nan"),
            r"mine, returned value: got it is nan on the batch as given",
        ),
        (
            lambda p, t: squared(p, t).mean().to("meta"),
            r"mine: got a loss on device meta, expected one on cpu, where the",
        ),
        (
            lambda p, t: squared(p["reward"], t).mean(),
            r"mine: got \w+Error: .*, expected a loss of tensors: loss\(pred",
        ),
        (
            lambda p, t: (p - t).square().mean(),
            r"mine: got predictions of shape \(16,\) and labels of shape \(16, 1\) with",
        ),
        (lambda p, t: -squared(p, t).mean(), r"mine, direction: got .*, expected less loss for a better prediction"),
        (Weighted, r"mine\(weight=nan\): got a loss, expected a finite number, at least 0; else an error"),
    ],
    ids=[
        "55 float",
        "55 many",
        "55 detached",
        "55 NaN",
        "55 device",
        "55 absent key",
        "57 shapes",
        "sign",
        "56 weight",
    ],
)
def test_a_planted_fault_is_told(loss: Any, message: str) -> None:
    found = told(loss)
    assert any(re.match(message, each) for each in found), found


def test_a_class_that_refuses_such_weights_passes() -> None:
    assert told(Refusing) == []


def test_a_loss_that_never_returns_is_given_up() -> None:
    def endless(predicted: Tensor, target: Tensor) -> Tensor:
        torch.rand(1)
        threading_event.wait(60)
        return (predicted - target).mean()

    import threading

    threading_event = threading.Event()
    (answer,) = check_loss_function(endless, "mine", seconds=0.3)
    assert str(answer.problems[0]).startswith("asking mine: got no answer yet, expected an answer within 0.3 seconds")
    threading_event.set()
