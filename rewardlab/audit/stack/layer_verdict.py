"""What one wrapper does to what is optimal, proven on the model: the reward before it against the reward after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase, audit_case
from rewardlab.audit.optimal_set import optimal_set
from rewardlab.audit.potential_fit import fit_potential
from rewardlab.audit.shaping_form import shaping_form
from rewardlab.audit.stack.remarks import Remark
from rewardlab.audit.stack.stack_table import LayerTable
from rewardlab.mdp.finite_model import FiniteModel
from rewardlab.wrappers.order import CHANGES_REWARDS

__all__ = ["LayerVerdict", "layer_verdict"]

_ROUNDING = 1e-9


@final
@dataclass(frozen=True, slots=True)
class LayerVerdict:
    """What was found.

    Attributes:
        said: In a clause; empty if the wrapper hands rewards on.
        adds: The least and the most that it adds to a step that can be reached; None if it hands rewards on.
        potential_based: Whether what it adds is potential-based shaping for this gamma; None if that was not asked.
        keeps_optimal: Whether all that is optimal after it was optimal before it; None if that was not asked.
        remarks: What is to be said against it.
    """

    said: str = ""
    adds: tuple[float, float] | None = None
    potential_based: bool | None = None
    keeps_optimal: bool | None = None
    remarks: tuple[Remark, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON data, without the remarks."""
        return {
            "adds": None if self.adds is None else list(self.adds),
            "potential_based": self.potential_based,
            "keeps_optimal": self.keeps_optimal,
        }


def layer_verdict(
    layer: LayerTable, model: FiniteModel, *, gamma: float, horizon: int | None = None, trusted: bool = False
) -> LayerVerdict:
    """Judge one wrapper by what it adds.

    Args:
        layer: What comes into it and what comes out.
        model: The dynamics.
        gamma: The learner's discount.
        horizon: The number of steps, if the time limit is part of the task.
        trusted: Whether it is shaping by construction, so that nothing needs to be proven.

    Raises:
        BadInput: The discount does not fit the model.
    """
    if layer.role not in CHANGES_REWARDS or not layer.line:
        return LayerVerdict()
    case = audit_case(model, layer.after, layer.before, gamma=gamma, horizon=horizon)
    added = (case.proxy - case.objective)[case.model.feasible]
    adds = (float(added.min(initial=0.0)), float(added.max(initial=0.0)))
    if not added.any():
        return LayerVerdict("it changes nothing that can be reached", adds, True, True)
    if trusted:
        return LayerVerdict(f"adds {adds[0]:.4g} to {adds[1]:.4g}", adds, True, True)
    if layer.role == "scale" or _is_factor(case):
        return LayerVerdict("a positive factor", adds, None, True)
    if _is_shaping(case):
        said = f"adds {adds[0]:.4g} to {adds[1]:.4g}, and telescopes: potential-based for gamma {gamma:g}"
        return LayerVerdict(said, adds, True, True)
    keeps = optimal_set(case).safe
    what = _what(layer, case)
    said = f"adds {adds[0]:.4g} to {adds[1]:.4g}, {what}"
    return LayerVerdict(said, adds, False, keeps, (_remark(layer, what, keeps),))


def _is_factor(case: AuditCase) -> bool:
    before, after = case.objective[case.model.feasible], case.proxy[case.model.feasible]
    factor = float(before @ after) / float(before @ before) if before.any() else 0.0
    return factor > 0 and bool(np.abs(after - factor * before).max() <= _ROUNDING * np.abs(after).max())


def _is_shaping(case: AuditCase) -> bool:
    model = case.model
    proxy, objective = case.proxy[model.feasible], case.objective[model.feasible]
    return shaping_form(model.transitions, proxy, objective, case.gamma, model.n_states, explain=False).is_shaping


def _remark(layer: LayerTable, what: str, keeps: bool) -> Remark:
    name = "mean" if layer.role == "centred scale" else layer.role
    if keeps:
        said = f"{what}; in these dynamics what is optimal after it was optimal before it"
        return Remark(name, "note", layer.place, said, "")
    fix = {
        "shaping": "shape by the learner's gamma, and let the potential of what is an end count as 0",
        "bonus": "shape by a potential instead (`rewardlab repair`)",
        "clip": "clip at bounds that the rewards keep to, or scale them",
        "transform": "multiply by a positive factor, and do nothing else",
        "mean": "scale without subtract_mean",
    }[name]
    return Remark(name, "caution", layer.place, f"{what}, and changes what is optimal", fix)


def _what(layer: LayerTable, case: AuditCase) -> str:
    """What a wrapper does that is no shaping, in a clause."""
    model = case.model
    before, after = case.objective[model.feasible], case.proxy[model.feasible]
    added = after - before
    if layer.role == "clip":
        return f"cuts {np.count_nonzero(added):,} of {len(added):,} steps that can happen"
    if layer.role == "centred scale":
        return "shifts every reward"
    if layer.role == "transform":
        return _bend(before, after)
    if layer.role == "shaping":
        return f"is not potential-based for gamma {case.gamma:g}"
    return _why_not(case, added)


def _bend(before: NDArray[np.float64], after: NDArray[np.float64]) -> str:
    factor, shift = np.linalg.lstsq(np.stack([before, np.ones(len(before))], axis=1), after, rcond=None)[0]
    if np.abs(factor * before + shift - after).max() > _ROUNDING * np.abs(after).max():
        return "bends rewards"
    return f"multiplies rewards by {factor:.4g} and pays {shift:.4g} for every step"


def _why_not(case: AuditCase, added: NDArray[np.float64]) -> str:
    model, steps = case.model, case.model.transitions
    allowed = _ROUNDING * float(np.abs(added).max())
    if fit_potential(steps, added, 1.0, model.n_states).largest <= allowed:
        return f"telescopes at gamma 1 alone, not at {case.gamma:g}"
    if fit_potential(steps, added, 1.0, model.n_states, terminals_free=True).largest <= allowed:
        return "sums to 0 round every cycle, but not for a learner who discounts, and gives nothing back at an end"
    if fit_potential(steps, added, case.gamma, model.n_states, terminals_free=True).largest <= allowed:
        return "keeps its potential where the task ends"
    return "does not telescope"
