"""Are the targets what the loss takes them for? Values, shape, dtype and labels, before anything is trained."""

from __future__ import annotations

import torch
from torch import Tensor

from rewardlab.losses.checks.finding import LossFinding, answer, not_asked
from rewardlab.losses.checks.kinds import LossCall, PredictionKind
from rewardlab.losses.checks.subject import called, one_number

__all__ = ["finite_values", "labels", "target_dtype", "target_shape", "target_variety"]

_LABELLED = ("logit", "probability")
_INDEXED = ("classes", "log_probabilities")
_ENOUGH_ROWS = 8


def finite_values(name: str, tensors: list[Tensor]) -> LossFinding:
    """Are there NaN or infinities?

    Args:
        name: The name of the finding, such as ``target_values``.
        tensors: What is looked at.
    """
    floating = [tensor for tensor in tensors if tensor.is_floating_point()]
    spoilt = sum(int((~torch.isfinite(tensor)).sum()) for tensor in floating)
    total = sum(tensor.numel() for tensor in tensors)
    if not spoilt:
        return answer(name, "fine", f"all {total} are")
    first = next((~torch.isfinite(tensor)).nonzero()[0].tolist() for tensor in floating if not _finite(tensor))
    cause = "one of them makes every gradient NaN; look for gaps in the data, divisions by 0 and logarithms"
    return answer(name, "fault", f"{spoilt} of {total} are not, the first at {first}", cause)


def target_shape(kind: PredictionKind, outputs: Tensor, targets: Tensor) -> LossFinding:
    """Do outputs and targets have shapes that belong together?

    Args:
        kind: What the loss takes for a prediction.
        outputs: What the model says.
        targets: What was so.
    """
    name = "target_shape"
    shapes = f"outputs {tuple(outputs.shape)}, targets {tuple(targets.shape)}"
    if outputs.ndim == 0 or outputs.shape[0] != targets.shape[0]:
        return answer(name, "fault", shapes, "the first axis of both is that of the examples")
    if kind == "other":
        return answer(name, "fine", f"{shapes}; more is not known without kind=...")
    fits = outputs.shape == targets.shape
    if kind in _INDEXED:
        fits = fits or outputs.shape[:1] + outputs.shape[2:] == targets.shape or outputs.shape[:-1] == targets.shape
    if fits:
        return answer(name, "fine", shapes)
    cause = "indices of classes have one axis less than the scores"
    if kind not in _INDEXED:
        cause = "unless the loss refuses them, all pairs are compared (broadcasting); squeeze or reshape one of them"
    return answer(name, "fault", shapes, cause)


def target_dtype(kind: PredictionKind, loss: LossCall, outputs: Tensor, targets: Tensor) -> LossFinding:
    """Does the loss take targets of this dtype, forwards and backwards?

    Args:
        kind: What the loss takes for a prediction.
        loss: The loss.
        outputs: What the model says.
        targets: What was so.
    """
    name = "target_dtype"
    words = str(targets.dtype).removeprefix("torch.")
    if _works(loss, outputs, targets):
        return answer(name, "fine", f"it takes {words}")
    indexed = kind in _INDEXED and targets.shape != outputs.shape
    other = targets.long() if indexed else targets.to(outputs.dtype)
    if other.dtype != targets.dtype and _works(loss, outputs, other):
        cause = "use targets.long() for indices of classes" if indexed else "use targets.float()"
        return answer(name, "fault", f"it fails with {words}", cause)
    return not_asked(name, f"it fails with {words}, and with another dtype too")


def labels(kind: PredictionKind, loss: LossCall, outputs: Tensor, targets: Tensor) -> LossFinding:
    """Are the labels those that the loss counts in?

    Args:
        kind: What the loss takes for a prediction.
        loss: The loss.
        outputs: What the model says.
        targets: What was so.
    """
    name = "labels"
    if kind in _LABELLED:
        least, most = float(targets.min()), float(targets.max())
        if least >= 0.0 and most <= 1.0:
            return answer(name, "fine", f"from {least:g} to {most:g}")
        return answer(name, "fault", f"from {least:g} to {most:g}, and 0 to 1 is wanted", _two_labels(targets))
    if kind not in _INDEXED:
        return not_asked(name, "any number may be meant")
    if targets.shape == outputs.shape:
        return _shares(name, loss, targets)
    classes = outputs.shape[1] if outputs.shape[:1] + outputs.shape[2:] == targets.shape else outputs.shape[-1]
    ignored = [getattr(loss, word, -100) for word in ("ignore_index", "padding")]
    counted = targets[~torch.isin(targets, torch.tensor([each for each in ignored if isinstance(each, int)]))]
    if counted.numel() == 0:
        return answer(name, "fault", "every target is left out of the loss")
    least, most = int(counted.min()), int(counted.max())
    if least >= 0 and most < classes:
        return answer(name, "fine", f"from {least} to {most} for {classes} classes")
    cause = (
        "labels that are counted from 1: subtract 1" if (least, most) == (1, classes) else "as many outputs as labels?"
    )
    words = f"from {least} to {most}, and the {classes} classes are counted from 0 to {classes - 1}"
    return answer(name, "fault", words, cause)


def target_variety(targets: Tensor) -> LossFinding:
    """Is there anything to tell apart?"""
    name = "target_variety"
    kinds = int(torch.unique(targets).numel())
    if kinds > 1 or targets.shape[0] < _ENOUGH_ROWS:
        return answer(name, "fine", f"{kinds} different values among {targets.numel()}")
    cause = "a constant is learned from them, whatever the inputs; is it the right column, and are rows shuffled?"
    return answer(name, "caution", f"all {targets.numel()} are {targets.reshape(-1)[0].item():g}", cause)


def _shares(name: str, loss: LossCall, targets: Tensor) -> LossFinding:
    one_hot = bool(((targets == 0) | (targets == 1)).all()) and bool((targets.sum(-1) == 1).all())
    takes_shares = getattr(loss, "__name__", type(loss).__name__) in ("CrossEntropyLoss", "cross_entropy")
    if takes_shares and targets.is_floating_point():
        return answer(name, "fine", "a share for each class" + (", one-hot" if one_hot else ""))
    words = "one-hot" if one_hot else "a number for each class"
    return answer(name, "fault", f"{words}, and indices are wanted", "use targets.argmax(-1)")


def _two_labels(targets: Tensor) -> str:
    values = torch.unique(targets).tolist()
    if values in ([-1.0, 1.0], [-1.0], [-1, 1]):
        return "labels -1 and 1: use (targets + 1) / 2"
    if values in ([1.0, 2.0], [2.0], [1, 2]):
        return "labels 1 and 2: subtract 1"
    if values[0] >= 0 and values[-1] <= 100:
        return "percentages, or a count? divide percentages by 100"
    return "numbers that are no labels: is a regression loss meant?"


def _works(loss: LossCall, outputs: Tensor, targets: Tensor) -> bool:
    leaf = outputs.detach().clone().requires_grad_()
    with torch.enable_grad():
        try:
            value = one_number(called(loss, leaf, targets))
            if value.requires_grad:
                torch.autograd.grad(value, leaf)
        except Exception:
            return False
    return True


def _finite(tensor: Tensor) -> bool:
    return bool(torch.isfinite(tensor).all())
