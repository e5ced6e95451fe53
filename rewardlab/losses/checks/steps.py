"""A few steps with the user's own optimiser: is the learning rate absurd, and how often would clipping fire?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import torch
from torch import nn

from rewardlab.losses.checks.clipping_monitor import ClippingMonitor
from rewardlab.losses.checks.finding import LossFinding, answer, not_asked
from rewardlab.losses.checks.patient import Patient
from rewardlab.losses.checks.questions import STEP_QUESTIONS
from rewardlab.losses.checks.randomness import begin_at

__all__ = ["OptimiserFactory", "step_findings"]

OptimiserFactory = Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]
"""Makes the user's optimiser for the parameters of a copy, as in ``lambda parameters: Adam(parameters, lr=1e-3)``."""

_STEPS = 20


def step_findings(patient: Patient, optimiser: OptimiserFactory | None, max_norm: float | None) -> list[LossFinding]:
    """Take twenty steps on the whole batch, on a copy.

    Args:
        patient: The model with its loss and its data.
        optimiser: Makes the user's optimiser, or None, when nothing is asked.
        max_norm: The limit at which gradients would be clipped, or None for no clipping.
    """
    if optimiser is None:
        return [not_asked(name, "pass optimizer=...") for name in STEP_QUESTIONS]
    model, loss = patient.fresh()
    monitor = ClippingMonitor(math.inf if max_norm is None else max_norm)
    begin_at(patient.seed)
    steps = optimiser(each for each in model.parameters() if each.requires_grad)
    costs = []
    for _ in range(_STEPS):
        steps.zero_grad()
        value = patient.loss_of(model, loss)
        costs.append(value.item())
        if not math.isfinite(costs[-1]):
            break
        value.backward()  # type: ignore[no-untyped-call]
        monitor.clip(model.parameters())
        steps.step()
    else:
        with torch.no_grad():
            costs.append(patient.loss_of(model, loss).item())
    unclipped = not_asked("clipping", "pass max_gradient_norm=...")
    clipping = unclipped if max_norm is None else monitor.finding()
    return [_learning_rate(costs), clipping]


def _learning_rate(costs: list[float]) -> LossFinding:
    name = "learning_rate"
    first, last, least = costs[0], costs[-1], min(costs)
    words = f"in {len(costs) - 1} steps it goes {first:.6g} -> {last:.6g}"
    lines = [f"loss: {', '.join(f'{cost:.4g}' for cost in costs[:8])} ..."]
    if not math.isfinite(last) or (last > first + 2 * abs(first) and least > first - 0.5 * abs(first)):
        cause = "the learning rate is far too large: divide it by ten until the loss falls"
        return answer(name, "fault", words, cause, lines)
    if max(abs(cost - first) for cost in costs) < 1e-6 * abs(first):
        cause = "the learning rate is far too small, or the optimum was reached before the first step"
        return answer(name, "caution", words, cause, lines)
    return answer(name, "fine", words)
