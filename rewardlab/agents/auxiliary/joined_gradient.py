"""Adds gradients to those of an agent: in the same update, before the agent clips, without touching its code.

A hook on each shared parameter runs right after the agent's own backward pass has left its gradient there. SB3 clips
and steps afterwards, so that what it clips and steps is the gradient of the summed loss. Which backward passes count is
read from the gradients themselves: SB3 sets them to None before a pass that its optimiser will step, so a gradient that
is still the *same tensor* as at the last step belongs to somebody else's pass (an actor's, through its critic).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from rewardlab.errors import RunFailed

__all__ = ["MEASURED_EVERY", "AddedGradient", "JoinedGradient"]

MEASURED_EVERY = 4
"""Updates between two measurements of norm and cosine, which cost as much as a small layer."""


@final
@dataclass(slots=True)
class AddedGradient:
    """What one objective adds in one update.

    Attributes:
        name: The objective.
        weight: By which its gradient is multiplied; 0 if it only learns along.
        loss: Its loss, before the weight.
        gradients: By place in the parameters; those that it does not reach are missing. Before the weight.
        own: Squared norm of them.
        agent: Squared norm of the agent's own gradient on the same parameters; known at the step.
        product: Scalar product of the two; known at the step.
        is_measured: Whether the three were computed in this update.
    """

    name: str
    weight: float
    loss: Tensor
    gradients: Mapping[int, Tensor]
    own: Tensor = field(default_factory=lambda: torch.zeros(()))
    agent: Tensor = field(default_factory=lambda: torch.zeros(()))
    product: Tensor = field(default_factory=lambda: torch.zeros(()))
    is_measured: bool = True

    def measured(self) -> dict[str, float]:
        """Loss, weight, gradient norm and the cosine with the agent's gradient; nan where there is none."""
        if not self.is_measured:
            return {"loss": float(self.loss), "weight": self.weight, "gradient_norm": math.nan, "cosine": math.nan}
        norms = float(self.own.sqrt()), float(self.agent.sqrt())
        cosine = float(self.product) / (norms[0] * norms[1]) if norms[0] * norms[1] > 0 else float("nan")
        return {"loss": float(self.loss), "weight": self.weight, "gradient_norm": norms[0], "cosine": cosine}


@final
class JoinedGradient:
    """The hooks on the parameters of one or more representations that the same optimisers own.

    Args:
        parameters: Name and parameter.
        owners: The optimisers that step them.
        compute: Called once in each update, at the first parameter that the agent's backward pass reaches; returns what
            is to be added. Gradients are enabled while it runs.
        stepped: Called after each step of an owner that followed, with what was added.
        is_wanted: Asked in each update. A training that was interrupted never comes to take its hooks away; once this
            is false they go by themselves.
    """

    def __init__(
        self,
        parameters: Sequence[tuple[str, nn.Parameter]],
        owners: Sequence[Optimizer],
        compute: Callable[[], list[AddedGradient]],
        stepped: Callable[[list[AddedGradient]], None],
        is_wanted: Callable[[], bool],
    ) -> None:
        self._parameters, self._compute, self._stepped = list(parameters), compute, stepped
        self._is_wanted = is_wanted
        self._added: list[AddedGradient] | None = None
        self._reached: set[int] = set()
        self._updates, self._measures = 0, True
        self._old: list[Tensor | None] = [parameter.grad for _, parameter in self._parameters]
        self._handles: list[RemovableHandle] = []
        for place, (_, parameter) in enumerate(self._parameters):
            self._handles.append(parameter.register_post_accumulate_grad_hook(self._hook(place)))  # type: ignore[no-untyped-call]
        for owner in owners:
            self._handles.append(owner.register_step_pre_hook(self._before_step))
            self._handles.append(owner.register_step_post_hook(self._after_step))

    def measure_next(self) -> None:
        """Measure norm and cosine in the next update, and then again every few."""
        self._updates = 0

    def remove(self) -> None:
        """Take the hooks away."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def _hook(self, place: int) -> Callable[[Tensor], None]:
        def reached(parameter: Tensor) -> None:
            gradient = parameter.grad
            if gradient is None or gradient is self._old[place]:
                return
            if self._added is None:
                if not self._is_wanted():
                    self.remove()
                    return
                with torch.enable_grad():
                    self._added = self._compute()
                self._measures = self._updates % MEASURED_EVERY == 0
                self._updates += 1
                for added in self._added:
                    added.is_measured = self._measures
            self._reached.add(place)
            for added in self._added if self._measures else ():
                extra = added.gradients.get(place)
                if extra is not None:
                    extra, agent = extra.reshape(-1), gradient.reshape(-1)
                    added.own = added.own + extra.dot(extra)
                    added.agent = added.agent + agent.dot(agent)
                    added.product = added.product + extra.dot(agent)
            # Only now, so that each is compared with the agent's own gradient.
            for added in self._added:
                extra = added.gradients.get(place)
                if extra is not None and added.weight != 0.0:
                    gradient.add_(extra, alpha=added.weight)

        return reached

    def _before_step(self, *_: Any) -> None:
        if self._added is None:
            return
        wanted = {place for added in self._added if added.weight != 0.0 for place in added.gradients}
        missed = [self._parameters[place][0] for place in sorted(wanted - self._reached)]
        if missed:
            raise RunFailed(
                f"auxiliary objectives: the agent's own loss has no gradient at {', '.join(missed)}, so nothing can be "
                "added there before it clips; choose a representation that the agent itself trains"
            )

    def _after_step(self, *_: Any) -> None:
        self._old = [parameter.grad for _, parameter in self._parameters]
        added, self._added = self._added, None
        self._reached.clear()
        if added is not None:
            self._stepped(added)
