"""Can the model learn ten examples by heart? If not, something between loss, model and data is broken, or it cannot be.

Three ways are tried (Adam twice, L-BFGS), so that the answer does not hang on a learning rate. What may keep a sound
set-up from it is told apart by trying again without it: examples that contradict each other are never taken together;
noise is switched off; penalties are left out; and a model is asked for no more examples than it can tell apart, which
is the rank of its outputs' derivatives by its parameters. A small model may fail for all that, and is asked for half.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import final

import torch
from torch import Tensor, nn

from rewardlab.losses.checks.finding import LossFinding, LossLevel, answer
from rewardlab.losses.checks.kinds import LossCall
from rewardlab.losses.checks.patient import Patient, applied, rows_of, tensors_of
from rewardlab.losses.checks.randomness import begin_at
from rewardlab.losses.checks.subject import called, one_number

__all__ = ["memorising"]

_EXAMPLES = 10
_STEPS = 200
_PATIENT_STEPS = 1000
_PLENTY = 10
_LOOKED_AT_EVERY = 10


@final
@dataclass(frozen=True, slots=True)
class _Trial:
    """How ten examples are tried: which, with noise or without, with penalties or without, in how many steps."""

    rows: Tensor
    quiet: bool = False
    bare: bool = False
    steps: int = _STEPS


def memorising(patient: Patient, generator: torch.Generator) -> LossFinding:
    """Can the model learn ten examples by heart?

    Args:
        patient: The model with its loss and its data.
        generator: Draws the examples.
    """
    name = "memorising"
    rows, contradicted = _chosen(patient, generator)
    plain = _Trial(rows)
    notes = [f"{contradicted} examples have the inputs of another and not its target; none was taken with the other"]
    notes = notes if contradicted else []
    if way := _learned(patient, plain):
        return answer(name, "fine", f"{len(rows)} examples, by {way}", "", notes)
    for why, level, trial in _exceptions(patient, plain):
        if way := _learned(patient, trial):
            words = f"not at once, but {len(trial.rows)} of {len(rows)} examples {why}, by {way}"
            cause = "inputs cut off on the way, layers with nothing between them, or too few units"
            return answer(name, level, words, cause if level == "caution" else f"no fault of the loss: {why}", notes)
    cause = "mislabelled rows, a loss that does not want what you want, a layer in the way, or too few units"
    words = f"{len(rows)} examples are not learned by L-BFGS, nor by Adam at 0.01 and 0.1, nor the half of them"
    # Of a loss whose predictions cannot be read only its fall is known, which is no proof.
    return answer(name, "caution" if patient.kind == "other" else "fault", words, cause, notes)


def _exceptions(patient: Patient, plain: _Trial) -> Iterator[tuple[str, LossLevel, _Trial]]:
    """What may legitimately be in the way, each with a trial without it, and without all that came before."""
    trial = plain
    if _noisy(patient):
        trial = replace(trial, quiet=True)
        yield "without the model's noise (dropout)", "fine", trial
    if _penalised(patient):
        trial = replace(trial, bare=True)
        yield "without the penalty on the weights", "fine", trial
    able, values = _rank(patient, plain.rows), _values_of_a_row(patient)
    wanted, parameters = len(plain.rows) * values, sum(each.numel() for each in patient.trainable.values())
    if able < wanted:
        fewer = replace(trial, rows=plain.rows[: max(1, able // values)])
        level: LossLevel = "caution" if parameters >= wanted and able <= wanted / 2 else "fine"
        yield f"as many as the model can tell apart (near it, its outputs have rank {able})", level, fewer
    yield "with more patience", "fine", replace(trial, steps=_PATIENT_STEPS)
    few = replace(trial, rows=plain.rows[: max(1, len(plain.rows) // 2)])
    level = "caution" if parameters >= _PLENTY * wanted else "fine"
    yield f"as {parameters} parameters may not be enough for all", level, few


def _chosen(patient: Patient, generator: torch.Generator) -> tuple[Tensor, int]:
    """Ten rows with different inputs, label after label in turn; and how many rows contradict another."""
    flat = torch.cat([each.reshape(len(each), -1).double() for each in tensors_of(patient.inputs)], 1)
    _, group = torch.unique(flat, dim=0, return_inverse=True)
    order = torch.randperm(patient.rows, generator=generator).tolist()
    first: dict[int, int] = {}
    contradicted = 0
    for row in order:
        other = first.setdefault(int(group[row]), row)
        contradicted += not torch.equal(patient.targets[other], patient.targets[row])
    by_label: dict[str, list[int]] = {}
    for row in first.values():
        word = "" if patient.kind in ("number", "other") else str(patient.targets[row].tolist())
        by_label.setdefault(word, []).append(row)
    taken: list[int] = []
    while len(taken) < _EXAMPLES and any(by_label.values()):
        taken += [rows.pop(0) for rows in by_label.values() if rows]
    return torch.tensor(taken[:_EXAMPLES]), contradicted


def _learned(patient: Patient, trial: _Trial) -> str:
    """The way by which the examples were learned; empty if by none."""
    ways: list[tuple[str, Callable[[Patient, _Trial], bool]]] = [
        ("Adam at 0.01", lambda patient, trial: _by_adam(patient, trial, 0.01)),
        ("L-BFGS", _by_lbfgs),
        ("Adam at 0.1", lambda patient, trial: _by_adam(patient, trial, 0.1)),
    ]
    # Targets in a unit of their own may be far away, which a line search does not mind.
    ways = [ways[1], ways[2], ways[0]] if patient.kind == "number" else ways
    if trial.steps > _STEPS:
        ways = [way for way in ways if way[0] == "Adam at 0.1"]
    return next((way for way, learns in ways if learns(patient, trial)), "")


def _by_adam(patient: Patient, trial: _Trial, rate: float) -> bool:
    model, loss = _ready(patient, trial)
    parameters = [each for each in model.parameters() if each.requires_grad]
    optimiser = torch.optim.Adam(parameters, lr=rate, foreach=False)
    start = _cost(patient, model, loss, trial.rows)
    for step in range(trial.steps):
        # Down to nothing, so that a loss with a corner at 0 is not kept hopping about it.
        optimiser.param_groups[0]["lr"] = rate * (1 - step / trial.steps)
        optimiser.zero_grad()
        if not math.isfinite(_backward(patient, model, loss, trial).item()):
            return False
        optimiser.step()
        if step % _LOOKED_AT_EVERY == _LOOKED_AT_EVERY - 1 and _fits(patient, model, loss, trial, start):
            return True
    return False


def _by_lbfgs(patient: Patient, trial: _Trial) -> bool:
    model, loss = _ready(patient, trial)
    parameters = [each for each in model.parameters() if each.requires_grad]
    start = _cost(patient, model, loss, trial.rows)
    optimiser = torch.optim.LBFGS(parameters, max_iter=_LOOKED_AT_EVERY, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        return _backward(patient, model, loss, trial)

    for _ in range(trial.steps // (2 * _LOOKED_AT_EVERY)):
        optimiser.step(closure)  # type: ignore[no-untyped-call]
        if _fits(patient, model, loss, trial, start):
            return True
    return False


def _ready(patient: Patient, trial: _Trial) -> tuple[nn.Module, LossCall]:
    begin_at(patient.seed)
    model, loss = patient.fresh()
    return (model.eval() if trial.quiet else model), loss


def _backward(patient: Patient, model: nn.Module, loss: LossCall, trial: _Trial) -> Tensor:
    if not trial.bare:
        value = patient.loss_of(model, loss, trial.rows)
        value.backward()  # type: ignore[no-untyped-call]
        return value.detach()
    # Only by way of the predictions: what the loss adds for the weights has no part in it.
    said = applied(model, rows_of(patient.inputs, trial.rows))
    leaf = said.detach().requires_grad_()
    value = one_number(called(loss, leaf, patient.targets[trial.rows]))
    said.backward(torch.autograd.grad(value, leaf)[0])
    return value.detach()


def _fits(patient: Patient, model: nn.Module, loss: LossCall, trial: _Trial, start: float) -> bool:
    """Whether the predictions are right, whatever the loss says of them; of an unknown kind, whether it has fallen."""
    with torch.no_grad():
        said = applied(model, rows_of(patient.inputs, trial.rows))
    said = said.detach() if isinstance(said, Tensor) else said
    targets = patient.targets[trial.rows]
    # Truth values cannot be subtracted.
    targets = targets.to(torch.uint8) if targets.dtype == torch.bool else targets
    if patient.kind == "number":
        size = targets.double().std() if len(targets) > 1 else torch.tensor(0.0)
        scale = float(torch.maximum(size, 0.1 * targets.double().abs().max()).clamp(min=1e-6))
        return float((said - targets).abs().max()) < 0.1 * scale
    if patient.kind in ("logit", "probability"):
        probability = torch.sigmoid(said) if patient.kind == "logit" else said
        hard = (targets == 0) | (targets == 1)
        return bool((torch.where(hard, 0.5, 0.1) > (probability - targets).abs()).all())
    if patient.kind in ("classes", "log_probabilities"):
        return _right_class(said, targets)
    return _cost(patient, model, loss, trial.rows) < start - 0.5 * abs(start)


def _right_class(said: Tensor, targets: Tensor) -> bool:
    axis = 1 if said.shape[:1] + said.shape[2:] == targets.shape or said.ndim == 2 else -1
    wanted = targets.argmax(axis) if targets.shape == said.shape else targets
    counted = (wanted >= 0) & (wanted < said.shape[axis])
    return bool((said.argmax(axis) == wanted)[counted].all())


def _cost(patient: Patient, model: nn.Module, loss: LossCall, rows: Tensor) -> float:
    with torch.no_grad():
        return patient.loss_of(model, loss, rows).item()


def _noisy(patient: Patient) -> bool:
    """Whether the model says something else each time it is asked, in the mode it was handed in."""
    model, _ = patient.fresh()
    with torch.no_grad():
        begin_at(patient.seed)
        first, second = (applied(model, patient.inputs) for _ in range(2))
    return isinstance(first, Tensor) and not torch.equal(first, second)


def _penalised(patient: Patient) -> bool:
    """Whether the loss pulls on the weights by another way than by the predictions."""
    if patient.penalty is not None:
        return True
    model, loss = patient.fresh()
    said = patient.outputs(model)
    if not isinstance(said, Tensor):
        return False
    with torch.enable_grad():
        value = one_number(called(loss, said.requires_grad_(), patient.targets))
        weights = [each for each in model.parameters() if each.requires_grad]
        pulls = torch.autograd.grad(value, weights, allow_unused=True) if value.requires_grad else ()
    return any(pull is not None and bool(pull.any()) for pull in pulls)


def _values_of_a_row(patient: Patient) -> int:
    said = patient.outputs(patient.model)
    values = said[0].numel() if isinstance(said, Tensor) else 1
    # Only differences of scores count.
    return max(1, values - 1) if patient.kind in ("classes", "log_probabilities") else values


def _rank(patient: Patient, rows: Tensor) -> int:
    """The degrees of freedom that the outputs of these rows have near the model as it is."""
    model, _ = patient.fresh()
    model.eval()
    weights = [each for each in model.parameters() if each.requires_grad]
    said = applied(model, rows_of(patient.inputs, rows))
    if not isinstance(said, Tensor) or not said.requires_grad:
        return 0
    slopes = []
    for value in said.reshape(-1):
        found = torch.autograd.grad(value, weights, retain_graph=True, allow_unused=True)
        slopes.append(torch.cat([_flat(slope, weight) for slope, weight in zip(found, weights, strict=True)]))
    return int(torch.linalg.matrix_rank(torch.stack(slopes).double(), rtol=1e-6))


def _flat(slope: Tensor | None, weight: Tensor) -> Tensor:
    return (torch.zeros_like(weight) if slope is None else slope).reshape(-1)
