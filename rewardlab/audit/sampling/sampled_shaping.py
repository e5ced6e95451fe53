"""Is what was added to the objective potential-based shaping, as far as a record can tell?

The same linear system as in `rewardlab.audit.shaping_form`, over the steps that were seen. A step that no potential
explains proves that it is none; steps that all fit prove nothing about those that were not seen. A record in which no
state comes twice fits every difference, and says nothing at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.finding import Finding
from rewardlab.audit.sampling.recording import Record
from rewardlab.audit.shaping_form import QUESTION, ShapingForm, shaping_form
from rewardlab.transitions import Transitions

__all__ = ["SampledShaping", "sampled_shaping", "sampled_shaping_finding"]


@final
@dataclass(frozen=True, slots=True, eq=False)
class SampledShaping:
    """The answer.

    Attributes:
        form: What the fit says.
        states: ``[V]`` the numbers of the states that were visited; the potential of the fit is in their order.
        steps: The distinct steps, between states numbered from 0 to V - 1.
        proxy: What each was paid.
        objective: What was meant by each.
        spare: How many equations there are beyond the unknowns: with none, any difference fits.
    """

    form: ShapingForm
    states: NDArray[np.int64]
    steps: Transitions
    proxy: NDArray[np.float64]
    objective: NDArray[np.float64]
    spare: int

    @property
    def is_shaping(self) -> bool | None:
        """Whether all that was seen is shaping; None where the record cannot tell."""
        if not self.form.is_shaping:
            return False
        return True if self.spare > 0 or self.form.size == 0.0 else None


def sampled_shaping(records: list[Record], gamma: float) -> SampledShaping:
    """Fit a potential to what was seen.

    Args:
        records: Whose states are numbered; at least one.
        gamma: The learner's discount.
    """
    state, action, reached = (
        np.concatenate([_numbers(getattr(record.steps, part)) for record in records])
        for part in ("state", "action", "next_state")
    )
    terminated = np.concatenate([record.steps.terminated for record in records])
    truncated = np.concatenate([record.truncated for record in records])
    proxy = np.concatenate([record.proxy for record in records])
    objective = np.concatenate([record.objective for record in records])
    table = np.column_stack([state, reached, terminated, truncated, proxy, objective, action])
    # What was done tells nothing of a potential: one of the actions stands for all that look alike.
    rows = np.unique(table[:, :-1], axis=0, return_index=True)[1]
    states, numbers = np.unique(np.concatenate([state[rows], reached[rows]]), return_inverse=True)
    here, ahead = np.split(numbers, 2)
    steps = Transitions(here, action[rows], ahead, terminated[rows], {})
    form = shaping_form(steps, proxy[rows], objective[rows], gamma, len(states), truncated=truncated[rows])
    equations = len(np.unique(np.column_stack([here, ahead, terminated[rows]]), axis=0))
    unknowns = len(np.unique(np.concatenate([here, ahead[~terminated[rows]]])))
    return SampledShaping(form, states, steps, proxy[rows], objective[rows], equations - unknowns)


def sampled_shaping_finding(records: list[Record], gamma: float) -> Finding:
    """Ask it of what was seen.

    Args:
        records: Of one environment.
        gamma: The learner's discount.
    """
    if not all(record.numbered for record in records):
        verdict = "Not asked: the states of this environment are not numbered."
        advice = "let the environment put the number of its state into info['state'], if there are finitely many"
        return Finding("shaping_form", QUESTION, "note", verdict, "not asked", advice=advice)
    answer = sampled_shaping(records, gamma)
    form = answer.form
    data: dict[str, Any] = {
        "is_shaping": answer.is_shaping,
        "largest_difference": form.size,
        "largest_residual": form.fit.largest,
        "distinct_steps": len(answer.steps),
        "states": len(answer.states),
        "slips": [slip.name for slip in form.slips],
    }
    seen = f"{len(answer.steps)} distinct steps between {len(answer.states)} states"
    if form.size == 0.0:
        verdict = "They do not differ in any step that was seen."
        return Finding("shaping_form", QUESTION, "fine", verdict, "sampled", (seen,), data=data)
    if answer.is_shaping is None:
        verdict = "Cannot be told: a potential fits anything where so few states are come to by several ways."
        return Finding("shaping_form", QUESTION, "note", verdict, "sampled", (seen,), "play more episodes", data)
    if answer.is_shaping:
        verdict = "Nothing found against it: it is shaping in every step that was seen."
        fitted = f"potential from {form.fit.potential.min():.4g} to {form.fit.potential.max():.4g}"
        return Finding("shaping_form", QUESTION, "fine", verdict, "sampled", (seen, fitted), data=data)
    advice = form.slips[0].fix if form.slips else "see hackability and exploit for whether that matters"
    verdict = "No: no potential explains it, whatever the steps that were not seen."
    return Finding("shaping_form", QUESTION, "note", verdict, "sampled", (seen, *_against(answer)), advice, data)


def _against(answer: SampledShaping) -> tuple[str, ...]:
    fit, steps = answer.form.fit, answer.steps
    worst = fit.worst_row
    here, ahead = answer.states[steps.state[worst]], answer.states[steps.next_state[worst]]
    return (
        f"the nearest potential leaves up to {fit.largest:.4g} of a difference of up to {answer.form.size:.4g}",
        f"worst step: state {here}, action {steps.action[worst]}, to state {ahead}: proxy {answer.proxy[worst]:.6g},"
        f" objective {answer.objective[worst]:.6g}",
        *(f"likely slip: {slip.summary}" for slip in answer.form.slips),
    )


def _numbers(values: NDArray[Any]) -> NDArray[np.int64]:
    """``[B]`` whole numbers; 0 for actions that are none, since the question does not read them."""
    if values.ndim > 1 or values.dtype.kind not in "biu":
        return np.zeros(len(values), dtype=np.int64)
    return values.astype(np.int64)
