"""Losses in torch against ``torch.nn.functional``, and in NumPy against the plainest expression of the same values."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from rewardlab import losses
from rewardlab.losses import modules
from tests.benchmarks.measuring import CPU, Rates, Side, in_turns
from tests.benchmarks.table import Row

_MANY, _SEVERAL, _FEW = 10**6, 10**5, 64
_CLASSES = 10
_NINETEEN = torch.tensor(19.0)
# Short rounds, and many of them: what disturbs the machine spoils few.
_ROUNDS = 101
_FORWARD = "mean over 10^6 float32 elements, forward; the budget is 1.1 x the time of the peer; CPU time"
_PLAIN = "plain formula"
_BACKWARD = "the same, forward and backward"
_OVERHEAD = "a batch of 64, forward; the budget is the peer's time and 10 us; CPU time"
_VALUES = "values of 10^5 {} elements; the budget is 2 x the time of the plainest expression; CPU time"

Arrays = tuple[NDArray[Any], ...]


@final
@dataclass(frozen=True)
class Case:
    """A loss, and what it is measured against.

    Attributes:
        name: What stands in the table.
        inputs: Arguments with about so many elements; those of a floating dtype in double precision.
        module: Ours in torch.
        peer: Torch's mean of the same, and how it is called.
        values: Ours in NumPy.
        plain: The same values as one would write them down.
    """

    name: str
    inputs: Callable[[int], Arrays]
    module: Callable[..., Tensor]
    peer: tuple[str, Callable[..., Tensor]]
    values: Callable[..., NDArray[Any]]
    plain: Callable[..., NDArray[Any]]


def rows() -> list[Row]:
    """Every loss: many elements, a small batch, and NumPy in both precisions."""
    return [row for case in _cases() for row in _rows_of(case)]


def _numbers(count: int) -> Arrays:
    generator = np.random.default_rng(0)
    return generator.normal(size=count), generator.normal(size=count)


def _spread_numbers(count: int) -> Arrays:
    return *_numbers(count), np.random.default_rng(1).uniform(0.5, 2.0, count)


def _logits(count: int) -> Arrays:
    generator = np.random.default_rng(0)
    return generator.normal(0.0, 3.0, count), generator.integers(0, 2, count).astype(np.float64)


def _class_scores(count: int) -> Arrays:
    generator = np.random.default_rng(0)
    # A small batch is of 64 examples, a large one of a tenth as many as there are scores.
    examples = count if count == _FEW else count // _CLASSES
    return generator.normal(0.0, 3.0, (examples, _CLASSES)), generator.integers(0, _CLASSES, examples)


def _cases() -> list[Case]:
    return [
        Case(
            "squared error",
            _numbers,
            modules.SquaredErrorLoss(),
            ("mse_loss", functional.mse_loss),
            losses.squared_error,
            lambda predicted, target: (predicted - target) ** 2,
        ),
        Case(
            "absolute error",
            _numbers,
            modules.AbsoluteErrorLoss(),
            ("l1_loss", functional.l1_loss),
            losses.absolute_error,
            lambda predicted, target: np.abs(predicted - target),
        ),
        Case(
            "Huber",
            _numbers,
            modules.HuberLoss(1.0),
            ("huber_loss", functional.huber_loss),
            lambda predicted, target: losses.huber(predicted, target, 1.0),
            _plain_huber,
        ),
        Case(
            "cross-entropy",
            _logits,
            modules.BinaryCrossEntropyLoss(),
            ("binary_cross_entropy_with_logits", functional.binary_cross_entropy_with_logits),
            losses.binary_cross_entropy,
            _plain_cross_entropy,
        ),
        Case(
            "weighted cross-entropy",
            _logits,
            modules.WeightedBinaryCrossEntropyLoss(19.0),
            ("the same with pos_weight", partial(functional.binary_cross_entropy_with_logits, pos_weight=_NINETEEN)),
            lambda logits, target: losses.weighted_binary_cross_entropy(logits, target, 19.0),
            _plain_weighted,
        ),
        Case(
            "focal",
            _logits,
            modules.FocalLoss(),
            (_PLAIN, _plain_focal_in_torch),
            losses.focal_loss,
            _plain_focal,
        ),
        Case(
            "softmax cross-entropy",
            _class_scores,
            modules.SoftmaxCrossEntropyLoss(),
            ("cross_entropy", functional.cross_entropy),
            losses.softmax_cross_entropy,
            _plain_softmax_cross_entropy,
        ),
        Case(
            "Gaussian NLL",
            _spread_numbers,
            modules.GaussianNLLLoss(),
            # It takes the spread for a variance: another value at the same cost.
            ("gaussian_nll_loss", lambda *given: functional.gaussian_nll_loss(*given, full=True)),
            losses.gaussian_nll,
            _plain_gaussian,
        ),
    ]


def _plain_huber(predicted: NDArray[Any], target: NDArray[Any]) -> NDArray[Any]:
    size = np.abs(predicted - target)
    return np.where(size <= 1.0, 0.5 * size**2, 1.0 * (size - 0.5))


def _plain_cross_entropy(logits: NDArray[Any], target: NDArray[Any]) -> NDArray[Any]:
    # Wrong far from 0, but what most would write; logaddexp takes longer.
    probability = 1 / (1 + np.exp(-logits))
    return -(target * np.log(probability) + (1 - target) * np.log(1 - probability))


def _plain_weighted(logits: NDArray[Any], target: NDArray[Any]) -> NDArray[Any]:
    return (1 + 18 * target) * _plain_cross_entropy(logits, target)


def _plain_focal(logits: NDArray[Any], target: NDArray[Any]) -> NDArray[Any]:
    probability = 1 / (1 + np.exp(-logits))
    of_truth = np.where(target == 1, probability, 1 - probability)
    return np.where(target == 1, 0.25, 0.75).astype(logits.dtype) * (1 - of_truth) ** 2 * -np.log(of_truth)


def _plain_focal_in_torch(logits: Tensor, target: Tensor) -> Tensor:
    # As in Lin et al.'s formula and torchvision's function of it.
    probability = torch.sigmoid(logits)
    cross_entropy = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    of_truth = probability * target + (1 - probability) * (1 - target)
    alpha = 0.25 * target + 0.75 * (1 - target)
    return (alpha * (1 - of_truth) ** 2 * cross_entropy).mean()


def _plain_softmax_cross_entropy(scores: NDArray[Any], target: NDArray[Any]) -> NDArray[Any]:
    below = scores - scores.max(axis=1, keepdims=True)
    return np.log(np.exp(below).sum(axis=1)) - below[np.arange(len(below)), target]


def _plain_gaussian(mean: NDArray[Any], target: NDArray[Any], sigma: NDArray[Any]) -> NDArray[Any]:
    return 0.5 * math.log(2 * math.pi) + np.log(sigma) + 0.5 * ((target - mean) / sigma) ** 2


def _rows_of(case: Case) -> list[Row]:
    ours, peer = _torch_rates(case, _MANY, 4, backward=False)
    # Where torch has no such function there is nobody to be as fast as; the plain formula checks nothing.
    judged = case.peer[0] != _PLAIN
    forward = Row.from_rates(f"losses: {case.name}", _FORWARD, ours, peer, at_least=1 / 1.1 if judged else None)
    ours, peer = _torch_rates(case, _MANY, 1, backward=True)
    backward = Row.from_rates(f"losses: {case.name}, backward", _BACKWARD, ours, peer, at_least=None)
    few = _torch_rates(case, _FEW, 100, backward=False)
    overhead = _overhead_row(f"losses: {case.name}, 64", *few, judged=judged)
    return [forward, backward, overhead, *(_values_row(case, dtype) for dtype in ("float32", "float64"))]


def _torch_rates(case: Case, count: int, calls: int, *, backward: bool) -> list[Rates]:
    arrays = [array.astype(np.float32) if array.dtype.kind == "f" else array for array in case.inputs(count)]
    predicted, *others = map(torch.from_numpy, arrays)
    predicted.requires_grad_()

    def working(loss: Callable[..., Tensor]) -> Callable[[], int]:
        def work() -> int:
            for _ in range(calls):
                value = loss(predicted, *others)
                if backward:
                    predicted.grad = None
                    value.backward()
            return calls

        return work

    name, peer = case.peer
    return in_turns([Side("rewardlab", working(case.module)), Side(name, working(peer))], rounds=_ROUNDS, clock=CPU)


def _overhead_row(name: str, ours: Rates, peer: Rates, *, judged: bool) -> Row:
    microseconds = [1e6 / rate - 1e6 / other for rate, other in zip(ours.rounds, peer.rounds, strict=True)]
    over = statistics.median(microseconds)
    ratio, low, high = ours.over(peer)
    return Row(
        name,
        f"{over:+.1f} us: {_OVERHEAD}",
        ours=f"{1e6 / ours.median:.1f} us",
        peer=f"{1e6 / peer.median:.1f} us {peer.name}",
        ratio=ratio,
        spread=(low, high),
        budget="<= 10 us more" if judged else "",
        kept=over <= 10.0 if judged else None,
    )


def _values_row(case: Case, dtype: str) -> Row:
    arrays = [array.astype(dtype) if array.dtype.kind == "f" else array for array in case.inputs(_SEVERAL)]
    sides = [Side(name, _valuing(loss, arrays)) for name, loss in (("rewardlab", case.values), ("plain", case.plain))]
    ours, peer = in_turns(sides, rounds=_ROUNDS, clock=CPU)
    return Row.from_rates(f"losses: {case.name}, {dtype}", _VALUES.format(dtype), ours, peer, at_least=0.5)


def _valuing(loss: Callable[..., NDArray[Any]], arrays: Sequence[NDArray[Any]]) -> Callable[[], int]:
    def work() -> int:
        for _ in range(5):
            loss(*arrays)
        return 5

    return work
