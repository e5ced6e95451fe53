"""What the gradient does on its way through the model: parameters out of its reach, dead units, too small, too large.

One backward pass over the batch is looked at, on a copy. A gradient of zero is told apart from an optimum by its parts:
at an optimum the examples pull against each other, in a dead place none of them pulls at all.
"""

from __future__ import annotations

import copy
import math
from typing import Any

import torch
from torch import Tensor, nn

from rewardlab.losses.checks.finding import LossFinding, LossLevel, answer, not_asked
from rewardlab.losses.checks.outputs import output_variety
from rewardlab.losses.checks.patient import Patient
from rewardlab.losses.checks.questions import LAYER_QUESTIONS
from rewardlab.losses.checks.randomness import begin_at

__all__ = ["layer_findings"]

_FEWEST_ROWS = 32
_MOST = 0.9
_SINGLE_ROWS = 6
_STEP = 1e-2
_Gradients = dict[str, Tensor | None]


def layer_findings(patient: Patient) -> list[LossFinding]:
    """All findings of one backward pass.

    Args:
        patient: The model with its loss and its data.
    """
    model, loss = patient.fresh()
    units = _watched_units(model)
    with torch.enable_grad():
        begin_at(patient.seed)
        value = patient.loss_of(model, loss)
        if value.requires_grad:
            value.backward()  # type: ignore[no-untyped-call]
    gradients = {name: each.grad for name, each in model.named_parameters() if each.requires_grad}
    reached = _reached(model, gradients)
    if reached.level == "fault":
        later = LAYER_QUESTIONS[1:]
        return [reached, *(not_asked(name, "mend reached first") for name in later)]
    dead = _dead_units(units, patient.rows)
    moved = _moved(model, gradients)
    zero = _zero_gradients(patient, gradients, moved)
    known = {name: gradient for name, gradient in gradients.items() if gradient is not None}
    vanishing, variety = _vanishing(known), output_variety(patient, moved)
    # Dead units and vanishing gradients make all outputs the same, and that leaves gradients of zero.
    if "fault" in (dead.level, vanishing.level) and variety.level == "fault":
        variety = not_asked(variety.name, "dead_units or vanishing_gradients explains it: mend that first")
    if "fault" in (dead.level, vanishing.level, variety.level) and zero.level == "fault":
        zero = not_asked(zero.name, "it would show the same again: mend that first")
    return [reached, dead, zero, vanishing, _exploding(patient, known), variety]


def _reached(model: nn.Module, gradients: _Gradients) -> LossFinding:
    name = "reached"
    frozen = [word for word, each in model.named_parameters() if not each.requires_grad]
    missing = [word for word, gradient in gradients.items() if gradient is None]
    if not gradients:
        return answer(name, "fault", "every parameter is frozen", "requires_grad is False everywhere")
    if missing:
        cause = "they take no part in the output, or stand before a .detach(); freeze what is not to be trained"
        return answer(name, "fault", f"it does not reach {_few(missing)}", cause)
    note = f"{len(frozen)} are frozen (requires_grad=False): {_few(frozen)}" if frozen else ""
    return answer(name, "fine", f"it reaches all {len(gradients)}", note)


def _moved(model: nn.Module, gradients: _Gradients) -> nn.Module:
    """A copy after a short step against the gradient.

    What begins at 0 on purpose, as a last layer or a branch often does, is left behind by it; what is dead is not.
    """
    moved = copy.deepcopy(model)
    size = sum(float(each.double().square().sum()) for each in gradients.values() if each is not None) ** 0.5
    if 0 < size < math.inf:
        with torch.no_grad():
            for name, each in moved.named_parameters():
                if (slope := gradients.get(name)) is not None:
                    each.sub_(slope, alpha=_STEP / size)
    return moved


def _watched_units(model: nn.Module) -> dict[str, Tensor]:
    """For each ReLU of the model, which of its units were ever above zero: filled in by the next forward pass."""
    alive: dict[str, Tensor] = {}

    def watch(name: str) -> Any:
        def hook(module: nn.Module, inputs: Any, output: Tensor) -> None:
            del module, inputs
            units = (output.detach() > 0).reshape(output.shape[0], -1).any(0)
            alive[name] = units | alive[name] if name in alive and alive[name].shape == units.shape else units

        return hook

    for name, module in model.named_modules():
        if isinstance(module, nn.ReLU | nn.ReLU6):
            module.register_forward_hook(watch(name or "ReLU"))
    return alive


def _dead_units(alive: dict[str, Tensor], rows: int) -> LossFinding:
    name = "dead_units"
    if not alive:
        return not_asked(name, "the model has no module nn.ReLU to look at")
    shares = {word: float((~units).double().mean()) for word, units in alive.items()}
    lines = [f"{word}: {share:.0%} of {alive[word].numel()} units" for word, share in shares.items() if share > 0]
    cause = "biases that are far too low, or a learning rate that threw them there; nothing brings them back"
    if max(shares.values()) == 1.0:
        return answer(name, "fault", "all units of a layer are zero for every example", cause, lines)
    if max(shares.values()) > _MOST and rows >= _FEWEST_ROWS:
        return answer(name, "caution", "most units of a layer are zero for every example", cause, lines)
    return answer(name, "fine", f"at most {max(shares.values()):.0%} of a layer on {rows} examples")


def _zero_gradients(patient: Patient, gradients: _Gradients, moved: nn.Module) -> LossFinding:
    name = "zero_gradients"
    silent = [word for word, gradient in gradients.items() if gradient is not None and not bool(gradient.any())]
    if not silent:
        return answer(name, "fine", "no gradient is zero")
    pulled = _pulled_by_one(patient, silent, None)
    dead = [word for word in silent if word not in pulled]
    if not dead:
        words = f"the gradient of {_few(silent)} is zero, and single examples pull"
        return answer(name, "fine", words, "an optimum: the examples pull against each other")
    if len(dead) == len(gradients) and _rises_everywhere(patient, dead):
        cause = "an optimum: every move tried makes the loss larger"
        return answer(name, "fine", "all gradients are zero", cause)
    later = _pulled_by_one(patient, dead, moved)
    if len(later) == len(dead):
        words = f"the gradient of {_few(dead)} is zero, and after one step it is not"
        return answer(name, "fine", words, "they stand before weights that begin at 0, which the first step mends")
    dead = [word for word in dead if word not in later]
    cause = "behind dead or saturated units, multiplied by weights of 0, or cut off by clamp, round or a comparison"
    return answer(name, "fault", f"no example pulls on {_few(dead)}", cause)


def _pulled_by_one(patient: Patient, silent: list[str], moved: nn.Module | None) -> set[str]:
    """The parameters among these on which at least one example alone has a gradient, in the model or a moved copy."""
    pulled: set[str] = set()
    for row in range(min(_SINGLE_ROWS, patient.rows)):
        model, loss = patient.fresh()
        if moved is not None:
            model.load_state_dict(moved.state_dict())
        # Normalisation over a batch cannot be done with one example.
        model.eval()
        with torch.enable_grad():
            patient.loss_of(model, loss, torch.tensor([row])).backward()  # type: ignore[no-untyped-call]
        found = dict(model.named_parameters())
        pulled |= {word for word in silent if (grad := found[word].grad) is not None and bool(grad.any())}
    return pulled


def _rises_everywhere(patient: Patient, names: list[str]) -> bool:
    generator = torch.Generator().manual_seed(patient.seed)
    with torch.no_grad():
        model, loss = patient.fresh()
        start = patient.loss_of(model, loss).item()
        for size in (1e-2, 1e-1):
            for sign in (1.0, -1.0):
                moved, loss = patient.fresh()
                for name, each in moved.named_parameters():
                    if name in names:
                        each.add_(torch.randn(each.shape, generator=generator).to(each), alpha=sign * size)
                if patient.loss_of(moved, loss).item() <= start:
                    return False
    return True


def _vanishing(gradients: dict[str, Tensor]) -> LossFinding:
    name = "vanishing_gradients"
    sizes = {word: float(each.double().square().mean().sqrt()) for word, each in gradients.items() if each.ndim > 1}
    sizes = {word: size for word, size in sizes.items() if size > 0}
    if len(sizes) < 2:
        return not_asked(name, "there are no two layers to compare")
    first, last = next(iter(sizes)), list(sizes)[-1]
    ratio = min(sizes.values()) / max(sizes.values())
    lines = [f"{word}: {size:.3g}" for word, size in sizes.items()]
    words = f"from {max(sizes.values()):.3g} down to {min(sizes.values()):.3g}, per weight ({last} to {first})"
    cause = "many saturating activations in a row, or weights that are too small; ReLU, normalisation, skip connections"
    level: LossLevel = "fault" if ratio < 1e-6 else "caution" if ratio < 1e-4 else "fine"
    return answer(name, level, words, cause if level != "fine" else "", lines if level != "fine" else ())


def _exploding(patient: Patient, gradients: dict[str, Tensor]) -> LossFinding:
    name = "exploding_gradients"
    norm = float(torch.stack([each.double().norm() for each in gradients.values()]).norm())
    weights = float(torch.stack([each.detach().double().norm() for each in patient.trainable.values()]).norm())
    said = patient.outputs(patient.model)
    size = float(said.abs().max()) if isinstance(said, Tensor) else 0.0
    wanted = float(patient.targets.double().abs().max()) if patient.kind == "number" else 1.0
    lines = [f"{word}: {float(each.norm()):.3g}" for word, each in gradients.items()]
    words = f"the gradient has norm {norm:.3g}, the weights {weights:.3g}, the largest output is {size:.3g}"
    if not (norm < float("inf")):
        return answer(name, "fault", words, "look for a division by 0 or an overflow", lines)
    if patient.kind != "other" and size > 1e4 * max(wanted, 1e-3):
        cause = "signals grow from layer to layer: weights that begin too large, or inputs that are not scaled"
        return answer(name, "fault", words, cause, lines)
    if norm > 1e6 * max(weights, 1.0):
        cause = "targets or inputs of a huge size, or a loss that is far too steep: scale them, or divide it"
        return answer(name, "caution", words, cause, lines)
    return answer(name, "fine", words)


def _few(words: list[str]) -> str:
    return ", ".join(words[:4]) + (f" and {len(words) - 4} more" if len(words) > 4 else "")
