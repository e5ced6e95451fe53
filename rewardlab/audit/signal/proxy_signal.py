"""The proxy as a signal to learn from: how often, how soon and how late it pays, how much, and how firmly it asks.

Nothing here is about what is meant. A proxy may be safe and yet so sparse, so late or so uneven that no learner comes
to see what it asks for; and a harmless-looking change on the way to the learner, a constant or a clip, may change what
that is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase
from rewardlab.audit.signal.clipped_reward import CLIPPINGS, ClippedReward, clipped_reward
from rewardlab.audit.signal.constant_shift import shift_thresholds
from rewardlab.audit.signal.first_payment import FirstPayment, first_payment
from rewardlab.audit.signal.term_sizes import TermSizes, term_sizes
from rewardlab.mdp.factorised import factorised
from rewardlab.wrappers.potential_shaping import SHAPING_LINE

__all__ = ["ProxySignal", "proxy_signal"]

_ROUNDING = 1e-12
"""A payment smaller than this share of the largest is what rounding left of nothing."""


@final
@dataclass(frozen=True, slots=True)
class ProxySignal:
    """The answer.

    Attributes:
        paying_actions: The share of states and legal actions in them that may pay something.
        paid_steps: The share of the uniform policy's steps, by discounted visits, that are paid.
        first: How long the uniform policy waits.
        horizon: The effective horizon H: how many steps lie before a payment under a proxy-optimal policy, on average
            over payments weighted by their discounted size; NaN if it is never paid.
        credit: What is left of a payment that far away, ``gamma ** H``; NaN with it.
        smallest: The smallest size of a payment that can happen; 0 if there is none.
        largest: The largest.
        unshaped_ratio: The largest size over the smallest of what is paid beside potential-based shaping. Shaping comes
            in all sizes down to nothing, and what it pays in one step it takes back later, so that its small amounts
            need not be told from 0.
        terms: By name of the term.
        penalty: The largest constant that can be taken from every step without changing what is optimal, as a number
            below 0; minus infinity if none changes it.
        bonus: The largest one that can be added.
        clipped: By name of the clipping.
    """

    paying_actions: float
    paid_steps: float
    first: FirstPayment
    horizon: float
    credit: float
    smallest: float
    largest: float
    unshaped_ratio: float
    terms: Mapping[str, TermSizes]
    penalty: float
    bonus: float
    clipped: Mapping[str, ClippedReward]

    @property
    def scale_ratio(self) -> float:
        """The largest size of a payment over the smallest; 1 if there is none."""
        return self.largest / self.smallest if self.smallest > 0.0 else 1.0


def proxy_signal(case: AuditCase) -> ProxySignal:
    """Measure the proxy on a model, exactly."""
    space = case.space
    sizes = np.abs(case.proxy)
    largest = float(sizes.max(initial=0.0))
    pays = case.model.feasible & (sizes > _ROUNDING * largest)
    random = space.visits(space.uniform)
    chance = space.rows(pays.astype(np.float64))
    optimal = case.proxy_optimal / np.maximum(1, case.proxy_optimal.sum(axis=1, keepdims=True))
    optimal_visits = space.visits(optimal)
    horizon = _effective_horizon(case, optimal, space.rows(sizes * pays))
    penalty, bonus = shift_thresholds(case)
    return ProxySignal(
        float((chance > 0).mean()),
        float(random @ chance / random.sum()),
        first_payment(space, pays),
        horizon,
        float(case.gamma**horizon),
        float(sizes[pays].min()) if pays.any() else 0.0,
        largest,
        _unshaped_ratio(case),
        term_sizes(case, random, optimal_visits),
        penalty,
        bonus,
        {name: clipped_reward(case, clip) for name, clip in CLIPPINGS.items()},
    )


def _unshaped_ratio(case: AuditCase) -> float:
    beside = np.abs(case.proxy - case.terms.get(SHAPING_LINE, 0.0))[case.model.feasible]
    paid = beside[beside > _ROUNDING * max(float(beside.max(initial=0.0)), float(np.abs(case.proxy).max(initial=0.0)))]
    return float(paid.max() / paid.min()) if len(paid) else 1.0


def _effective_horizon(case: AuditCase, policy: NDArray[np.float64], sizes: NDArray[np.float64]) -> float:
    """``sum_t t gamma**t E|r_t| / sum_t gamma**t E|r_t|``, the first step being number 0."""
    from scipy import sparse

    space, alive = case.space, ~case.model.terminal
    chosen = policy[space.state, space.action]
    column = np.cumsum(np.diff(space.state, prepend=-1) > 0) - 1
    mixing = sparse.csr_array((chosen, (column, np.arange(len(chosen)))))
    solver = factorised(-(mixing @ space.shaping_matrix))
    now = mixing @ sizes
    ahead = solver.solve(now)
    # With v = (1 - gamma P)^-1 e, the sum of t (gamma P)^t e is (1 - gamma P)^-1 gamma P v, and gamma P v is v - e.
    waited = solver.solve(ahead - now)
    start = case.model.start[alive]
    total = float(start @ ahead)
    return float(start @ waited) / total if total > 0.0 else float("nan")
