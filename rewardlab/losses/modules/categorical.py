"""Cross-entropy of one class of several as torch modules. What they are for: `rewardlab.losses.categorical`."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor
from torch.nn import functional

from rewardlab.errors import BadInput, Problem
from rewardlab.losses.categorical import check_padding, class_problems, range_problem
from rewardlab.losses.modules.abstract_likelihood_loss import AbstractLikelihoodLoss
from rewardlab.losses.modules.abstract_loss import Reduction, reduced
from rewardlab.losses.modules.borders import in_single, refuse_not_finite, require_tensors

__all__ = ["SoftmaxCrossEntropyLoss", "TokenCrossEntropyLoss"]

_WHOLE = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)


@final
class SoftmaxCrossEntropyLoss(AbstractLikelihoodLoss):
    """Cross-entropy of a class: ``functional.cross_entropy`` with a border, and the classes on the last axis.

    A target is looked at in every batch, ``check=True`` or not: torch takes -100 for padding without a word, and one
    class too many ends the process on a GPU.

    Args:
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        check: Refuse NaN, and rows without a softmax, at once, not only when the loss is not finite.
    """

    def forward(self, predicted: Tensor, target: Tensor) -> Tensor:
        """The loss of a batch.

        Args:
            predicted: ``[..., C]`` scores of at least two classes, floating; half precision is computed in single.
            target: ``[...]`` whole numbers in [0, C), of any dtype for these, on the same device.

        Returns:
            A scalar, or with reduction ``"none"`` a tensor of the shape of the target; ``float32`` or ``float64``.

        Raises:
            BadInput: Shapes do not fit, devices differ, a dtype is no good, something is empty, or a value is refused.
        """
        where = type(self).__name__
        scores, labels = _rows(where, predicted, target)
        if not torch.compiler.is_compiling():
            _require_classes(where, labels, scores.shape[-1], None)
        loss = self._judged(scores, labels)
        return loss.view(target.shape) if self.reduction == "none" else loss

    def _loss(self, *tensors: Tensor) -> Tensor:
        scores, labels = tensors
        return functional.cross_entropy(scores, labels, reduction=self.reduction)

    def _refuse(self, *tensors: Tensor) -> None:
        _refuse_scores(type(self).__name__, tensors[0])

    def _loss_at_infinity(self, *tensors: Tensor) -> Tensor:
        scores, labels = tensors
        return reduced(_values_at_infinity(scores, labels), self.reduction)


@final
class TokenCrossEntropyLoss(AbstractLikelihoodLoss):
    """Cross-entropy of the tokens of a sequence that count: ``functional.cross_entropy`` with an ``ignore_index``.

    The mean is that over tokens, and a batch of nothing but padding, of which torch's mean is NaN, is refused.

    Args:
        padding: The target that marks a place without a token, a number of the vocabulary or any other such as -100;
            None if every place has one.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        check: Refuse NaN, and rows without a softmax, at once, not only when the loss is not finite. It also finds NaN
            at padded places. Without it such NaN, and an infinite score or nothing but -inf at a padded place, leave
            the loss finite and make the gradient of that place NaN, as in torch; with it, that gradient is 0.

    Raises:
        BadInput: The padding is no whole number, or there is no such reduction.
    """

    def __init__(self, padding: int | None = None, *, reduction: Reduction = "mean", check: bool = False) -> None:
        check_padding(type(self).__name__, padding)
        super().__init__(reduction=reduction, check=check)
        self.padding = None if padding is None else int(padding)

    def extra_repr(self) -> str:
        """What stands in the brackets of ``print(loss)``."""
        return f"padding={self.padding}, {super().extra_repr()}"

    def forward(self, predicted: Tensor, target: Tensor) -> Tensor:
        """The loss of a batch.

        Args:
            predicted: ``[..., V]`` scores of a vocabulary, floating; half precision is computed in single.
            target: ``[...]`` whole numbers in [0, V), or the padding, of any dtype for these, on the same device.

        Returns:
            A scalar, or with reduction ``"none"`` a ``[n]`` tensor of the n tokens that are no padding; ``float32`` or
            ``float64``.

        Raises:
            BadInput: Shapes do not fit, devices differ, a dtype is no good, something is empty, there is nothing but
                padding, or a value is refused.
        """
        where = type(self).__name__
        scores, labels = _rows(where, predicted, target)
        if not torch.compiler.is_compiling():
            _require_classes(where, labels, scores.shape[-1], self.padding)
        return self._judged(scores, labels)

    def _loss(self, *tensors: Tensor) -> Tensor:
        scores, labels = tensors
        if self.padding is None or self.check:
            # To choose the rows costs time, and keeps what stands at padded places out of the gradient.
            return functional.cross_entropy(*self._tokens(scores, labels), reduction=self.reduction)
        loss = functional.cross_entropy(scores, labels, ignore_index=self.padding, reduction=self.reduction)
        return loss[labels != self.padding] if self.reduction == "none" else loss

    def _refuse(self, *tensors: Tensor) -> None:
        scores, labels = tensors
        where = type(self).__name__
        refuse_not_finite(where, allow_infinite=True, predicted=scores)
        _refuse_scores(where, self._tokens(scores, labels)[0])

    def _loss_at_infinity(self, *tensors: Tensor) -> Tensor:
        return reduced(_values_at_infinity(*self._tokens(*tensors)), self.reduction)

    def _tokens(self, scores: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        if self.padding is None:
            return scores, labels
        counted = labels != self.padding
        return scores[counted], labels[counted]


def _rows(where: str, predicted: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """``[n, C]`` scores, not copied where memory allows, and ``[n]`` labels."""
    if not (
        isinstance(predicted, Tensor)
        and isinstance(target, Tensor)
        and predicted.ndim
        and target.shape == predicted.shape[:-1]
        and predicted.shape[-1] > 1
        and predicted.is_floating_point()
        and target.dtype in _WHOLE
        and predicted.numel()
        and predicted.device == target.device
    ):
        raise BadInput(*_problems(where, predicted, target))
    scores, labels = in_single(predicted), target.long()
    return (scores, labels) if scores.ndim == 2 else (scores.reshape(-1, scores.shape[-1]), labels.reshape(-1))


def _problems(where: str, predicted: Tensor, target: Tensor) -> list[Problem]:
    require_tensors(where, predicted=predicted, target=target)
    shapes = tuple(predicted.shape), tuple(target.shape)
    problems = class_problems(where, *shapes, target.dtype in _WHOLE, target.dtype)
    if not predicted.is_floating_point():
        fix = "predictions come from a model; convert them with .float()"
        problems.append(Problem(f"{where}.predicted", str(predicted.dtype), "a floating dtype", fix))
    if not predicted.numel():
        fix = "the mean of nothing is not defined; skip empty batches"
        problems.append(Problem(f"{where}.predicted", f"shape {shapes[0]}", "at least one element", fix))
    if predicted.device != target.device:
        got = f"predicted on {predicted.device}, target on {target.device}"
        problems.append(Problem(where, got, "one device", f"target.to({str(predicted.device)!r})"))
    return problems


def _require_classes(where: str, labels: Tensor, classes: int, padding: int | None) -> None:
    # Padding outside of the vocabulary is put out of the way; inside of it, it is in range anyway.
    outside = padding is not None and not 0 <= padding < classes
    least, most = _ends(labels.masked_fill(torch.eq(labels, padding or 0), 0) if outside else labels)
    if padding is not None and least == most and bool((labels == padding).all()):
        fix = "the mean of nothing is not defined; skip such batches"
        raise BadInput(Problem(f"{where}.target", f"nothing but padding ({padding})", "at least one token", fix))
    if least < 0 or most >= classes:
        tokens = labels if padding is None else labels[labels != padding]
        raise BadInput(range_problem(where, *_ends(tokens), classes, padding))


def _ends(labels: Tensor) -> tuple[int, int]:
    least, most = torch.aminmax(labels)
    return int(least.item()), int(most.item())


def _refuse_scores(where: str, scores: Tensor) -> None:
    refuse_not_finite(where, allow_infinite=True, predicted=scores)
    undefined = (scores.amax(-1) == -torch.inf) | (torch.isposinf(scores).sum(-1) > 1)
    count = int(undefined.sum())
    if count:
        got = f"{count} of {len(scores)} rows where all are -inf or several are inf"
        raise BadInput(Problem(f"{where}.predicted", got, "rows that have a softmax", "mask fewer classes"))


def _values_at_infinity(scores: Tensor, labels: Tensor) -> Tensor:
    """The values of ``[n, C]`` scores, also of rows with one infinite score: 0 for that class, infinite for all others.

    Those rows go another way, since torch's has NaN for them, and a NaN that is dropped comes back in the gradient.
    """
    top, place = scores.max(-1)
    certain = torch.isposinf(top)
    values = torch.zeros_like(top)
    values[~certain] = functional.cross_entropy(scores[~certain], labels[~certain], reduction="none")
    wrong = certain & (place != labels)
    values[wrong] = top[wrong] - scores[wrong].gather(-1, labels[wrong, None])[:, 0]
    return values
