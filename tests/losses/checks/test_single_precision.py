"""Losses that turn to single precision on their way, as by ``target.float()``: no rounding is taken for a fault."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from rewardlab.losses.checks import LossReport, check_loss, doctor
from tests.losses.checks.planted_losses import GUESSES, LABELS, LOGITS, NUMBERS, shapes_looked_at

_Loss = Callable[[Tensor, Tensor], Tensor]


def half_single(z: Tensor, t: Tensor) -> Tensor:
    """Its factor is a double's and its cross-entropy a single's, because torch's answers in the dtype of the labels."""
    factor = (1 - torch.sigmoid((2 * t - 1) * z)) ** 2
    return (factor * functional.binary_cross_entropy_with_logits(z, t.float(), reduction="none")).mean()


def only_single(p: Tensor, t: Tensor) -> Tensor:
    if p.dtype != torch.float32:
        raise TypeError("expected float32")
    return functional.l1_loss(p, t)


NUMBER_LOSSES: dict[str, _Loss] = {
    "absolute": lambda p, t: functional.l1_loss(p.float(), t.float()),
    "squared": lambda p, t: functional.mse_loss(p.float(), t.float()),
    "smooth": lambda p, t: functional.smooth_l1_loss(p.float(), t.float()),
    # Of double and single, huber_loss has a value and no way back.
    "Huber, targets only": lambda p, t: functional.huber_loss(p, t.float()),
    "only single": only_single,
}
LABEL_LOSSES: dict[str, _Loss] = {
    "cross-entropy, labels only": lambda z, t: functional.binary_cross_entropy_with_logits(z, t.float()),
    "softplus": lambda z, t: functional.softplus((1 - 2 * t.float()) * z.float()).mean(),
    "in part": half_single,
}


@pytest.mark.parametrize("size", [1.0, 100.0])
@pytest.mark.parametrize("name", NUMBER_LOSSES)
def test_errors_in_single_precision_are_no_fault(name: str, size: float) -> None:
    findings = check_loss(shapes_looked_at(NUMBER_LOSSES[name]), size * GUESSES, size * NUMBERS)
    assert LossReport(tuple(findings)).clean, [finding for finding in findings if finding.level in ("fault", "caution")]


@pytest.mark.parametrize("dtype", [torch.bool, torch.int64, torch.float32])
@pytest.mark.parametrize("name", LABEL_LOSSES)
def test_labels_turned_to_single_precision_are_no_fault(name: str, dtype: torch.dtype) -> None:
    labels = LABELS.to(dtype)
    loss = LABEL_LOSSES[name]
    findings = check_loss(shapes_looked_at(lambda z, t: loss(z, t.to(torch.int64))), LOGITS, labels)
    assert LossReport(tuple(findings)).clean, [finding for finding in findings if finding.level in ("fault", "caution")]


@pytest.mark.parametrize("dtype", [torch.bool, torch.int64])
def test_probabilities_that_single_precision_cannot_tell_apart_are_no_plateau(dtype: torch.dtype) -> None:
    loss = shapes_looked_at(lambda p, t: functional.binary_cross_entropy(p, t.float()))
    findings = check_loss(loss, torch.sigmoid(LOGITS), LABELS.to(dtype))
    assert LossReport(tuple(findings)).clean, [finding for finding in findings if finding.level in ("fault", "caution")]


def test_a_detached_part_is_found_in_single_precision_too() -> None:
    def weighed(z: Tensor, t: Tensor) -> Tensor:
        surprise = functional.binary_cross_entropy_with_logits(z, t.float(), reduction="none")
        return (surprise * surprise.detach()).mean()

    found = LossReport(tuple(check_loss(weighed, LOGITS, LABELS))).finding("gradient_check")
    assert (found.level, found.saw) == ("fault", "it does not at 16 of 16 elements")


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.float16])
@pytest.mark.parametrize("kind", ["logit", "number"])
def test_the_doctor_goes_on_to_the_model(kind: str, dtype: torch.dtype) -> None:
    inputs = torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1), nn.Flatten(0))
    loss = LABEL_LOSSES["cross-entropy, labels only"] if kind == "logit" else lambda p, t: ((p - t.float()) ** 2).mean()
    report = doctor(model, shapes_looked_at(loss), inputs, (inputs[:, 0] > 0).to(dtype))
    assert report.clean, report.as_text()
    assert report.finding("kind").saw.startswith(kind)
    assert report.finding("memorising").level == "fine"
