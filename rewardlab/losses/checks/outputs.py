"""Is what the model puts out what the loss takes in? Activations, ranges, diversity, spread."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rewardlab.errors import BadInput, Problem
from rewardlab.losses.checks.finding import LossFinding, LossLevel, answer, not_asked
from rewardlab.losses.checks.kinds import PredictionKind
from rewardlab.losses.checks.patient import Patient, tensors_of

__all__ = ["activation", "check_diversity", "output_range", "output_variety", "probed", "reachable", "spread"]

_STRETCHES = (10.0, -10.0, 1e3, -1e3)
_FACTORS = (10.0, -10.0, -1e3, 1e3)


def probed(patient: Patient, model: nn.Module) -> Tensor:
    """What the model says to its inputs, and to inputs that are stretched up to a thousand times, one below the other.

    Bounded outputs show themselves only so: those of an untrained model may lie between 0 and 1 by chance.

    Args:
        patient: The model's inputs; only tensors of floating numbers are stretched.
        model: The model, in evaluation mode.
    """
    said = [patient.outputs(model)]
    if all(tensor.is_floating_point() for tensor in tensors_of(patient.inputs)):
        said += [patient.outputs(model, _stretched(patient.inputs, by)) for by in _STRETCHES]
    return torch.cat(said)


def reachable(patient: Patient, model: nn.Module, probes: Tensor) -> Tensor:
    """The probes, and what a model with larger and with opposite weights would say, as far as that is finite.

    An activation at the end bounds the outputs whatever the weights; one before the last layer does not.

    Args:
        patient: The model's inputs.
        model: The model, in evaluation mode; it is left with other weights.
        probes: What `probed` found.
    """
    said = [probes]
    before = 1.0
    for factor in _FACTORS:
        with torch.no_grad():
            for each in model.parameters():
                if each.requires_grad:
                    each.mul_(factor / before)
        before = factor
        said.append(patient.outputs(model))
    return torch.cat([each[torch.isfinite(each)] if each is not probes else each.reshape(-1) for each in said])


def activation(kind: PredictionKind, outputs: Tensor, probes: Tensor, reached: Tensor, last: str) -> LossFinding:
    """Is there an activation between the model and the loss that should not be there, or is one missing?

    Args:
        kind: What the loss takes for a prediction.
        outputs: What the model says to its inputs.
        probes: What it says to stretched inputs too.
        reached: What it says to these with other weights too, as `reachable` found.
        last: The last module of the model that is an activation, by class; empty if there is none.
    """
    name = "activation"
    if kind in ("number", "other"):
        return not_asked(name, "any number may be meant")
    least, most = float(probes.min()), float(probes.max())
    words = f"outputs from {least:.4g} to {most:.4g}, also for inputs stretched a thousandfold"
    varied = most > least or last == "Sigmoid"
    bounded = float(reached.min()) >= 0.0 and float(reached.max()) <= 1.0
    if kind == "logit" and bounded and varied:
        cause = "probabilities where logits are wanted: the loss applies a sigmoid itself, take the model's away"
        return answer(name, "fault", words, cause)
    if kind == "probability" and (least < 0.0 or most > 1.0):
        cause = "logits where probabilities are wanted; better than a sigmoid is a loss that takes logits"
        return answer(name, "fault", words, cause)
    totals = _totals(kind, outputs)
    if kind == "classes" and totals is not None and float(outputs.min()) >= 0.0 and _close(totals, 1.0):
        cause = "probabilities where scores are wanted: the loss applies a softmax itself, take the model's away"
        return answer(name, "fault", "the outputs of each example are at least 0 and add up to 1", cause)
    if kind == "log_probabilities" and totals is not None and not _close(totals, 0.0):
        cause = "scores where log-probabilities are wanted: end with log_softmax, or use a cross-entropy of scores"
        return answer(name, "fault", "the exponentials of the outputs do not add up to 1", cause)
    return answer(name, "fine", f"outputs from {float(outputs.min()):.4g} to {float(outputs.max()):.4g}")


def output_range(kind: PredictionKind, reached: Tensor, targets: Tensor) -> LossFinding:
    """Can the model say what is asked of it, or does its last activation forbid it?

    Args:
        kind: What the loss takes for a prediction.
        reached: What the model says to its inputs and to stretched ones, and with other weights.
        targets: What was so.
    """
    name = "output_range"
    if kind != "number":
        return not_asked(name, "only asked of numbers")
    least, most = float(reached.min()), float(reached.max())
    lowest, highest = float(targets.min()), float(targets.max())
    zeros = int((reached == 0).sum())
    # Within -1 and 1 under any stretch and any weights: a tanh or a sigmoid. Exact zeros, and nothing below: a ReLU.
    bounded = least >= -1.0 and most <= 1.0
    never_below_zero = least >= 0.0 and (bounded or zeros > 1)
    low = 0.0 if never_below_zero else -1.0 if bounded else -float("inf")
    high = 1.0 if bounded else float("inf")
    if most > least and (lowest < low or highest > high):
        words = f"targets from {lowest:.4g} to {highest:.4g}, outputs from {least:.4g} to {most:.4g}"
        words += " whatever the inputs and weights"
        return answer(name, "fault", words, "the last activation bounds the outputs: take it away, or scale")
    return answer(name, "fine", f"targets from {lowest:.4g} to {highest:.4g}")


def output_variety(patient: Patient, moved: nn.Module) -> LossFinding:
    """Do different inputs get different outputs?

    Args:
        patient: The model and its inputs.
        moved: A copy of the model after one short step against its gradient.
    """
    name = "output_variety"
    model, _ = patient.fresh()
    outputs = patient.outputs(model.eval())
    if not isinstance(outputs, Tensor):
        return not_asked(name, f"the model returns a {type(outputs).__name__}")
    if patient.rows < 2 or all(bool((each == each[:1]).all()) for each in tensors_of(patient.inputs)):
        return not_asked(name, "all inputs are the same")
    flat = outputs.reshape(len(outputs), -1).double()
    spread, size = float(flat.std(0).max()), float(flat.abs().max())
    words = f"they spread by {spread:.3g} around sizes of {size:.3g}"
    if spread > 1e-6 * size:
        return answer(name, "fine", words)
    count = sum(parameter.numel() for parameter in patient.model.parameters())
    if count <= flat.shape[1]:
        return answer(name, "fine", words, "a constant is all that so few parameters can say")
    after = patient.outputs(moved.eval()).reshape(len(outputs), -1).double()
    if float(after.std(0).max()) > 1e-6 * float(after.abs().max()):
        return answer(name, "fine", words, "a last layer that begins at 0: after one step they differ")
    cause = "the outputs have collapsed to one: inputs cut off, dead or saturated units, or a generator in one mode"
    return answer(name, "fault", words, cause)


def check_diversity(outputs: Tensor, references: Tensor) -> LossFinding:
    """Has a generator collapsed to few modes? Told by the mean distance of its outputs, against that of real examples.

    A mean distance misses modes that are lost one by one; it does not miss a generator that says nearly the same thing
    each time, which is what mode collapse looks like while it happens.

    Args:
        outputs: What the generator makes of different inputs, at least two rows.
        references: Real examples, at least two rows of the same size.

    Raises:
        BadInput: One is no tensor, has fewer than two rows or holds what is not finite, or rows differ in size.
    """
    name = "diversity"
    problems = [*_row_problems("outputs", outputs), *_row_problems("references", references)]
    if not problems and outputs[0].numel() != references[0].numel():
        got = f"rows of {outputs[0].numel()} numbers beside real ones of {references[0].numel()}"
        problems.append(Problem("check_diversity", got, "rows of one size"))
    if problems:
        raise BadInput(*problems)
    made, real = (_mean_distance(each) for each in (outputs, references))
    if real == 0.0:
        return not_asked(name, "the real examples are all the same")
    ratio = made / real
    words = f"their mean distance is {made:.4g}, {ratio:.2%} of that of real examples"
    level: LossLevel = "fault" if ratio < 0.02 else "caution" if ratio < 0.2 else "fine"
    cause = "" if level == "fine" else "mode collapse: the generator has found few outputs that pass"
    return answer(name, level, words, cause)


def spread(mean: Tensor, sigma: Tensor, targets: Tensor) -> LossFinding:
    """Is a predicted standard deviation vanishing, so that the likelihood divides by next to nothing?

    Args:
        mean: The predicted means.
        sigma: The predicted standard deviations, of the same shape.
        targets: What was so, of the same shape.
    """
    name = "spread"
    mean, sigma, targets = (each.detach().double() for each in (mean, sigma, targets))
    least = float(sigma.min())
    if not least > 0.0:
        cause = "parametrise it: exp of a bounded logarithm, or softplus plus a floor"
        return answer(name, "fault", f"the least of them is {least:.4g}", cause)
    strange = ((targets - mean) / sigma).abs()
    worst, usual = float(strange.max()), float(targets.std()) if targets.numel() > 1 else 1.0
    words = f"the least of them is {least:.4g}; the largest error is {worst:.4g} of its standard deviations"
    cause = "one target pulls with error / sigma squared; set a floor below which no measurement is that sure"
    if worst > 1e3:
        return answer(name, "fault", words, cause)
    if worst > 100.0 or least < 1e-4 * usual:
        return answer(name, "caution", words, cause)
    return answer(name, "fine", words)


def _stretched(inputs: object, by: float) -> object:
    if isinstance(inputs, tuple):
        return tuple(each * by for each in inputs)
    if isinstance(inputs, dict):
        return {name: each * by for name, each in inputs.items()}
    return inputs * by  # type: ignore[operator]


def _totals(kind: PredictionKind, outputs: Tensor) -> Tensor | None:
    if outputs.ndim < 2 or kind not in ("classes", "log_probabilities"):
        return None
    axes = (1, -1) if outputs.ndim > 2 else (1,)
    totals = [outputs.sum(axis) if kind == "classes" else outputs.logsumexp(axis) for axis in axes]
    # Which axis holds the classes is a matter of the loss: whichever adds up is meant.
    wanted = 1.0 if kind == "classes" else 0.0
    return min(totals, key=lambda total: float((total - wanted).abs().max()))


def _close(totals: Tensor, wanted: float) -> bool:
    return float((totals - wanted).abs().max()) < 1e-4


def _row_problems(name: str, rows: object) -> list[Problem]:
    where = f"check_diversity.{name}"
    if not isinstance(rows, Tensor):
        return [Problem(where, type(rows).__name__, "a tensor", "torch.as_tensor(...)")]
    if rows.ndim == 0 or len(rows) < 2 or not rows.numel():
        return [Problem(where, f"shape {tuple(rows.shape)}", "at least two rows: distances are between them")]
    spoilt = int((~torch.isfinite(rows)).sum())
    return [Problem(where, f"{spoilt} of {rows.numel()} elements not finite", "finite numbers")] if spoilt else []


def _mean_distance(rows: Tensor) -> float:
    flat = rows.detach().reshape(len(rows), -1).double()[:_MOST_COMPARED]
    return float(torch.pdist(flat).mean())


_MOST_COMPARED = 256
