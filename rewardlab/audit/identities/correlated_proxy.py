"""How much of a proxy's gain is real: the bound for proxies that are correlated with what is meant.

Laidlaw, Singhal & Dragan (2024), "Correlated proxies: a new definition and improved mitigation for reward hacking".
A proxy that correlates with the objective (r > 0) on the visits of a base policy promises, for any other policy,
``(J - J_base) / sigma >= (1 / r) * ((J' - J'_base) / sigma' - sqrt((1 - r**2) * chi2))``, where chi2 is the divergence
of the *visits* from those of the base policy; that of the action distributions will not do.

The same numbers allow a better bound, ``r * x - sqrt((1 - r**2) * (chi2 - x**2))`` with x the proxy's gain in its own
deviations. Nothing can improve on it: it is attained. Both have the same sign, and are equal where that is 0 (own
derivation: with ``x = sqrt(chi2) * cos(a)`` and ``r = cos(b)`` the better bound is ``sqrt(chi2) * cos(a + b)``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.audit.identities.identity import checked_arrays
from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.finite_model import FiniteModel
from rewardlab.mdp.occupancy import Occupancy, discounted_occupancy

__all__ = ["CorrelatedProxy", "correlated_policies", "correlated_proxy"]


@final
@dataclass(frozen=True, slots=True)
class CorrelatedProxy:
    """Both sides of the bound.

    Attributes:
        correlation: r, of proxy and objective on the visits of the base policy.
        chi_squared: The divergence of the policy's visits from those of the base policy; infinite where it goes where
            the base policy never does.
        proxy_gain: The policy's mean proxy less that of the base policy, in deviations of the proxy.
        objective_gain: The same of the objective: the left side.
        bound: The right side of the paper.
        best_bound: The most that correlation, divergence and the gain of the proxy can promise.
        tolerance: What counts as rounding, relative to the sides or to 1.
    """

    correlation: float
    chi_squared: float
    proxy_gain: float
    objective_gain: float
    bound: float
    best_bound: float
    tolerance: float

    @property
    def holds(self) -> bool:
        """Whether the objective's gain is no less than either bound."""
        allowed = self.tolerance * max(1.0, abs(self.objective_gain))
        return self.objective_gain >= max(self.bound, self.best_bound) - allowed


def correlated_proxy(
    proxy: ArrayLike, objective: ArrayLike, base: ArrayLike, policy: ArrayLike, *, tolerance: float = 1e-9
) -> CorrelatedProxy:
    """The bound on plain arrays.

    Args:
        proxy: ``[N]`` what the proxy pays in each of N cells, such as states and actions.
        objective: ``[N]`` what is meant.
        base: ``[N]`` the share of the base policy's visits; sums to 1.
        policy: ``[N]`` that of the policy.
        tolerance: What counts as rounding.

    Raises:
        BadInput: Lengths differ, visits are no distribution, a reward is constant on the visits of the base policy, or
            the two are not positively correlated there.
    """
    (paid,) = checked_arrays({"proxy": (proxy, (-1,))})
    meant, reference, visits = checked_arrays(
        {name: (values, paid.shape) for name, values in (("objective", objective), ("base", base), ("policy", policy))}
    )
    problems = [
        Problem(name, "numbers that are no distribution", "numbers in [0, 1] that sum to 1")
        for name, shares in (("base", reference), ("policy", visits))
        if (shares < -1e-12).any() or not np.isclose(shares.sum(), 1.0, rtol=0, atol=1e-9)
    ]
    if problems:
        raise BadInput(*problems)
    scaled_proxy, scaled_objective = _scaled("proxy", paid, reference), _scaled("objective", meant, reference)
    correlation = min(1.0, float(reference @ (scaled_proxy * scaled_objective)))
    if correlation <= 0.0:
        fix = "such a proxy promises nothing"
        raise BadInput(
            Problem("proxy", f"a correlation of {correlation:.3g}", "a positive one with the objective", fix)
        )
    divergence, gain = _chi_squared(visits, reference), float(visits @ scaled_proxy)
    bound, best = _bounds(correlation, divergence, gain)
    return CorrelatedProxy(correlation, divergence, gain, float(visits @ scaled_objective), bound, best, tolerance)


def correlated_policies(
    model: FiniteModel,
    proxy_table: ArrayLike,
    objective_table: ArrayLike,
    base: ArrayLike,
    policy: ArrayLike,
    gamma: float,
    *,
    tolerance: float = 1e-9,
) -> CorrelatedProxy:
    """The bound for two policies of a model, on their discounted visits of states and actions.

    Time spent in terminal states is a cell of its own, in which both rewards pay 0.

    Args:
        model: The dynamics.
        proxy_table: ``[S, A, K]`` what the proxy pays.
        objective_table: ``[S, A, K]`` what is meant.
        base: ``[S, A]`` the base policy.
        policy: ``[S, A]`` the policy that is judged.
        gamma: The discount, in [0, 1).
        tolerance: What counts as rounding.

    Raises:
        BadInput: An argument has another shape or is out of its range; and see `correlated_proxy`.
    """
    paid, meant, reference, other = checked_arrays(
        {
            "proxy_table": (proxy_table, model.successor.shape),
            "objective_table": (objective_table, model.successor.shape),
            "base": (base, model.legal.shape),
            "policy": (policy, model.legal.shape),
        }
    )
    rewards = [np.append(model.expected(table).ravel(), 0.0) for table in (paid, meant)]
    visits = [_cells(model, discounted_occupancy(model, chances, gamma)) for chances in (reference, other)]
    return correlated_proxy(*rewards, *visits, tolerance=tolerance)


def _cells(model: FiniteModel, visits: Occupancy) -> NDArray[np.float64]:
    # Not what the others leave of 1: the rounding in that, where nothing ends, would make a divergence infinite.
    return np.append(visits.state_action.ravel(), visits.state[model.terminal].sum()) / visits.total


def _scaled(name: str, reward: NDArray[np.float64], base: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = reward - base @ reward
    deviation = float(np.sqrt(base @ centred**2))
    if deviation <= 1e-12 * float(np.abs(reward).max(initial=0.0)):
        raise BadInput(Problem(name, "a constant on the visits of the base policy", "a reward that varies there"))
    scaled: NDArray[np.float64] = centred / deviation
    return scaled


def _chi_squared(visits: NDArray[np.float64], base: NDArray[np.float64]) -> float:
    if (visits[base <= 0.0] > 0.0).any():
        return np.inf
    inside = base > 0.0
    return float(((visits - base)[inside] ** 2 / base[inside]).sum())


def _bounds(correlation: float, divergence: float, gain: float) -> tuple[float, float]:
    if not np.isfinite(divergence):
        return -np.inf, -np.inf
    left_over = max(0.0, 1.0 - correlation**2)
    bound = (gain - np.sqrt(left_over * divergence)) / correlation
    best = correlation * gain - np.sqrt(left_over * max(0.0, divergence - gain**2))
    return float(bound), float(best)
