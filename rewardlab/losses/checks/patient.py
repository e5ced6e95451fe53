"""A model, its loss and its data, copied, so that whatever is tried on them leaves the user's as they are."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor, nn

from rewardlab.errors import BadInput, Problem
from rewardlab.losses.checks.kinds import LossCall, PredictionKind
from rewardlab.losses.checks.randomness import begin_at
from rewardlab.losses.checks.subject import called, one_number

__all__ = ["Patient", "admitted", "applied", "rows_of", "tensors_of"]

_MOST_ROWS = 256


@final
@dataclass(frozen=True, slots=True)
class Patient:
    """What the doctor examines: copies all of it.

    Attributes:
        model: A copy of the model, never trained itself.
        loss: The loss, a copy if it is a module.
        inputs: A tensor, a tuple or a dictionary of tensors; at most 256 rows.
        targets: The targets of these rows.
        kind: What the loss takes for a prediction; ``"other"`` where that is not known.
        penalty: What is added to the loss for the size of the weights, or None.
        seed: Where a model that draws random numbers begins.
    """

    model: nn.Module
    loss: LossCall
    inputs: Any
    targets: Tensor
    kind: PredictionKind
    penalty: Callable[[nn.Module], Tensor] | None
    seed: int

    @property
    def rows(self) -> int:
        """The number of examples."""
        return self.targets.shape[0]

    @property
    def trainable(self) -> dict[str, nn.Parameter]:
        """The parameters of the model that are to be trained, by name."""
        return {name: each for name, each in self.model.named_parameters() if each.requires_grad}

    def fresh(self) -> tuple[nn.Module, LossCall]:
        """Another copy of the model, to be trained, and of a loss that may hold it."""
        if isinstance(self.loss, nn.Module):
            # Together, so that a loss that penalises the weights of the model goes on penalising those of the copy.
            return copy.deepcopy((self.model, self.loss))
        return copy.deepcopy(self.model), self.loss

    def outputs(self, model: nn.Module, inputs: Any = None) -> Any:
        """What a model makes of inputs, of all of them if none are given; tensors without a graph."""
        begin_at(self.seed)
        with torch.no_grad():
            said = applied(model, self.inputs if inputs is None else inputs)
        # A view of a parameter keeps its graph even so.
        return said.detach() if isinstance(said, Tensor) else said

    def loss_of(self, model: nn.Module, loss: LossCall, rows: Tensor | None = None) -> Tensor:
        """The loss of a model on some of the rows, as a scalar, with its penalty."""
        inputs = self.inputs if rows is None else rows_of(self.inputs, rows)
        targets = self.targets if rows is None else self.targets[rows]
        value = one_number(called(loss, applied(model, inputs), targets))
        return value if self.penalty is None else value + self.penalty(model)


def admitted(
    model: nn.Module,
    loss: LossCall,
    inputs: Any,
    targets: Tensor,
    kind: PredictionKind,
    penalty: Callable[[nn.Module], Tensor] | None,
    seed: int,
) -> Patient:
    """Copy what is to be examined, at most 256 rows of it.

    Raises:
        BadInput: The model cannot be copied.
    """
    try:
        model, loss = copy.deepcopy((model, loss)) if isinstance(loss, nn.Module) else (copy.deepcopy(model), loss)
    except Exception as error:
        fix = "hand in a model that copy.deepcopy takes, without tensors that carry a graph"
        raise BadInput(Problem("doctor.model", f"{type(error).__name__}: {error}", "a model to copy", fix)) from error
    for parameter in model.parameters():
        parameter.grad = None
    rows = torch.arange(min(_MOST_ROWS, targets.shape[0]))
    return Patient(model, loss, rows_of(inputs, rows), targets[rows].detach(), kind, penalty, seed)


def applied(model: nn.Module, inputs: Any) -> Any:
    """What a model makes of a tensor, of a tuple (its arguments), or of a dictionary (its named arguments)."""
    if isinstance(inputs, tuple):
        return model(*inputs)
    return model(**inputs) if isinstance(inputs, dict) else model(inputs)


def rows_of(inputs: Any, rows: Tensor) -> Any:
    """Some rows of a tensor, or of each in a tuple or a dictionary."""
    if isinstance(inputs, tuple):
        return tuple(each[rows] for each in inputs)
    if isinstance(inputs, dict):
        return {name: each[rows] for name, each in inputs.items()}
    return inputs[rows]


def tensors_of(inputs: Any) -> list[Any]:
    """The tensors in inputs, in order."""
    if isinstance(inputs, tuple):
        return list(inputs)
    return list(inputs.values()) if isinstance(inputs, dict) else [inputs]
