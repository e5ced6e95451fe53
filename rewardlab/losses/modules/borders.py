"""What every loss in torch asks of its tensors. Shape, dtype and device cost nothing to look at, values do.

So values are looked at when the loss turns out not to be finite, or when the caller wishes it (``check=True``); for
most users that is the moment at which they need to know, and it keeps the losses as fast as torch's own.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from rewardlab.errors import BadInput, Problem

__all__ = [
    "as_target",
    "check_pair",
    "finite_total",
    "in_single",
    "of_one_dtype",
    "refuse_not_finite",
    "require_tensors",
    "require_within",
]

_HALF = (torch.float16, torch.bfloat16)


def check_pair(where: str, predicted: Tensor, target: Tensor) -> None:
    """Refuse what torch would broadcast, convert or crash on.

    Args:
        where: The loss that asks.
        predicted: A floating tensor, not empty.
        target: Of the same shape, on the same device.

    Raises:
        BadInput: All that is wrong with the two.
    """
    # Cheap look-ups for the usual case; the words are made only when there is something to say.
    if not (
        isinstance(predicted, Tensor)
        and isinstance(target, Tensor)
        and predicted.shape == target.shape
        and predicted.is_floating_point()
        and predicted.numel()
        and predicted.device == target.device
        and not target.is_complex()
    ):
        raise BadInput(*_pair_problems(where, predicted, target))


def as_target(target: Tensor, predicted: Tensor) -> Tensor:
    """The target in the dtype of the prediction if it holds whole numbers, else as it is, half precision in single."""
    if target.is_floating_point():
        return in_single(target)
    return target.to(predicted.dtype)


def in_single(values: Tensor) -> Tensor:
    """Half precision in single, as torch's autocast does for losses; anything else as it is."""
    return values.float() if values.dtype in _HALF else values


def of_one_dtype(predicted: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both in the wider dtype of the two.

    Some of torch's losses do that themselves; ``huber_loss`` fails in its backward pass, and
    ``binary_cross_entropy_with_logits`` of double logits and single labels is single.
    """
    if predicted.dtype == target.dtype:
        return predicted, target
    common = torch.promote_types(predicted.dtype, target.dtype)
    return predicted.to(common), target.to(common)


def finite_total(loss: Tensor) -> bool:
    """Whether a loss, or the sum of its values, is finite; true while torch compiles, when nobody can tell."""
    if torch.compiler.is_compiling():
        return True
    return math.isfinite(loss.item() if loss.ndim == 0 else loss.detach().sum().item())


def refuse_not_finite(where: str, *, allow_infinite: bool = False, **tensors: Tensor) -> None:
    """Refuse NaN, and infinities if they mean nothing here.

    Args:
        where: The loss that asks.
        allow_infinite: Whether an infinity is let through.
        tensors: What it was given, by argument.

    Raises:
        BadInput: It says how many elements are affected, and which is the first.
    """
    problems = []
    for name, tensor in tensors.items():
        spoilt = torch.isnan(tensor) if allow_infinite else ~torch.isfinite(tensor)
        count = int(spoilt.sum())
        if count:
            place = spoilt.nonzero()[0].tolist()
            got = f"{count} of {tensor.numel()} elements, the first {tensor[tuple(place)].item()} at {place}"
            expected = "no NaN" if allow_infinite else "finite numbers"
            problems.append(Problem(f"{where}.{name}", got, expected, "look where it was computed"))
    if problems:
        raise BadInput(*problems)


def require_within(where: str, low: float, high: float, fix: str = "", **tensors: Tensor) -> None:
    """Refuse elements outside of a closed range, and NaN.

    Args:
        where: The loss that asks.
        low: The least that is allowed.
        high: The most that is allowed.
        fix: The likely remedy.
        tensors: What it was given, by argument.

    Raises:
        BadInput: It names the least and the greatest element.
    """
    problems = []
    for name, tensor in tensors.items():
        least, most = tensor.min().item(), tensor.max().item()
        if not (least >= low and most <= high):
            got = f"values from {least:g} to {most:g}"
            problems.append(Problem(f"{where}.{name}", got, f"values from {low:g} to {high:g}", fix))
    if problems:
        raise BadInput(*problems)


def require_tensors(where: str, **given: object) -> None:
    """Refuse what is no tensor, such as an array of NumPy.

    Raises:
        BadInput: All that are none.
    """
    problems = [
        Problem(
            f"{where}.{name}",
            type(part).__name__,
            "a tensor",
            f"torch.as_tensor({name}), or the loss for arrays in rewardlab.losses",
        )
        for name, part in given.items()
        if not isinstance(part, Tensor)
    ]
    if problems:
        raise BadInput(*problems)


def _pair_problems(where: str, predicted: Tensor, target: Tensor) -> list[Problem]:
    require_tensors(where, predicted=predicted, target=target)
    problems = []
    if not predicted.is_floating_point():
        fix = "predictions come from a model; convert them with .float()"
        problems.append(Problem(f"{where}.predicted", str(predicted.dtype), "a floating dtype", fix))
    if target.is_complex():
        problems.append(Problem(f"{where}.target", str(target.dtype), "real numbers"))
    if predicted.shape != target.shape:
        got = f"predicted of shape {tuple(predicted.shape)}, target of shape {tuple(target.shape)}"
        problems.append(Problem(where, got, "equal shapes: nothing is broadcast", _shape_fix(predicted, target)))
    if predicted.numel() == 0:
        fix = "the mean of nothing is not defined; skip empty batches"
        problems.append(Problem(f"{where}.predicted", f"shape {tuple(predicted.shape)}", "at least one element", fix))
    if predicted.device != target.device:
        got = f"predicted on {predicted.device}, target on {target.device}"
        problems.append(Problem(where, got, "one device", f"target.to({str(predicted.device)!r})"))
    return problems


def _shape_fix(predicted: Tensor, target: Tensor) -> str:
    squeezed = [[side for side in tensor.shape if side != 1] for tensor in (predicted, target)]
    return "squeeze or reshape one of them, as in predicted[:, 0]" if squeezed[0] == squeezed[1] else ""
