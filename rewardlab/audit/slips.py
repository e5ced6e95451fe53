"""Known slips of shaping, recognised by the pattern that each leaves in what is paid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.potential_fit import fit_potential, potential_between
from rewardlab.transitions import Transitions

__all__ = ["Slip", "likely_slips"]

_COMMON_GAMMAS = (1.0, 0.999, 0.995, 0.99, 0.98, 0.97, 0.95, 0.9)
_SEARCHED_STEPS = 5_000
"""With more steps than this no search is made: only the common discounts are tried, and no linear programme."""

_FIRST_STEPS = 1_000

_TRIED_STEPS = 100_000
"""With more steps than this even that would take long."""


@final
@dataclass(frozen=True, slots=True)
class Slip:
    """A mistake that explains a difference exactly.

    Attributes:
        name: In a word or two.
        summary: What was done.
        fix: What to do instead.
    """

    name: str
    summary: str
    fix: str


@final
@dataclass(frozen=True, slots=True)
class _Evidence:
    # Amounts in units of the largest difference, so that rewards in another unit have the same slips.
    unit: float
    steps: Transitions
    proxy: NDArray[np.float64]
    objective: NDArray[np.float64]
    gamma: float
    n_states: int
    allowed: float
    truncated: NDArray[np.bool_] | None

    @property
    def difference(self) -> NDArray[np.float64]:
        return self.proxy - self.objective


def likely_slips(
    steps: Transitions,
    proxy: NDArray[np.float64],
    objective: NDArray[np.float64],
    gamma: float,
    n_states: int,
    allowed: float,
    truncated: NDArray[np.bool_] | None = None,
) -> tuple[Slip, ...]:
    """The slips that explain what is paid, each up to rounding.

    Args:
        steps: B steps between states that are numbered.
        proxy: ``[B]`` what was paid.
        objective: ``[B]`` what was meant.
        gamma: The learner's discount.
        n_states: S.
        allowed: The largest residual that counts as rounding.
        truncated: ``[B]`` bool, the steps at which a time limit cut off, where that is known.
    """
    # A fit that has more freedom than there are steps to explain would explain anything.
    if len(steps) <= n_states:
        return ()
    unit = float(np.abs(proxy - objective).max(initial=0.0)) or 1.0
    within = max(allowed / unit, 1e-12)
    evidence = _Evidence(unit, steps, proxy / unit, objective / unit, gamma, n_states, within, truncated)
    detectors: tuple[Callable[[_Evidence], Slip | None], ...] = (
        _scaled,
        _terminal_potential_kept,
        _truncation_zeroed,
        _other_gamma,
        _clipped,
        _gains_only,
    )
    return tuple(slip for detect in detectors if (slip := detect(evidence)) is not None)


def _scaled(evidence: _Evidence) -> Slip | None:
    fit = fit_potential(
        evidence.steps,
        evidence.proxy,
        evidence.gamma,
        evidence.n_states,
        extra=evidence.objective[:, None],
    )
    factor = float(fit.factors[0])
    part = abs(factor) * float(np.abs(evidence.objective).max())
    if fit.largest > evidence.allowed or part <= evidence.allowed:
        return None
    summary = f"shaping of the objective times {factor:.6g}"
    if factor < 0:
        return Slip("negated", summary, "the sign is wrong: negate it")
    return Slip("scaled", summary, "harmless: a positive factor keeps the order of all policies")


def _terminal_potential_kept(evidence: _Evidence) -> Slip | None:
    ends = evidence.steps.next_state[evidence.steps.terminated]
    if not len(ends):
        return None
    fit = fit_potential(evidence.steps, evidence.difference, evidence.gamma, evidence.n_states, terminals_free=True)
    if fit.largest > evidence.allowed:
        return None
    largest = evidence.unit * fit.potential[ends][np.abs(fit.potential[ends]).argmax()]
    summary = f"the potential is kept where the task ends, up to {largest:.4g}"
    return Slip("terminal potential kept", summary, "count the potential of a terminated state as 0")


def _truncation_zeroed(evidence: _Evidence) -> Slip | None:
    cut = evidence.truncated
    if cut is None or not cut.any() or cut.all():
        return None
    others = evidence.steps.select(~cut)
    fit = fit_potential(others, evidence.difference[~cut], evidence.gamma, evidence.n_states)
    if fit.largest > evidence.allowed:
        return None
    paid = -fit.potential[evidence.steps.state[cut]]
    if np.abs(evidence.difference[cut] - paid).max() > 100 * evidence.allowed:
        return None
    summary = "the potential counts as 0 where a time limit cuts off, though the task goes on there"
    return Slip("truncation zeroed", summary, "keep the potential of the final state at a truncation")


def _other_gamma(evidence: _Evidence) -> Slip | None:
    def residual(gamma: float) -> float:
        return fit_potential(evidence.steps, evidence.difference, gamma, evidence.n_states).largest

    # What does not explain a few steps does not explain all, and is seen not to in no time.
    few = slice(0, _FIRST_STEPS)
    some, amounts = evidence.steps.select(few), evidence.difference[few]

    def explains(gamma: float) -> bool:
        first = fit_potential(some, amounts, gamma, int(max(some.state.max(), some.next_state.max())) + 1)
        return first.largest <= evidence.allowed and residual(gamma) <= evidence.allowed

    if len(evidence.steps) > _TRIED_STEPS:
        return None
    candidates = [gamma for gamma in _COMMON_GAMMAS if gamma != evidence.gamma]
    found = next((gamma for gamma in candidates if explains(gamma)), None)
    if found is None and len(evidence.steps) <= _SEARCHED_STEPS:
        found = _searched(residual, evidence.allowed)
    if found is None:
        return None
    summary = f"shaping by gamma {found:.6g}, while the learner's is {evidence.gamma:g}"
    return Slip("gamma mismatch", summary, f"shape with gamma={evidence.gamma:g}, the learner's")


def _searched(residual: Callable[[float], float], allowed: float) -> float | None:
    """The discount that leaves least, by a coarse grid and a search in the best of its cells."""
    from scipy.optimize import minimize_scalar

    grid = np.linspace(0.0, 1.0, 21)
    left = [residual(float(gamma)) for gamma in grid]
    best = int(np.argmin(left))
    if left[best] <= allowed:
        return float(grid[best])
    bounds = (grid[max(0, best - 1)], grid[min(20, best + 1)])
    result = minimize_scalar(residual, bounds=bounds, method="bounded", options={"xatol": 1e-12})
    # The residual falls in a straight line towards the right discount, so how near the search came shows in it.
    return float(result.x) if result.fun <= max(allowed, 1e-6 * left[best] + 1e-9) else None


def _clipped(evidence: _Evidence) -> Slip | None:
    least, most = float(evidence.proxy.min()), float(evidence.proxy.max())
    for low, high in ((least, most), (-np.inf, most), (least, np.inf)):
        inside = (evidence.proxy > low) & (evidence.proxy < high)
        if inside.all() or inside.sum() <= evidence.n_states:
            continue
        added = evidence.difference
        floor = np.where(evidence.proxy <= low, -np.inf, added)
        ceiling = np.where(evidence.proxy >= high, np.inf, added)
        if _explained(evidence, evidence.steps, floor, ceiling, evidence.gamma):
            limits = " and ".join(f"{evidence.unit * bound:g}" for bound in (low, high) if np.isfinite(bound))
            summary = f"shaped rewards were clipped at {limits}"
            return Slip("clipped after shaping", summary, "clip first, and shape what is left")
    return None


def _gains_only(evidence: _Evidence) -> Slip | None:
    cases = (
        (1.0, "gains only", "gains are paid and losses are free"),
        (-1.0, "losses only", "losses are charged and gains are free"),
    )
    for sign, name, words in cases:
        amounts = sign * evidence.difference
        paid = amounts > evidence.allowed
        if amounts.min() < -evidence.allowed or not paid.any():
            continue
        floor = np.where(paid, amounts, -np.inf)
        if any(_explained(evidence, evidence.steps, floor, amounts, gamma) for gamma in (1.0, evidence.gamma)):
            fix = "take back as much for the way back: shape by the potential instead"
            return Slip(name, f"a difference of potentials of which {words}", fix)
    return None


def _explained(
    evidence: _Evidence, steps: Transitions, floor: NDArray[np.float64], ceiling: NDArray[np.float64], gamma: float
) -> bool:
    """Whether some potential's shaping lies between the bounds at every step.

    The steps that are prescribed often determine it alone, which is soon seen; else a linear programme decides.
    """
    exact = floor == ceiling
    fit = fit_potential(steps.select(exact), floor[exact], gamma, evidence.n_states)
    if fit.largest > evidence.allowed:
        return False
    ahead = np.where(steps.terminated, 0.0, fit.potential[steps.next_state])
    shaped = gamma * ahead - fit.potential[steps.state]
    slack = 1000 * evidence.allowed
    if ((shaped >= floor - slack) & (shaped <= ceiling + slack)).all():
        return True
    if len(steps) > _SEARCHED_STEPS:
        return False
    return potential_between(steps, floor - slack, ceiling + slack, gamma, evidence.n_states) is not None
