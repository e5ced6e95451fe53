"""Is what was added to the objective potential-based shaping?

Ng, Harada & Russell (1999): only ``gamma * potential(next) - potential(now)``, with 0 once the task has terminated
(Grzes 2017), keeps what is optimal whatever the dynamics. Whether the difference of two rewards has this form is a
linear system over the steps that can happen. (That it sums to 0 round every cycle is neither here nor there for a
gamma below 1: 1 for each step towards a goal and -1 for each step away sums to 0, and pays for going to and fro.)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase
from rewardlab.audit.finding import Finding
from rewardlab.audit.policy_order import policy_order
from rewardlab.audit.potential_fit import PotentialFit, fit_potential
from rewardlab.audit.slips import Slip, likely_slips
from rewardlab.transitions import Transitions

__all__ = ["ShapingForm", "shaping_form", "shaping_form_finding"]

QUESTION = "Is the difference of proxy and objective potential-based shaping?"
_TOLERANCE = 1e-9


@final
@dataclass(frozen=True, slots=True)
class ShapingForm:
    """The answer.

    Attributes:
        is_shaping: Whether the difference is potential-based shaping for this gamma.
        fit: The nearest potential, and what it leaves.
        slips: Known mistakes that explain the difference exactly, the likeliest first; empty where it is shaping.
        size: The largest difference in size.
    """

    is_shaping: bool
    fit: PotentialFit
    slips: tuple[Slip, ...]
    size: float


def shaping_form(
    steps: Transitions,
    proxy: NDArray[np.float64],
    objective: NDArray[np.float64],
    gamma: float,
    n_states: int,
    *,
    truncated: NDArray[np.bool_] | None = None,
    explain: bool = True,
) -> ShapingForm:
    """Fit a potential to the difference of two rewards.

    Args:
        steps: B steps between states that are numbered: all that can happen, or a record of some.
        proxy: ``[B]`` what was paid.
        objective: ``[B]`` what was meant.
        gamma: The learner's discount.
        n_states: S.
        truncated: ``[B]`` bool, the steps at which a time limit cut off, where that is known.
        explain: Whether to look for slips where it is not shaping, which takes far longer than the answer.
    """
    difference = proxy - objective
    fit = fit_potential(steps, difference, gamma, n_states)
    size = float(np.abs(difference).max(initial=0.0))
    rounding = 1e-13 * float(np.abs(objective).max(initial=0.0) + np.abs(fit.potential).max(initial=0.0))
    allowed = _TOLERANCE * size + 100 * rounding
    if fit.largest <= allowed:
        return ShapingForm(True, fit, (), size)
    slips = likely_slips(steps, proxy, objective, gamma, n_states, allowed, truncated) if explain else ()
    return ShapingForm(False, fit, slips, size)


def shaping_form_finding(case: AuditCase) -> Finding:
    """Ask it of every step that can happen in a model."""
    model = case.model
    steps = model.transitions
    proxy, objective = case.proxy[model.feasible], case.objective[model.feasible]
    answer = shaping_form(steps, proxy, objective, case.gamma, model.n_states)
    # Shaping keeps the order of policies. Where that differs, what seemed to be rounding of a large difference is not.
    drowned = answer.is_shaping and answer.size > 0.0 and not policy_order(case).same
    if drowned:
        answer = replace(answer, is_shaping=False)
    data: dict[str, Any] = {
        "is_shaping": answer.is_shaping,
        "largest_difference": answer.size,
        "largest_residual": answer.fit.largest,
        "slips": [slip.name for slip in answer.slips],
    }
    if answer.size == 0.0:
        return Finding("shaping_form", QUESTION, "fine", "They do not differ at all.", "proven on the model", data=data)
    if answer.is_shaping:
        if case.steps is None:
            data["potential"] = dict(zip(case.states.tolist(), answer.fit.potential.tolist(), strict=True))
        low, high = answer.fit.potential.min(), answer.fit.potential.max()
        verdict = "Yes: it keeps what is optimal, whatever the dynamics, for this gamma."
        fitted = (f"potential from {low:.4g} to {high:.4g}, 0 in terminal states; residual {answer.fit.largest:.1e}",)
        return Finding("shaping_form", QUESTION, "fine", verdict, "proven on the model", fitted, data=data)
    worst = answer.fit.worst_row
    state, action, reached = steps.state[worst], steps.action[worst], steps.next_state[worst]
    evidence: tuple[str, ...] = (
        *(f"likely slip: {slip.summary}" for slip in answer.slips),
        f"they differ by up to {answer.size:.4g} in a step; the nearest shaping misses that by up to"
        f" {answer.fit.largest:.4g}",
        f"most in {case.place(state)}, {case.action_name(action)}, to {case.place(reached)}: paid {proxy[worst]:.6g},"
        f" {case.objective_name} {objective[worst]:.6g}{case.drawn(state)}",
    )
    if drowned:
        evidence = (
            *evidence,
            "so little may be rounding beside amounts so large, but it changes how policies are ordered",
        )
    advice = answer.slips[0].fix if answer.slips else "see optimal_set for whether that matters in these dynamics"
    verdict = "No: in some other dynamics it would change what is optimal."
    return Finding("shaping_form", QUESTION, "note", verdict, "proven on the model", evidence, advice, data)
