"""The doctor: a model, its loss and its data, examined from the data up, and nothing claimed that was not measured.

The questions come in stages: the data, what the model says, the loss, the gradients in the model, a short training. A
fault in one stage would show itself again in all that follow, so these are not asked until it is mended.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from rewardlab.errors import BadInput, Problem, one_of
from rewardlab.losses.checks.checking import check_loss
from rewardlab.losses.checks.clipping_monitor import limit_problems
from rewardlab.losses.checks.finding import LossFinding, LossReport, not_asked
from rewardlab.losses.checks.kinds import KINDS, LossCall, PredictionKind, known_kind, recognised_kind
from rewardlab.losses.checks.layers import layer_findings
from rewardlab.losses.checks.memorising import memorising
from rewardlab.losses.checks.outputs import activation, output_range, probed, reachable, spread
from rewardlab.losses.checks.patient import Patient, admitted, tensors_of
from rewardlab.losses.checks.questions import (
    DATA_QUESTIONS,
    LAYER_QUESTIONS,
    LOSS_QUESTIONS,
    OUTPUT_QUESTIONS,
    STEP_QUESTIONS,
)
from rewardlab.losses.checks.randomness import undisturbed
from rewardlab.losses.checks.steps import OptimiserFactory, step_findings
from rewardlab.losses.checks.subject import called, loss_problems, one_number
from rewardlab.losses.checks.targets import finite_values, labels, target_dtype, target_shape, target_variety

__all__ = ["doctor"]

_MeanAndSigma = Callable[[Any], tuple[Tensor, Tensor]]
_Stage = Callable[[], list[LossFinding]]


def doctor(
    model: nn.Module,
    loss: LossCall,
    inputs: Any,
    targets: Tensor,
    *,
    kind: PredictionKind | None = None,
    optimizer: OptimiserFactory | None = None,
    max_gradient_norm: float | None = None,
    penalty: Callable[[nn.Module], Tensor] | None = None,
    mean_and_sigma: _MeanAndSigma | None = None,
    generator: torch.Generator | None = None,
) -> LossReport:
    """Say why a training does not work, before it is run for long.

    Everything is tried on copies: the model, its gradients and its mode are left as they are, and so are the global
    generators of random numbers. A small model takes about a second.

    Args:
        model: The model, in the mode in which it is trained; called as ``model(inputs)``.
        loss: Called as ``loss(model(inputs), targets)``.
        inputs: A tensor, or a tuple or dictionary of tensors that are handed on as arguments; 256 rows are looked at.
        targets: As many rows.
        kind: What the loss takes for a prediction; found out if None.
        optimizer: Makes your optimiser, as in ``lambda parameters: torch.optim.Adam(parameters, lr=1e-3)``; without it,
            ``learning_rate`` and ``clipping`` are not asked.
        max_gradient_norm: Where you clip gradients; None if you do not.
        penalty: What you add to the loss for the weights, as ``penalty(model)``; it is left out when the model is asked
            to learn by heart.
        mean_and_sigma: For likelihoods: makes means and standard deviations of what the model says, each of the shape
            of the targets.
        generator: For what is drawn; by default one that begins at 0.

    Returns:
        A report: one finding for each question.

    Raises:
        BadInput: There is no batch, model, loss or maker of optimisers, the model cannot be copied, the limit is not
            above 0, or there is no such kind.
        Exception: Whatever the model itself raises on these inputs.
    """
    _refuse(model, loss, inputs, targets, kind, optimizer, max_gradient_norm)
    generator = generator if generator is not None else torch.Generator().manual_seed(0)
    seed = int(torch.randint(2**31, (1,), generator=generator))
    with undisturbed(seed):
        patient = admitted(model, loss, inputs, targets, kind or "other", penalty, seed)
        said = _said(patient)
        if kind is None and isinstance(said, Tensor):
            patient = admitted(model, loss, inputs, targets, _kind_of(patient, said), penalty, seed)
        stages: list[tuple[tuple[str, ...], _Stage]] = [
            (DATA_QUESTIONS, lambda: _data(patient, said)),
            (OUTPUT_QUESTIONS, lambda: _what_is_said(patient, said, mean_and_sigma)),
            (LOSS_QUESTIONS, lambda: _the_loss(patient, said, kind, generator)),
            (LAYER_QUESTIONS, lambda: layer_findings(patient)),
            (("memorising",), lambda: [memorising(patient, generator)]),
            (STEP_QUESTIONS, lambda: step_findings(patient, optimizer, max_gradient_norm)),
        ]
        return LossReport(tuple(_staged(stages)))


def _staged(stages: list[tuple[tuple[str, ...], _Stage]]) -> list[LossFinding]:
    findings: list[LossFinding] = []
    for names, ask in stages:
        faults = [finding.name for finding in findings if finding.level == "fault"]
        if faults:
            reason = f"it would show {' and '.join(faults)} again: mend that first"
            findings += [not_asked(name, reason) for name in names]
        else:
            findings += ask()
    return findings


def _data(patient: Patient, said: Any) -> list[LossFinding]:
    loss, targets = patient.loss, patient.targets
    values = [
        finite_values("input_values", tensors_of(patient.inputs)),
        finite_values("target_values", [targets]),
    ]
    if any(finding.level == "fault" for finding in values):
        return values + [not_asked(name, "values are not finite: mend that first") for name in DATA_QUESTIONS[2:]]
    if not isinstance(said, Tensor):
        reason = f"the model returns a {type(said).__name__}, not a tensor"
        return values + [not_asked(name, reason) for name in DATA_QUESTIONS[2:]]
    values.append(finite_values("output_values", [said]))
    shape = target_shape(patient.kind, said, targets)
    words = labels(patient.kind, loss, said, targets)
    if words.level == "fault" and shape.level == "fault":
        words = not_asked(words.name, "shapes do not belong together: mend that first")
    dtype = target_dtype(patient.kind, loss, said, targets)
    if "fault" in (shape.level, words.level):
        dtype = not_asked(dtype.name, "shape and labels come first")
    return [*values, shape, words, dtype, target_variety(targets)]


def _what_is_said(patient: Patient, said: Any, mean_and_sigma: _MeanAndSigma | None) -> list[LossFinding]:
    scale = not_asked("spread", "pass mean_and_sigma=...")
    if mean_and_sigma is not None:
        scale = spread(*mean_and_sigma(said), patient.targets)
    if not isinstance(said, Tensor):
        reason = f"the model returns a {type(said).__name__}, not a tensor"
        return [*(not_asked(name, reason) for name in OUTPUT_QUESTIONS[:-1]), scale]
    model, _ = patient.fresh()
    probes = probed(patient, model.eval())
    activations = [type(each).__name__ for each in model.modules() if not list(each.children())]
    last = next((word for word in reversed(activations) if word in ("Sigmoid", "Softmax", "Tanh", "ReLU")), "")
    reached = reachable(patient, model, probes)
    return [
        activation(patient.kind, said, probes, reached, last),
        output_range(patient.kind, reached, patient.targets),
        scale,
    ]


def _the_loss(
    patient: Patient, said: Any, kind: PredictionKind | None, generator: torch.Generator
) -> list[LossFinding]:
    if not isinstance(said, Tensor):
        reason = f"the model returns a {type(said).__name__}, not a tensor: call check_loss with one"
        return [not_asked(name, reason) for name in LOSS_QUESTIONS]
    return check_loss(patient.loss, said, patient.targets, kind=kind, generator=generator)


def _said(patient: Patient) -> Any:
    """What the model says in evaluation, where it does not depend on chance or on the rest of the batch."""
    model, _ = patient.fresh()
    return patient.outputs(model.eval())


def _kind_of(patient: Patient, said: Tensor) -> PredictionKind:
    def value(predicted: Tensor, target: Tensor) -> float:
        try:
            return one_number(called(patient.loss, predicted, target)).item()
        except Exception:
            return float("nan")

    known = known_kind(patient.loss)
    with torch.no_grad():
        return known if known is not None else recognised_kind(patient.loss, said, patient.targets, value)[0]


def _refuse(
    model: object,
    loss: object,
    inputs: Any,
    targets: object,
    kind: str | None,
    optimizer: object,
    max_norm: float | None,
) -> None:
    problems = []
    if not isinstance(model, nn.Module):
        problems.append(Problem("doctor.model", type(model).__name__, "a torch.nn.Module"))
    problems += loss_problems("doctor.loss", loss)
    if optimizer is not None and not callable(optimizer):
        name = type(optimizer).__name__
        expected = "a function that makes an optimiser for the parameters of a copy"
        fix = f"lambda parameters: {name}(parameters, ...)" if isinstance(optimizer, torch.optim.Optimizer) else ""
        problems.append(Problem("doctor.optimizer", name, expected, fix))
    if kind is not None and kind not in KINDS:
        problems.append(one_of("doctor.kind", kind, KINDS, "kind of prediction"))
    if max_norm is not None:
        problems += limit_problems("doctor.max_gradient_norm", max_norm)
    problems += _batch_problems(inputs, targets)
    if problems:
        raise BadInput(*problems)


def _batch_problems(inputs: Any, targets: object) -> list[Problem]:
    problems = []
    convert = "torch.as_tensor(...)"
    if not isinstance(targets, Tensor):
        problems.append(Problem("doctor.targets", type(targets).__name__, "a tensor", convert))
    elif targets.ndim == 0 or targets.shape[0] == 0:
        problems.append(Problem("doctor.targets", f"shape {tuple(targets.shape)}", "at least one row"))
    tensors = tensors_of(inputs)
    if not tensors or not all(isinstance(each, Tensor) and each.ndim > 0 for each in tensors):
        got = type(inputs).__name__
        problems.append(Problem("doctor.inputs", got, "a tensor with rows, or a tuple or dictionary of them", convert))
    elif isinstance(targets, Tensor) and targets.ndim and any(len(each) != len(targets) for each in tensors):
        got = f"{', '.join(f'{len(each)}' for each in tensors)} rows of inputs for {len(targets)} targets"
        problems.append(Problem("doctor.inputs", got, "as many rows as targets"))
    return problems
